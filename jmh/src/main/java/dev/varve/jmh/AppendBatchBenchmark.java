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
 * Building and appending batches of 100 records from one thread. Every iteration appends the same
 * number of records to a new log, which bounds the space on the disk. Figures are per record.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 10)
@Measurement(iterations = 15)
public class AppendBatchBenchmark {
  private static final int RECORD_COUNT = 3_000_000;
  private static final int BATCH_RECORDS = 100;

  /** A log that is new in every iteration. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH calls the methods that set the fields
  public static class NewLog {
    private final BenchmarkRecords records = new BenchmarkRecords();
    private final RecordBatchBuilder builder = RecordBatchBuilder.of(Compression.NONE);
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

  /** A finished batch, and files to copy it to. */
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
      batch = new BenchmarkRecords().fill(builder, BATCH_RECORDS).build();
      bytes = batch.memory().asByteBuffer();
      files = new ReservedFiles((long) RECORD_COUNT / BATCH_RECORDS * batch.sizeBytes());
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
      for (int i = 0; i < RECORD_COUNT; i += BATCH_RECORDS) {
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

  /** The batches are built record by record and appended. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long append(NewLog state) {
    long last = 0;
    for (int i = 0; i < RECORD_COUNT; i += BATCH_RECORDS) {
      last = state.log.append(state.records.fill(state.builder, BATCH_RECORDS).build());
    }
    return last;
  }

  /** The batches are built and not appended: what the log adds is the difference to append. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public int build(NewLog state) {
    int checksums = 0;
    for (int i = 0; i < RECORD_COUNT; i += BATCH_RECORDS) {
      EncodedBatch batch = state.records.fill(state.builder, BATCH_RECORDS).build();
      checksums += batch.batch().checksum();
    }
    return checksums;
  }

  /** Checksum and guarded copy of finished batches of 100 into mapped memory, touched before. */
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
