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
 * Appending records of which each is on the disk before its append returns: alone, and from 16
 * threads that share the forces of the disk. The limit with one thread is the bare rate of forces.
 * A figure is wall time per record, of all threads together.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 3)
@Measurement(iterations = 5)
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the methods that set the fields
public class AppendDurableBenchmark {
  private static final int RECORD_COUNT = 3_200;

  /** What is measured. */
  @Param public PeerKind peer = PeerKind.VARVE;

  /** The size of values. */
  @Param("100")
  public int valueBytes;

  /** How many threads append to one log. */
  @Param({"1", "16"})
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

  /** Each thread waits for each of its records. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public void append() throws IOException {
    team.append(recordCount, AppendDurableBenchmark::share);
  }

  private static void share(Peer.Appender appender, BenchmarkRecords records, long recordCount)
      throws IOException {
    for (long i = 0; i < recordCount; i++) {
      records.advance();
      appender.appendDurable(records.timestamp(), records.key(), records.value());
    }
  }
}
