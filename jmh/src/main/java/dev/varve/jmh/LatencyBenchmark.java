package dev.varve.jmh;

import dev.varve.jmh.peer.BenchmarkRecords;
import dev.varve.jmh.peer.Peer;
import dev.varve.jmh.peer.PeerKind;
import dev.varve.log.record.Compression;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.AuxCounters;
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
 * The tail of latencies at a fixed rate. Every record has a time at which it is to be appended, and
 * its latency counts from that time, whether the writer was ready or still busy with the one
 * before: a pause is seen by all records that it held up, and nothing is omitted.
 *
 * <p>The figures are the percentiles that stand beside the score; the score itself only says how
 * long the run took per record, which is the rate. One iteration is measured, for JMH would add the
 * percentiles of several up.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 2)
@Measurement(iterations = 1)
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the methods that set the fields
public class LatencyBenchmark {
  private static final int RECORD_COUNT = 1_000_000;
  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LATENCY_NANOS_MAX = TimeUnit.MINUTES.toNanos(2);

  /** As short as the system lets a thread sleep. */
  private static final long SLEEP_NANOS = 1;

  /** What is measured. */
  @Param public PeerKind peer = PeerKind.VARVE;

  /** The size of values. */
  @Param("1024")
  public int valueBytes;

  /** How many records a second. */
  @Param("100000")
  public int recordsPerSecond;

  private int recordCount;
  private OpenPeer open;

  /** The percentiles of one iteration, in nanoseconds. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Percentiles {
    /** The median. */
    public long p50;

    /** One of a hundred is slower. */
    public long p99;

    /** One of a thousand is slower. */
    public long p999;

    /** One of ten thousand is slower. */
    public long p9999;

    /** The slowest. */
    public long slowest;

    private void set(Histogram latencies) {
      p50 = latencies.getValueAtPercentile(50);
      p99 = latencies.getValueAtPercentile(99);
      p999 = latencies.getValueAtPercentile(99.9);
      p9999 = latencies.getValueAtPercentile(99.99);
      slowest = latencies.getMaxValue();
    }
  }

  /** Opens a new log. */
  @Setup(Level.Iteration)
  public void open(BenchmarkParams params) throws IOException {
    recordCount = params.getOpsPerInvocation();
    open = OpenPeer.empty(peer, Compression.NONE, valueBytes, 1, recordCount);
  }

  /** Deletes the log. */
  @TearDown(Level.Iteration)
  public void close() throws IOException {
    open.close();
  }

  /**
   * From the time at which the append was to begin to its return. The writer waits without
   * sleeping, so that what is seen is the log's doing and not the scheduler's.
   */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public void append(Percentiles percentiles) throws IOException {
    Histogram latencies = new Histogram(LATENCY_NANOS_MAX, 3);
    BenchmarkRecords records = new BenchmarkRecords(valueBytes);
    try (Peer.Appender appender = open.peer().appender()) {
      long begin = System.nanoTime();
      for (int i = 0; i < recordCount; i++) {
        long intended = begin + intendedNanos(i);
        while (System.nanoTime() < intended) {
          Thread.onSpinWait();
        }
        records.advance();
        appender.append(records.timestamp(), records.key(), records.stampedValue(intended));
        latencies.recordValue(Math.min(System.nanoTime() - intended, LATENCY_NANOS_MAX));
      }
    }
    percentiles.set(latencies);
  }

  /**
   * From the time at which the append was to begin to the moment at which a reader on another
   * thread has the record. Both threads sleep while there is nothing to do.
   */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public void writeToRead(Percentiles percentiles) throws Exception {
    Follower follower = new Follower(open.peer(), recordCount);
    Thread thread = Thread.ofPlatform().daemon().start(follower);
    BenchmarkRecords records = new BenchmarkRecords(valueBytes);
    try (Peer.Appender appender = open.peer().appender()) {
      long begin = System.nanoTime();
      for (int i = 0; i < recordCount; i++) {
        long intended = begin + intendedNanos(i);
        while (System.nanoTime() < intended) {
          LockSupport.parkNanos(SLEEP_NANOS);
        }
        records.advance();
        appender.append(records.timestamp(), records.key(), records.stampedValue(intended));
      }
      thread.join();
    }
    percentiles.set(follower.latencies());
  }

  private long intendedNanos(int index) {
    return index * SECOND_NANOS / recordsPerSecond;
  }

  /** Reads along, and notes how late each record comes. */
  private static final class Follower implements Runnable {
    private final Peer peer;
    private final int recordCount;
    private final Histogram latencies = new Histogram(LATENCY_NANOS_MAX, 3);
    private volatile @Nullable IOException failure;

    Follower(Peer peer, int recordCount) {
      this.peer = peer;
      this.recordCount = recordCount;
    }

    @Override
    public void run() {
      try (Peer.Reader reader = peer.reader()) {
        for (int seen = 0; seen < recordCount; ) {
          long intended = reader.poll();
          if (intended == -1) {
            LockSupport.parkNanos(SLEEP_NANOS);
          } else {
            latencies.recordValue(Math.min(System.nanoTime() - intended, LATENCY_NANOS_MAX));
            seen++;
          }
        }
      } catch (IOException e) {
        failure = e;
      }
    }

    Histogram latencies() throws IOException {
      IOException failed = failure;
      if (failed != null) {
        throw failed;
      }
      return latencies;
    }
  }
}
