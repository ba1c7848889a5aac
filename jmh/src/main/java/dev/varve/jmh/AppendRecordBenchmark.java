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

/** Appending records one by one: each is a batch of its own where there are batches. */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 6)
@Measurement(iterations = 8)
@State(Scope.Benchmark)
public class AppendRecordBenchmark extends AppendBenchmark {
  private static final int RECORD_COUNT = 1_000_000;

  /** The size of values. */
  @Param({"100", "1024"})
  public int valueBytes;

  /** How many threads append to one log. */
  @Param({"1", "2", "4"})
  public int threads;

  @Override
  AppendTeam newTeam(int recordCount) throws IOException {
    OpenPeer open = OpenPeer.empty(peer, Compression.NONE, valueBytes, 1, recordCount);
    return new AppendTeam(open, threads);
  }

  /** Records come with their timestamps. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public void append() throws IOException {
    appendAll(AppendRecordBenchmark::share);
  }

  private static void share(Peer.Appender appender, BenchmarkRecords records, long recordCount)
      throws IOException {
    for (long i = 0; i < recordCount; i++) {
      records.advance();
      appender.append(records.timestamp(), records.key(), records.value());
    }
  }
}
