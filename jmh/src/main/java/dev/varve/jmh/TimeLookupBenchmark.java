package dev.varve.jmh;

import dev.varve.jmh.peer.BenchmarkRecords;
import dev.varve.log.record.Compression;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Finding the first record of a time or later, at random, in a log of batches of 100 records that
 * lies in the page cache.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 5)
@Measurement(iterations = 8)
@State(Scope.Benchmark)
public class TimeLookupBenchmark extends ReadingBenchmark {
  private static final int LOOKUP_COUNT = 100_000;
  private static final int BATCH_RECORDS = 100;
  private static final int VALUE_BYTES = 100;

  private final SplittableRandom random = new SplittableRandom(42);

  @Override
  OpenPeer filled(int recordCount) throws IOException {
    return OpenPeer.filled(peer, Compression.NONE, VALUE_BYTES, BATCH_RECORDS, recordCount);
  }

  /** A record is found by its time. */
  @Benchmark
  @OperationsPerInvocation(LOOKUP_COUNT)
  public long find() throws IOException {
    long sum = 0;
    for (int i = 0; i < recordCount(); i++) {
      sum += reader().find(BenchmarkRecords.FIRST_TIMESTAMP + random.nextInt(recordCount()));
    }
    return sum;
  }
}
