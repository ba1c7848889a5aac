package dev.varve.jmh;

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
 * Reading a whole log of compressed batches of 100 records from its start. Figures are per record.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 5)
@Measurement(iterations = 8)
@State(Scope.Benchmark)
public class ReadCompressedBenchmark extends ReadingBenchmark {
  private static final int RECORD_COUNT = 500_000;
  private static final int BATCH_RECORDS = 100;
  private static final int VALUE_BYTES = 100;

  /** How batches are compressed. */
  @Param({"gzip", "snappy", "lz4", "zstd"})
  public String codec = "lz4";

  @Override
  OpenPeer filled(int recordCount) throws IOException {
    return OpenPeer.filled(peer, Compression.parse(codec), VALUE_BYTES, BATCH_RECORDS, recordCount);
  }

  /** Every batch is checked and decompressed, every record visited. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long read() throws IOException {
    return reader().readAll();
  }
}
