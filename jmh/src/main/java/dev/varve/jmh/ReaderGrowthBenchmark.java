package dev.varve.jmh;

import dev.varve.jmh.peer.PeerSettings;
import dev.varve.log.LogOptions;
import dev.varve.log.LogReader;
import java.util.ArrayList;
import java.util.List;
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
 * What more readers cost, each with a pin somewhere in the log: the append, and a record read by
 * each of them in turn. There is no peer here: the row of one reader is what the others are
 * compared with.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5)
@Measurement(iterations = 8)
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the methods that set the fields
public class ReaderGrowthBenchmark extends LogBenchmark {
  private static final int RECORD_COUNT = 200_000;

  /** How many readers are open. */
  @Param({"1", "100", "1000"})
  public int readers;

  private final List<LogReader> open = new ArrayList<>();

  /** Fills the log and spreads the readers over it. */
  @Setup(Level.Iteration)
  public void fill(BenchmarkParams params) {
    begin(params);
    open(LogOptions.builder().segmentBytesMax(PeerSettings.SEGMENT_BYTES_MAX).build());
    appendAll();
    appendAll();
    for (int i = 0; i < readers; i++) {
      LogReader reader = log().reader((long) recordCount() * i / readers);
      if (!reader.next()) {
        throw new IllegalStateException("nothing to read");
      }
      open.add(reader);
    }
  }

  /** Deletes the log. */
  @TearDown(Level.Iteration)
  public void delete() {
    open.forEach(LogReader::close);
    open.clear();
    end();
  }

  /** Appends records one by one, in one thread, while the readers stand still. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long append() {
    return appendAll();
  }

  /** Every reader reads on by one record in turn. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long read() {
    long sum = 0;
    int turn = 0;
    for (int i = 0; i < recordCount(); i++) {
      LogReader reader = open.get(turn);
      if (!reader.next()) {
        throw new IllegalStateException("nothing to read");
      }
      sum += reader.record().valueBytes();
      turn = turn + 1 == readers ? 0 : turn + 1;
    }
    return sum;
  }
}
