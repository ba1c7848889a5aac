package dev.varve.jmh;

import dev.varve.compaction.CompactionListener;
import dev.varve.compaction.CompactionResult;
import dev.varve.compaction.Compactor;
import dev.varve.compaction.CompactorOptions;
import dev.varve.compaction.LogCompaction;
import dev.varve.jmh.peer.BenchmarkDirectory;
import dev.varve.jmh.peer.BenchmarkRecords;
import dev.varve.log.CommitLog;
import dev.varve.log.maintenance.Maintenance;
import dev.varve.log.maintenance.MaintenanceTask;
import dev.varve.log.maintenance.ScheduledTask;
import dev.varve.log.record.Compression;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.agrona.concurrent.SystemEpochClock;

/**
 * What an append to a log sees of that log being compacted meanwhile, on the thread that does all
 * of its background work: by turns without and with, on one log after the other. Latencies count
 * from the time at which the append was to begin.
 */
final class CompactionLatency {
  private static final int RECORDS_PER_SECOND = 20_000;
  private static final int RECORDS_WITHOUT = 60_000;
  private static final int RECORDS_MAX = 1_000_000;
  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LATENCY_NANOS_MAX = TimeUnit.MINUTES.toNanos(2);

  private final CompactedRecords records;
  private final Histogram without = new Histogram(LATENCY_NANOS_MAX, 3);
  private final Histogram with = new Histogram(LATENCY_NANOS_MAX, 3);
  private final Histogram steps = new Histogram(LATENCY_NANOS_MAX, 3);
  private final Histogram stepsCpu = new Histogram(LATENCY_NANOS_MAX, 3);

  CompactionLatency(CompactedRecords records) {
    this.records = records;
  }

  /** Measures so many times, after one that is not counted. */
  CompactionLatency measure(int rounds) throws IOException {
    try (BenchmarkDirectory directory = BenchmarkDirectory.create()) {
      Path original = directory.path().resolve("original");
      records.writeTo(original, Compression.NONE);
      for (int round = 0; round <= rounds; round++) {
        Path copy = directory.path().resolve("records-0");
        CompactionSpeed.copy(original, copy);
        if (round == 1) {
          without.reset();
          with.reset();
          steps.reset();
          stepsCpu.reset();
        }
        measure(copy);
        BenchmarkDirectory.deleteTree(copy);
      }
    }
    return this;
  }

  /** Knows whether the pass is over. */
  private static final class End implements CompactionListener {
    private volatile boolean reached;

    @Override
    public void passEnded(CompactionResult result) {
      reached = true;
    }
  }

  /** A task whose steps are timed: by the clock, and what they take of a processor. */
  private final class TimedSteps implements MaintenanceTask {
    private final MaintenanceTask task;
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();

    TimedSteps(MaintenanceTask task) {
      this.task = task;
    }

    @Override
    public int doWork() throws Exception {
      long cpu = threads.getCurrentThreadCpuTime();
      long from = System.nanoTime();
      int done = task.doWork();
      if (done > 0) {
        steps.recordValue(System.nanoTime() - from);
        stepsCpu.recordValue(threads.getCurrentThreadCpuTime() - cpu);
      }
      return done;
    }

    @Override
    public String roleName() {
      return task.roleName();
    }
  }

  private void measure(Path directory) {
    End end = new End();
    CompactorOptions options = CompactorOptions.builder().listener(end).build();
    try (Maintenance maintenance = Maintenance.onThread("maintenance");
        CommitLog log =
            CommitLog.open(directory, CompactedRecords.options().maintenance(maintenance).build());
        LogCompaction compaction =
            new LogCompaction(log, VarveLogCleaning.config(), options, SystemEpochClock.INSTANCE);
        Compactor compactor =
            new Compactor(() -> List.of(compaction), options, SystemEpochClock.INSTANCE)) {
      append(log, RECORDS_WITHOUT, new End(), without);
      try (ScheduledTask _ = maintenance.add(new TimedSteps(compactor))) {
        append(log, RECORDS_MAX, end, with);
      }
    }
  }

  private static void append(CommitLog log, int recordsMax, End end, Histogram latencies) {
    BenchmarkRecords records = new BenchmarkRecords(CompactedRecords.VALUE_BYTES);
    long begin = System.nanoTime();
    for (int i = 0; i < recordsMax && !end.reached; i++) {
      long intended = begin + i * SECOND_NANOS / RECORDS_PER_SECOND;
      while (System.nanoTime() < intended) {
        Thread.onSpinWait();
      }
      records.advance();
      log.append(records.timestamp(), records.key(), records.value());
      latencies.recordValue(Math.min(System.nanoTime() - intended, LATENCY_NANOS_MAX));
    }
  }

  @Override
  public String toString() {
    StringBuilder lines = new StringBuilder();
    lines.append(
        String.format(
            Locale.ROOT, "%-8s%14s%14s%8s%n", "latency", "without", "compacting", "ratio"));
    for (double percentile : new double[] {50, 90, 99, 99.9}) {
      long quiet = without.getValueAtPercentile(percentile);
      long busy = with.getValueAtPercentile(percentile);
      lines.append(
          String.format(
              Locale.ROOT,
              "p%-7s%11.2f us%11.2f us%7.2fx%n",
              percentile,
              quiet / 1e3,
              busy / 1e3,
              (double) busy / quiet));
    }
    return lines
        .append(
            String.format(
                Locale.ROOT,
                "%d and %d appends; %d steps, by the clock (of a processor):"
                    + " p50 %.1f (%.1f) ms, p99 %.1f (%.1f) ms, longest %.1f (%.1f) ms",
                without.getTotalCount(),
                with.getTotalCount(),
                steps.getTotalCount(),
                steps.getValueAtPercentile(50) / 1e6,
                stepsCpu.getValueAtPercentile(50) / 1e6,
                steps.getValueAtPercentile(99) / 1e6,
                stepsCpu.getValueAtPercentile(99) / 1e6,
                steps.getMaxValue() / 1e6,
                stepsCpu.getMaxValue() / 1e6))
        .toString();
  }
}
