package dev.varve.jmh;

import dev.varve.jmh.peer.Peer;
import dev.varve.jmh.peer.PeerKind;
import dev.varve.log.record.Compression;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * Reading a whole log from its start, checksums checked by those who have them. All of it lies in
 * the page cache. Figures are per record.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 8)
@Measurement(iterations = 10)
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the methods that set the fields
public class ReadBenchmark {
  private static final int RECORD_COUNT = 500_000;

  /** What is measured. */
  @Param public PeerKind peer = PeerKind.VARVE;

  /** The size of values. */
  @Param({"100", "1024"})
  public int valueBytes;

  /** How many records share a batch. */
  @Param({"1", "100"})
  public int batchRecords;

  private OpenPeer open;
  private Peer.Reader reader;

  /** Fills the log. */
  @Setup(Level.Trial)
  public void fill(BenchmarkParams params) throws IOException {
    int recordCount = params.getOpsPerInvocation();
    open = OpenPeer.filled(peer, Compression.NONE, valueBytes, batchRecords, recordCount);
    reader = open.peer().reader();
  }

  /** Deletes the log. */
  @TearDown(Level.Trial)
  public void delete() throws IOException {
    reader.close();
    open.close();
  }

  /** Every record is visited. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long read() throws IOException {
    return reader.readAll();
  }

  /** Every byte of every key and value is looked at. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long readBytes() throws IOException {
    return reader.readAllBytes();
  }
}
