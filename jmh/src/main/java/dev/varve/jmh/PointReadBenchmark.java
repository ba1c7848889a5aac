package dev.varve.jmh;

import dev.varve.log.CommitLog;
import dev.varve.log.PinnedBatches;
import dev.varve.log.record.Compression;
import dev.varve.log.record.RecordCursor;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Reading one record by its offset, at random, from a log of batches of one record. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the methods that set the fields
public class PointReadBenchmark {
  private static final int RECORD_COUNT = 500_000;
  private static final long POSITION_MASK = (1L << Integer.SIZE) - 1;

  private final SplittableRandom random = new SplittableRandom(42);
  private final RecordCursor cursor = new RecordCursor();
  private BenchmarkLog filled;
  private CommitLog log;
  private MappedLog mapped;

  /** Where each batch is: its file, and its position there in the lower half. */
  private long[] places;

  /** Fills the log. */
  @Setup(Level.Trial)
  public void fill() throws IOException {
    filled = BenchmarkLog.filled(Compression.NONE, RECORD_COUNT, 1);
    log = filled.log();
    mapped = new MappedLog(filled.storage());
    places = new long[RECORD_COUNT];
    int count = 0;
    for (int file = 0; file < mapped.fileCount(); file++) {
      long position = 0;
      for (int sizeBytes; (sizeBytes = mapped.check(file, position)) > 0; ) {
        places[count++] = (long) file << Integer.SIZE | position;
        position += sizeBytes;
      }
    }
  }

  /** Deletes the log. */
  @TearDown(Level.Trial)
  public void delete() {
    mapped.close();
    filled.close();
  }

  /** The offset is looked up, the batch pinned, checked, and its first record visited. */
  @Benchmark
  public long read() {
    long offset = random.nextInt(RECORD_COUNT);
    try (PinnedBatches batches = log.read(offset, 1)) {
      if (!batches.next() || !cursor.open(batches.batch()).next()) {
        throw new IllegalStateException("no record " + offset);
      }
      return cursor.record().offset() + cursor.record().valueBytes();
    }
  }

  /** The place is known beforehand: a batch is copied out and checked. */
  @Benchmark
  public int limit() {
    long place = places[random.nextInt(RECORD_COUNT)];
    return mapped.check((int) (place >>> Integer.SIZE), place & POSITION_MASK);
  }
}
