package dev.varve.jmh;

import dev.varve.log.CommitLog;
import dev.varve.log.LogReader;
import dev.varve.log.record.Compression;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.Record;
import dev.varve.log.record.RecordBatchBuilder;
import java.util.concurrent.TimeUnit;
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

/**
 * Appending and reading batches of 100 records with each codec. The limit of an append is the
 * building of the batch, codec included. Figures are per record.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 5)
@Measurement(iterations = 8)
public class CodecBenchmark {
  private static final int RECORD_COUNT = 200_000;
  private static final int BATCH_RECORDS = 100;

  /** How batches are compressed. */
  @State(Scope.Benchmark)
  public static class Codec {
    /** The name of the codec. */
    @Param({"none", "gzip", "snappy", "lz4", "zstd"})
    public String codec = "none";

    private Compression compression() {
      return Compression.parse(codec);
    }
  }

  /** A log that is new in every iteration. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH calls the methods that set the fields
  public static class NewLog {
    private final BenchmarkRecords records = new BenchmarkRecords();
    private RecordBatchBuilder builder;
    private BenchmarkLog opened;
    private CommitLog log;

    /** Makes a builder, which keeps what the codec needs. */
    @Setup(Level.Trial)
    public void prepare(Codec codec) {
      builder = RecordBatchBuilder.of(codec.compression());
    }

    /** Opens the log. */
    @Setup(Level.Iteration)
    public void open(Codec codec) {
      opened = BenchmarkLog.open(codec.compression());
      log = opened.log();
    }

    /** Deletes the log. */
    @TearDown(Level.Iteration)
    public void close() {
      opened.close();
    }
  }

  /** A log with records in it. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH calls the methods that set the fields
  public static class FilledLog {
    private BenchmarkLog filled;
    private LogReader reader;

    /** Fills the log. */
    @Setup(Level.Trial)
    public void fill(Codec codec) {
      filled = BenchmarkLog.filled(codec.compression(), RECORD_COUNT, BATCH_RECORDS);
      reader = filled.log().reader(0);
    }

    /** Deletes the log. */
    @TearDown(Level.Trial)
    public void delete() {
      reader.close();
      filled.close();
    }
  }

  /** The batches are built, compressed and appended. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long append(NewLog state) {
    long last = 0;
    for (int i = 0; i < RECORD_COUNT; i += BATCH_RECORDS) {
      last = state.log.append(state.records.fill(state.builder, BATCH_RECORDS).build());
    }
    return last;
  }

  /** The batches are built and compressed. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public int appendLimit(NewLog state) {
    int checksums = 0;
    for (int i = 0; i < RECORD_COUNT; i += BATCH_RECORDS) {
      EncodedBatch batch = state.records.fill(state.builder, BATCH_RECORDS).build();
      checksums += batch.batch().checksum();
    }
    return checksums;
  }

  /** Every batch is checked and decompressed, every record visited. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long read(FilledLog state) {
    LogReader reader = state.reader;
    reader.seek(0);
    long sum = 0;
    while (reader.next()) {
      Record next = reader.record();
      sum += next.offset() + next.keyBytes() + next.valueBytes();
    }
    return sum;
  }
}
