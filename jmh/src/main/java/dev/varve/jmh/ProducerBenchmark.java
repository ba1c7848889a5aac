package dev.varve.jmh;

import dev.varve.log.LogOptions;
import dev.varve.log.Producer;
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
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * What idempotence costs: an append through a producer beside a plain one, and opening a log that
 * remembers many producers. There is no peer here: the plain append and the log without producers
 * are what the others are compared with.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 6)
@Measurement(iterations = 8)
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the methods that set the fields
public class ProducerBenchmark extends LogBenchmark {
  private static final int RECORD_COUNT = 1_000_000;

  /** How many producers the log remembers besides. */
  @Param({"0", "100000"})
  public int producers;

  private Producer producer;

  /** Opens a new log, in which each of the producers has a record. */
  @Setup(Level.Iteration)
  public void fill(BenchmarkParams params) {
    begin(params);
    open();
    RecordBatchBuilder builder = log().newBatch();
    for (int id = 0; id < producers; id++) {
      long now = System.currentTimeMillis(); // older ones would be forgotten at once
      builder.clear().producer(id, (short) 0, 0).append(now, null, records().value());
      log().append(builder.build());
    }
    log().flush();
  }

  private void open() {
    open(LogOptions.defaults());
    producer = log().producer("benchmark");
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

  /** Appends records one by one, each once however often it is tried. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long appendIdempotent() {
    long last = 0;
    for (int i = 0; i < recordCount(); i++) {
      records().advance();
      last = producer.append(records().timestamp(), records().key(), records().value());
    }
    return last;
  }

  /** Closes the log in order, which takes a snapshot of the producers, and opens it. */
  @Benchmark
  @OutputTimeUnit(TimeUnit.MILLISECONDS)
  public Object closeAndOpen() {
    producer.close();
    log().close();
    open();
    return log();
  }
}
