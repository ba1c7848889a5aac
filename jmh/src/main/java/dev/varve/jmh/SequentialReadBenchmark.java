package dev.varve.jmh;

import dev.varve.log.LogReader;
import dev.varve.log.record.Compression;
import dev.varve.log.record.Record;
import java.io.IOException;
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

/** Reading a whole log from its start, records in place. Figures are per record. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the methods that set the fields
public class SequentialReadBenchmark {
  private static final int RECORD_COUNT = 500_000;

  /** How many records share a batch. */
  @Param({"1", "100"})
  public int batchRecords;

  private BenchmarkLog filled;
  private LogReader reader;
  private MappedLog mapped;

  /** Fills the log. */
  @Setup(Level.Trial)
  public void fill() throws IOException {
    filled = BenchmarkLog.filled(Compression.NONE, RECORD_COUNT, batchRecords);
    reader = filled.log().reader(0);
    mapped = new MappedLog(filled.storage());
  }

  /** Deletes the log. */
  @TearDown(Level.Trial)
  public void delete() {
    reader.close();
    mapped.close();
    filled.close();
  }

  /** One reader, every batch checked, every record visited. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long read() {
    reader.seek(0);
    long sum = 0;
    while (reader.next()) {
      Record next = reader.record();
      sum += next.offset() + next.keyBytes() + next.valueBytes();
    }
    return sum;
  }

  /** Every batch is copied out and checked; no record is visited. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long limit() {
    long sum = 0;
    for (int file = 0; file < mapped.fileCount(); file++) {
      long position = 0;
      for (int sizeBytes; (sizeBytes = mapped.check(file, position)) > 0; ) {
        position += sizeBytes;
      }
      sum += position;
    }
    return sum;
  }
}
