package dev.varve.jmh;

import dev.varve.log.CommitLog;
import dev.varve.log.LogListener;
import dev.varve.log.LogOptions;
import dev.varve.log.PinnedBatches;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.record.RecordCursor;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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
 * What more segments cost: appending, reading one record at random, and opening a log that was
 * closed in order. Sealed segments are small, for it is their number that is asked for; the one
 * that is appended to is large. There is no peer here: the row of one segment is what the others
 * are compared with.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5)
@Measurement(iterations = 8)
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the methods that set the fields
public class SegmentGrowthBenchmark extends LogBenchmark {
  private static final int RECORD_COUNT = 100_000;
  private static final int SMALL_SEGMENT_BYTES = 4 << 10;
  private static final int BATCH_RECORDS = 15;

  /** How many segments the log has. */
  @Param({"1", "100", "10000"})
  public int segments;

  private final SplittableRandom random = new SplittableRandom(42);
  private final RecordCursor cursor = new RecordCursor();

  /** Makes the segments. */
  @Setup(Level.Trial)
  public void fill(BenchmarkParams params) {
    begin(params);
    AtomicInteger made = new AtomicInteger(1);
    LogOptions small =
        LogOptions.builder()
            .segmentBytesMax(SMALL_SEGMENT_BYTES)
            .listener(countingRolls(made))
            .build();
    try (CommitLog filled = CommitLog.open(directory().path(), small)) {
      RecordBatchBuilder builder = filled.newBatch();
      while (filled.offsets().endOffset() == 0 || made.get() < segments) {
        builder.clear();
        for (int i = 0; i < BATCH_RECORDS; i++) {
          records().advance();
          builder.append(records().timestamp(), records().key(), records().value());
        }
        filled.append(builder.build());
        filled.flush(); // each segment that is rolled and not settled holds its file open
      }
    }
    open();
  }

  private static LogListener countingRolls(AtomicInteger made) {
    return new LogListener() {
      @Override
      public void segmentRolled(long baseOffset) {
        made.incrementAndGet();
      }
    };
  }

  private void open() {
    open(LogOptions.defaults());
  }

  /** Deletes the log. */
  @TearDown(Level.Trial)
  public void delete() {
    end();
  }

  /** Appends records one by one, in one thread. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long append() {
    return appendAll();
  }

  /** Reads records from anywhere, each with its whole batch. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long read() {
    long end = log().offsets().endOffset();
    long sum = 0;
    for (int i = 0; i < recordCount(); i++) {
      try (PinnedBatches batches = log().read(random.nextLong(end), 1)) {
        if (batches.next() && cursor.open(batches.batch()).next()) {
          sum += cursor.record().valueBytes();
        }
      }
    }
    return sum;
  }

  /** Closes the log in order and opens it. */
  @Benchmark
  @OutputTimeUnit(TimeUnit.MILLISECONDS)
  public Object closeAndOpen() {
    log().close();
    open();
    return log();
  }
}
