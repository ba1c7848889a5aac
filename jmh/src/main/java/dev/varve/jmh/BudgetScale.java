package dev.varve.jmh;

import dev.varve.log.CommitLog;
import dev.varve.log.SegmentInfo;
import dev.varve.log.maintenance.Maintenance;
import dev.varve.log.maintenance.ScheduledTask;
import dev.varve.log.maintenance.TaskStatus;
import dev.varve.log.store.LogStore;
import dev.varve.log.store.TopicPartition;
import dev.varve.retention.LeaseLimits;
import dev.varve.retention.RetentionTask;
import dev.varve.retention.StoreBudget;
import dev.varve.retention.StoreRetention;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.SystemEpochClock;

/**
 * What retention of a store under one budget costs as the number of logs grows: a round that gives
 * half of everything up, and one in which nothing has to go.
 */
final class BudgetScale {
  private static final int SEGMENTS_PER_LOG = 5;
  private static final int RECORD_BYTES = 400;
  private static final long PAUSE_NANOS = 100_000;
  private static final long ROUND_NANOS_MAX = Duration.ofMinutes(5).toNanos();

  private final LogStore store;
  private final Maintenance maintenance;
  private final AtomicLong skewMillis = new AtomicLong();

  /** A store that is open, and what does its work when it is asked to. */
  BudgetScale(LogStore store, Maintenance maintenance) {
    this.store = store;
    this.maintenance = maintenance;
  }

  /**
   * Figures of one store.
   *
   * @param segments how many there were before
   * @param gone how many of them were given up
   * @param bytesMissing by how much the budget was missed
   * @param givingNanos what the round took that gave them up, of a processor
   * @param quietNanos what a round took in which nothing had to go, of a processor
   * @param longestStepNanos the longest step of retention, by the clock
   * @param longestOtherNanos the longest step of any other task meanwhile
   */
  record Figures(
      int logs,
      long segments,
      long gone,
      long bytesMissing,
      long givingNanos,
      long quietNanos,
      long longestStepNanos,
      long longestOtherNanos) {
    static final String TITLE =
        "logs  segments  given up  missing  giving/log  quiet/log  longest step of retention"
            + "  of others";

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%4d  %8d  %8d  %5d B  %7.1f µs  %6.1f µs  %22.2f ms  %6.2f ms",
          logs,
          segments,
          gone,
          bytesMissing,
          givingNanos / 1e3 / logs,
          quietNanos / 1e3 / logs,
          longestStepNanos / 1e6,
          longestOtherNanos / 1e6);
    }
  }

  Figures measure() {
    fill();
    long segments = segments();
    StoreRetention retention =
        new StoreRetention(
            store,
            new StoreBudget(bytes() / 2, -1),
            new LeaseLimits(0, Duration.ZERO),
            (_, _) -> {},
            () -> SystemEpochClock.INSTANCE.time() + skewMillis.get());
    try (ScheduledTask task = maintenance.add(retention)) {
      long giving = round(task, retention);
      long left = segments();
      skewMillis.addAndGet(RetentionTask.CHECK_INTERVAL_DEFAULT.toMillis());
      long quiet = round(task, retention);
      return new Figures(
          store.partitions().size(),
          segments,
          segments - left,
          retention.bytesMissing(),
          giving,
          quiet,
          task.status().longestStepNanos(),
          longestOther());
    }
  }

  /** Gives each log some segments more, as few bytes as that takes. */
  private void fill() {
    for (TopicPartition partition : store.partitions()) {
      store.configure(
          partition.topic(),
          Map.of("internal.segment.bytes", Integer.toString(RECORD_BYTES + RECORD_BYTES / 4)));
      CommitLog log = store.log(partition);
      for (int i = 0; i < SEGMENTS_PER_LOG; i++) {
        log.append(null, new byte[RECORD_BYTES]);
      }
    }
    while (maintenance.runOnce() > 0) {
      // until all is settled
    }
  }

  private long segments() {
    return store.partitions().stream().mapToLong(log -> store.log(log).segments().size()).sum();
  }

  private long bytes() {
    return store.partitions().stream()
        .flatMap(log -> store.log(log).segments().stream())
        .mapToLong(SegmentInfo::sizeBytes)
        .sum();
  }

  /** Until a round is over; what the thread took, the tasks of the logs included. */
  private long round(ScheduledTask task, StoreRetention retention) {
    ThreadMXBean cpu = ManagementFactory.getThreadMXBean();
    task.wake();
    long from = System.nanoTime();
    long stepsBefore = task.status().steps();
    long busy = 0;
    do {
      long before = cpu.getCurrentThreadCpuTime();
      maintenance.runOnce();
      busy += cpu.getCurrentThreadCpuTime() - before;
      LockSupport.parkNanos(PAUSE_NANOS);
    } while ((retention.backlog() > 0 || task.status().steps() == stepsBefore)
        && System.nanoTime() - from < ROUND_NANOS_MAX);
    return busy;
  }

  private long longestOther() {
    return maintenance.status().stream()
        .filter(status -> !status.name().equals("retention"))
        .mapToLong(TaskStatus::longestStepNanos)
        .max()
        .orElse(0);
  }
}
