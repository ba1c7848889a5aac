package dev.varve.jmh;

import dev.varve.log.CommitLog;
import dev.varve.log.record.Compression;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.RecordBatchBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Appending records one by one, each a batch of its own, from one thread. Every iteration appends
 * the same number of records to a new log, which bounds the space on the disk.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 10)
@Measurement(iterations = 15)
public class AppendRecordBenchmark {
  private static final int RECORD_COUNT = 2_000_000;

  /** A log that is new in every iteration. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH calls the methods that set the fields
  public static class NewLog {
    private final BenchmarkRecords records = new BenchmarkRecords();
    private BenchmarkLog opened;
    private CommitLog log;

    /** Opens the log. */
    @Setup(Level.Iteration)
    public void open() {
      opened = BenchmarkLog.open(Compression.NONE);
      log = opened.log();
    }

    /** Deletes the log. */
    @TearDown(Level.Iteration)
    public void close() {
      opened.close();
    }
  }

  /** One record as a finished batch, and files to copy it to. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH calls the methods that set the fields
  public static class FinishedBatch {
    private final RecordBatchBuilder builder = RecordBatchBuilder.of(Compression.NONE);
    private EncodedBatch batch;
    private ByteBuffer bytes;
    private ReservedFiles files;

    /** Reserves the files. */
    @Setup(Level.Trial)
    public void reserve() throws IOException {
      batch = new BenchmarkRecords().fill(builder, 1).build();
      bytes = batch.memory().asByteBuffer();
      files = new ReservedFiles((long) RECORD_COUNT * batch.sizeBytes());
    }

    /** Begins at the first byte of the files. */
    @Setup(Level.Iteration)
    public void rewind() throws IOException {
      files.rewind();
    }

    /** Deletes the files. */
    @TearDown(Level.Trial)
    public void delete() throws IOException {
      files.close();
    }

    ReservedFiles files() {
      return files;
    }

    int appendAll() {
      int checksums = 0;
      for (int i = 0; i < RECORD_COUNT; i++) {
        checksums += files.append(batch, bytes);
      }
      return checksums;
    }
  }

  /** The same, but every iteration begins with a fresh mapping of the files. */
  public static class FinishedBatchToFreshMapping extends FinishedBatch {
    @Override
    public void rewind() throws IOException {
      files().mapAnew();
    }
  }

  /** The log gives every record the time of now. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long append(NewLog state) {
    long last = 0;
    for (int i = 0; i < RECORD_COUNT; i++) {
      state.records.advance();
      last = state.log.append(state.records.key(), state.records.value());
    }
    return last;
  }

  /** Records come with their timestamps. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long appendTimestamped(NewLog state) {
    long last = 0;
    for (int i = 0; i < RECORD_COUNT; i++) {
      state.records.advance();
      last =
          state.log.append(BenchmarkRecords.TIMESTAMP, state.records.key(), state.records.value());
    }
    return last;
  }

  /**
   * Checksum and guarded copy of finished batches of one record into mapped memory, touched before.
   */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public int limit(FinishedBatch state) {
    return state.appendAll();
  }

  /** The same into a fresh mapping of the reserved files. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public int limitFreshMapping(FinishedBatchToFreshMapping state) {
    return state.appendAll();
  }
}
