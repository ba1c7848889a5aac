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
 * Reading a whole log from its start, checksums checked by those who have them. All of it lies in
 * the page cache. Figures are per record.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 8)
@Measurement(iterations = 10)
@State(Scope.Benchmark)
public class ReadBenchmark extends ReadingBenchmark {
  private static final int RECORD_COUNT = 500_000;

  /** The size of values. */
  @Param({"100", "1024"})
  public int valueBytes;

  /** How many records share a batch. */
  @Param({"1", "100"})
  public int batchRecords;

  @Override
  OpenPeer filled(int recordCount) throws IOException {
    return OpenPeer.filled(peer, Compression.NONE, valueBytes, batchRecords, recordCount);
  }

  /** Every record is visited. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long read() throws IOException {
    return reader().readAll();
  }

  /** Every byte of every key and value is looked at. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long readBytes() throws IOException {
    return reader().readAllBytes();
  }
}
