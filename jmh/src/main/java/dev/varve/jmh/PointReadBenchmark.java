package dev.varve.jmh;

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
 * Reading one record by its number, at random, in a log of batches of one record that lies in the
 * page cache.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 8)
@Measurement(iterations = 10)
@State(Scope.Benchmark)
public class PointReadBenchmark extends ReadingBenchmark {
  private static final int RECORD_COUNT = 500_000;
  private static final int VALUE_BYTES = 100;

  private final SplittableRandom random = new SplittableRandom(42);

  @Override
  OpenPeer filled(int recordCount) throws IOException {
    return OpenPeer.filled(peer, Compression.NONE, VALUE_BYTES, 1, recordCount);
  }

  /** A record is found by its number, checked and looked at. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long read() throws IOException {
    long sum = 0;
    for (int i = 0; i < recordCount(); i++) {
      sum += reader().read(random.nextInt(recordCount()));
    }
    return sum;
  }
}
