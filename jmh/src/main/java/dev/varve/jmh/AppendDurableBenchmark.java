package dev.varve.jmh;

import dev.varve.jmh.peer.BenchmarkRecords;
import dev.varve.jmh.peer.Peer;
import dev.varve.log.record.Compression;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

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
public class AppendDurableBenchmark extends AppendBenchmark {
  private static final int RECORD_COUNT = 3_200;

  /** The size of values. */
  @Param("100")
  public int valueBytes;

  /** How many threads append to one log. */
  @Param({"1", "16"})
  public int threads;

  @Override
  AppendTeam newTeam(int recordCount) throws IOException {
    OpenPeer open = OpenPeer.empty(peer, Compression.NONE, valueBytes, 1, recordCount);
    return new AppendTeam(open, threads);
  }

  /** Each thread waits for each of its records. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public void append() throws IOException {
    appendAll(AppendDurableBenchmark::share);
  }

  private static void share(Peer.Appender appender, BenchmarkRecords records, long recordCount)
      throws IOException {
    for (long i = 0; i < recordCount; i++) {
      records.advance();
      appender.appendDurable(records.timestamp(), records.key(), records.value());
    }
  }
}
