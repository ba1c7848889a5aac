package dev.varve.compaction;

import dev.varve.log.error.LogClosedException;
import dev.varve.log.error.LogException;
import dev.varve.log.error.LogFailedException;
import dev.varve.log.maintenance.MaintenanceTask;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.agrona.concurrent.EpochClock;
import org.jspecify.annotations.Nullable;

/**
 * Compacts logs in the background, one at a time, the dirtiest of those that are due first. One
 * budget of memory, and one of I/O, is for all of them. A log that fails is left alone until the
 * next look, and keeps none of the others from being compacted.
 *
 * {@snippet :
 * maintenance.add(new Compactor(() -> List.of(compaction), options, clock));
 * }
 *
 * <p>To be closed before the logs are, when it is no task any more. Thread safety: as {@link
 * MaintenanceTask} asks for.
 */
public final class Compactor implements MaintenanceTask, AutoCloseable {
  private static final long MILLIS_PER_SECOND = 1000;

  private final Supplier<? extends Collection<LogCompaction>> logs;
  private final CompactorOptions options;
  private final EpochClock clock;
  private volatile @Nullable LogCompaction current;

  /** The time before which nothing is read, so that the rate is kept. */
  private long pausedUntilMillis = Long.MIN_VALUE;

  /** Logs of which a pass has failed, and when they may be tried again. */
  private final IdentityHashMap<LogCompaction, Long> failedUntilMillis = new IdentityHashMap<>();

  private volatile long backlogBytes;

  /**
   * For the logs that are there at each look.
   *
   * @param options the same as those of the logs
   */
  public Compactor(
      Supplier<? extends Collection<LogCompaction>> logs,
      CompactorOptions options,
      EpochClock clock) {
    this.logs = logs;
    this.options = options;
    this.clock = clock;
  }

  @Override
  public int doWork() {
    if (clock.time() < pausedUntilMillis) {
      return 0;
    }
    LogCompaction log = current;
    if (log == null || log.isIdle()) {
      log = beginNext();
      current = log;
    }
    return log == null ? 0 : step(log);
  }

  private int step(LogCompaction log) {
    Throwable failure = null;
    try {
      long bytes = log.step().bytes();
      backlogBytes =
          log.progress().map(progress -> progress.totalBytes() - progress.doneBytes()).orElse(0L);
      if (options.isThrottled()) {
        pausedUntilMillis =
            clock.time() + Math.ceilDiv(bytes * MILLIS_PER_SECOND, options.ioBytesPerSecondMax());
      }
      return 1;
    } catch (RuntimeException | Error e) {
      failure = e;
      throw e;
    } finally {
      if (failure != null) {
        close();
        failedUntilMillis.put(log, clock.time() + options.backoffMillis());
        options.listener().passFailed(log.logName(), failure);
      }
    }
  }

  /** Begins a pass over the log that needs it most; null if none does. */
  private @Nullable LogCompaction beginNext() {
    failedUntilMillis.values().removeIf(until -> until <= clock.time());
    List<LogCompaction> candidates = new ArrayList<>(logs.get());
    candidates.removeIf(failedUntilMillis::containsKey);
    List<CompactionPlan> plans = new ArrayList<>();
    List<LogCompaction> planned = new ArrayList<>();
    LogException failure = null;
    for (LogCompaction candidate : candidates) {
      try {
        plans.add(candidate.plan());
        planned.add(candidate);
      } catch (LogClosedException | LogFailedException e) {
        // the log has said so itself
      } catch (LogException e) {
        failure = e;
      }
    }
    Optional<CompactionPlan> dirtiest = Dirtiest.among(plans);
    if (dirtiest.isEmpty()) {
      pausedUntilMillis = clock.time() + options.backoffMillis();
      if (failure != null) {
        throw failure;
      }
      return null;
    }
    LogCompaction next = planned.get(plans.indexOf(dirtiest.get()));
    next.begin(dirtiest.get());
    return next;
  }

  /** Gives up the pass that is under way, if one is. Doing it twice is harmless. */
  @Override
  public void close() {
    LogCompaction log = current;
    if (log != null) {
      log.close();
      current = null;
      backlogBytes = 0;
    }
  }

  @Override
  public String roleName() {
    return "compaction";
  }

  /** The directory of the log that is being compacted; empty while none is. */
  @Override
  public String subject() {
    LogCompaction log = current;
    return log == null ? "" : log.logName();
  }

  /** The bytes that are left to read in what the pass does now. */
  @Override
  public long backlog() {
    return backlogBytes;
  }

  @Override
  public long idleMillisMax() {
    return Math.min(options.backoffMillis(), MILLIS_PER_SECOND);
  }
}
