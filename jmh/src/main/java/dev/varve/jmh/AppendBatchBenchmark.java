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
 * Building and appending batches of 100 records. Every iteration appends the same number of records
 * to a new log, which bounds the space on the disk (1.2 GB at 1 KiB). A figure is wall time per
 * record, of all threads together.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 6)
@Measurement(iterations = 8)
@State(Scope.Benchmark)
public class AppendBatchBenchmark extends AppendBenchmark {
  private static final int RECORD_COUNT = 1_000_000;
  private static final int BATCH_RECORDS = 100;

  /** How batches are compressed. */
  @Param({"none", "gzip", "snappy", "lz4", "zstd"})
  public String codec = "none";

  /** The size of values. */
  @Param({"100", "1024"})
  public int valueBytes;

  /** How many threads append to one log. */
  @Param({"1", "2", "4"})
  public int threads;

  @Override
  AppendTeam newTeam(int recordCount) throws IOException {
    OpenPeer open =
        OpenPeer.empty(peer, Compression.parse(codec), valueBytes, BATCH_RECORDS, recordCount);
    return new AppendTeam(open, threads);
  }

  /** Batches are built record by record, compressed and appended. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public void append() throws IOException {
    appendAll(AppendBatchBenchmark::share);
  }

  private static void share(Peer.Appender appender, BenchmarkRecords records, long recordCount)
      throws IOException {
    for (long i = 0; i < recordCount; i += BATCH_RECORDS) {
      appender.appendBatch(records, BATCH_RECORDS);
    }
  }
}
