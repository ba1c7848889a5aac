package dev.varve.jmh;

import dev.varve.log.LogOptions;
import dev.varve.log.LogReader;
import dev.varve.log.Producer;
import dev.varve.log.Visibility;
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
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * What transactions cost: 100 records in one beside 100 plain appends, and a reader of committed
 * records beside one that sees all. There is no peer here: the plain calls are what the others are
 * compared with. Figures are per record.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 6)
@Measurement(iterations = 8)
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the methods that set the fields
public class TransactionBenchmark extends LogBenchmark {
  private static final int RECORD_COUNT = 500_000;
  private static final int TRANSACTION_RECORDS = 100;
  private static final int ABORTED_OF = 10;

  private Producer producer;
  private long filledEnd;

  /** Opens a new log, in which each tenth transaction is aborted. */
  @Setup(Level.Iteration)
  public void fill(BenchmarkParams params) {
    begin(params);
    open(LogOptions.defaults());
    producer = log().producer("benchmark");
    for (int i = 0; i < recordCount(); i += TRANSACTION_RECORDS) {
      producer.beginTransaction();
      appendTransaction();
      if (i / TRANSACTION_RECORDS % ABORTED_OF == 0) {
        producer.abortTransaction();
      } else {
        producer.commitTransaction();
      }
    }
    filledEnd = log().offsets().endOffset();
  }

  private void appendTransaction() {
    for (int i = 0; i < TRANSACTION_RECORDS; i++) {
      records().advance();
      producer.append(records().timestamp(), records().key(), records().value());
    }
  }

  /** Deletes the log. */
  @TearDown(Level.Iteration)
  public void delete() {
    producer.close();
    end();
  }

  /** Appends records one by one, as anybody does. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long append() {
    return appendAll();
  }

  /** Appends records one by one, a hundred to a transaction. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long appendInTransactions() {
    for (int i = 0; i < recordCount(); i += TRANSACTION_RECORDS) {
      producer.beginTransaction();
      appendTransaction();
      producer.commitTransaction();
    }
    return log().offsets().endOffset();
  }

  /** Reads everything. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long read() {
    return read(Visibility.WRITTEN);
  }

  /** Reads what is committed, and passes over the rest. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long readCommitted() {
    return read(Visibility.COMMITTED);
  }

  private long read(Visibility visibility) {
    long bytes = 0;
    try (LogReader reader = log().reader(0, visibility)) {
      while (reader.nextOffset() < filledEnd && reader.next()) {
        bytes += reader.record().valueBytes();
      }
    }
    return bytes;
  }
}
