package dev.varve.jmh;

import dev.varve.jmh.peer.BenchmarkDirectory;
import dev.varve.jmh.peer.BenchmarkRecords;
import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.PinnedBatches;
import dev.varve.log.record.RecordBatchBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * Sending a log of one segment to a socket of the same machine, in pieces of 1 MiB, without copying
 * it through the process; beside the bare call of {@link FileChannel#transferTo}. A figure is the
 * time of one piece.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 6)
@Measurement(iterations = 10)
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the methods that set the fields
public class TransferBenchmark {
  private static final int PIECE_COUNT = 256;
  private static final int PIECE_BYTES = 1 << 20;
  private static final int BATCH_RECORDS = 100;
  private static final int VALUE_BYTES = 1024;

  private BenchmarkDirectory directory;
  private CommitLog log;
  private FileChannel file;
  private ServerSocketChannel server;
  private SocketChannel socket;
  private long sizeBytes;

  /** Fills the log, and connects to a thread that throws away what it gets. */
  @Setup(Level.Trial)
  public void fill(BenchmarkParams params) throws IOException {
    sizeBytes = (long) params.getOpsPerInvocation() * PIECE_BYTES;
    directory = BenchmarkDirectory.create();
    log = CommitLog.open(directory.path(), LogOptions.defaults());
    BenchmarkRecords records = new BenchmarkRecords(VALUE_BYTES);
    RecordBatchBuilder builder = log.newBatch();
    while (log.segments().getFirst().sizeBytes() < sizeBytes) {
      builder.clear();
      for (int i = 0; i < BATCH_RECORDS; i++) {
        records.advance();
        builder.append(records.timestamp(), records.key(), records.value());
      }
      log.append(builder.build());
    }
    Path path = directory.path().resolve("00000000000000000000.log");
    file = FileChannel.open(path);
    server = ServerSocketChannel.open();
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    Thread.ofPlatform().daemon().start(this::drain);
    socket = SocketChannel.open(server.getLocalAddress());
  }

  private void drain() {
    ByteBuffer sink = ByteBuffer.allocateDirect(PIECE_BYTES);
    try (SocketChannel source = server.accept()) {
      while (source.read(sink.clear()) >= 0) {
        // thrown away
      }
    } catch (ClosedChannelException e) {
      // the benchmark is over
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Deletes the log. */
  @TearDown(Level.Trial)
  public void delete() throws IOException {
    socket.close();
    server.close();
    file.close();
    log.close();
    directory.close();
  }

  /** The log finds and pins the batches, and sends them. */
  @Benchmark
  @OperationsPerInvocation(PIECE_COUNT)
  public long transfer() throws IOException {
    long offset = 0;
    long sent = 0;
    while (sent < sizeBytes) {
      try (PinnedBatches batches = log.read(offset, PIECE_BYTES)) {
        sent += batches.transferTo(socket);
        while (batches.next()) {
          offset = batches.batch().nextOffset();
        }
      }
    }
    return sent;
  }

  /** The bare call, over the same bytes. */
  @Benchmark
  @OperationsPerInvocation(PIECE_COUNT)
  public long transferLimit() throws IOException {
    long sent = 0;
    while (sent < sizeBytes) {
      sent += file.transferTo(sent, PIECE_BYTES, socket);
    }
    return sent;
  }
}
