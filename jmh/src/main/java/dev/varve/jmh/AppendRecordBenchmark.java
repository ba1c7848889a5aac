package dev.varve.jmh;

import dev.varve.jmh.peer.BenchmarkRecords;
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
 * Appending records one by one: each is a batch of its own where there are batches. Every iteration
 * appends the same number of records to a new log, which bounds the space on the disk (1.2 GB at 1
 * KiB). A figure is wall time per record, of all threads together.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 6)
@Measurement(iterations = 8)
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the methods that set the fields
public class AppendRecordBenchmark {
  private static final int RECORD_COUNT = 1_000_000;

  /** What is measured. */
  @Param public PeerKind peer = PeerKind.VARVE;

  /** The size of values. */
  @Param({"100", "1024"})
  public int valueBytes;

  /** How many threads append to one log. */
  @Param({"1", "2", "4"})
  public int threads;

  private int recordCount;
  private OpenPeer open;
  private AppendTeam team;

  /** Opens a new log. */
  @Setup(Level.Iteration)
  public void open(BenchmarkParams params) throws IOException {
    recordCount = params.getOpsPerInvocation();
    open = OpenPeer.empty(peer, Compression.NONE, valueBytes, 1, recordCount);
    team = new AppendTeam(open.peer(), threads, valueBytes);
  }

  /** Deletes the log. */
  @TearDown(Level.Iteration)
  public void close() throws IOException {
    team.close();
    open.close();
  }

  /** Records come with their timestamps. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public void append() throws IOException {
    team.append(recordCount, AppendRecordBenchmark::share);
  }

  private static void share(Peer.Appender appender, BenchmarkRecords records, long recordCount)
      throws IOException {
    for (long i = 0; i < recordCount; i++) {
      records.advance();
      appender.append(records.timestamp(), records.key(), records.value());
    }
  }
}
