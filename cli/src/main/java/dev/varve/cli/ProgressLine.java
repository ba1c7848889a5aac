package dev.varve.cli;

import java.time.Duration;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * Shows on a terminal how far a command is, once that takes longer than a second. Nothing is shown
 * in a pipe.
 */
final class ProgressLine implements AutoCloseable {
  private static final long QUIET_NANOS = Duration.ofSeconds(1).toNanos();
  private static final int UPDATE_MILLIS = 200;
  private static final int COLUMNS = 79;

  private final Streams streams;
  private final String task;
  private final String unit;
  private final long unitSize;
  private final long startNanos = System.nanoTime();
  private @Nullable ProgressBar bar;

  private ProgressLine(Streams streams, String task, String unit, long unitSize) {
    this.streams = streams;
    this.task = task;
    this.unit = unit;
    this.unitSize = unitSize;
  }

  /** Progress in bytes. */
  static ProgressLine ofBytes(Streams streams, String task) {
    return new ProgressLine(streams, task, " MiB", 1 << 20);
  }

  /** Progress in records. */
  static ProgressLine ofRecords(Streams streams, String task) {
    return new ProgressLine(streams, task, " records", 1);
  }

  /**
   * Shows that so much is done.
   *
   * @param total of how much; -1 if that is not known
   */
  void update(long done, long total) {
    if (!streams.progress()) {
      return;
    }
    if (bar == null) {
      if (System.nanoTime() - startNanos < QUIET_NANOS) {
        return;
      }
      bar =
          new ProgressBarBuilder()
              .setTaskName(task)
              .setUnit(unit, unitSize)
              .setInitialMax(total)
              .setUpdateIntervalMillis(UPDATE_MILLIS)
              .setStyle(ProgressBarStyle.ASCII)
              .setConsumer(new ConsoleProgressBarConsumer(streams.err(), COLUMNS))
              .build();
    }
    bar.stepTo(done);
  }

  /** Leaves the last state on the screen. */
  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
