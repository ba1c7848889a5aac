package dev.varve.log.maintenance;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

/**
 * A task that a {@link Maintenance} drives. Closing takes it out again.
 *
 * <p>Thread safety: safe for use by several threads.
 */
public final class ScheduledTask implements AutoCloseable {
  /** So a task that goes on failing is tried about every second. */
  static final long BACK_OFF_MILLIS_MAX = 1024;

  /** No pause needs more: the last is of 35 years. */
  private static final int DOUBLINGS_MAX = 40;

  // Constant after construction.
  private final Maintenance maintenance;
  private final MaintenanceTask task;

  /** Held during a step, so that a close waits for it. */
  private final ReentrantLock stepLock = new ReentrantLock();

  /** Held for a moment, so that the status can be asked for during a step. */
  private final Object statusLock = new Object();

  private volatile boolean woken;
  private volatile boolean closed;
  private volatile boolean ended;

  @GuardedBy("stepLock")
  private int idleInARow;

  @GuardedBy("statusLock")
  private long steps;

  @GuardedBy("statusLock")
  private long lastRunMillis = -1;

  @GuardedBy("statusLock")
  private long longestStepNanos;

  @GuardedBy("statusLock")
  private int failuresInARow;

  @GuardedBy("statusLock")
  private @Nullable Throwable lastFailure;

  // Of the queue, which has a lock of its own and is ordered by the first two.
  private long dueMillis;
  private long sequence;
  private long lastRound;

  ScheduledTask(Maintenance maintenance, MaintenanceTask task) {
    this.maintenance = maintenance;
    this.task = task;
  }

  /** Has the task asked in the next round, however long it was without work, or failed. */
  public void wake() {
    if (!woken && !closed) {
      woken = true;
      maintenance.hurry(this);
    }
  }

  /** How the task fares. */
  public TaskStatus status() {
    long backlog = backlog();
    synchronized (statusLock) {
      return new TaskStatus(
          task.roleName(),
          task.subject(),
          steps,
          lastRunMillis,
          backlog,
          longestStepNanos,
          failuresInARow,
          lastFailure,
          ended);
    }
  }

  private long backlog() {
    try {
      return task.backlog();
    } catch (RuntimeException e) {
      return -1; // of something that was closed, perhaps
    }
  }

  /**
   * Takes the task out, and waits for a step that is under way, unless the caller is that step.
   * Doing it twice is harmless.
   */
  @Override
  public void close() {
    closed = true;
    stepLock.lock();
    try {
      maintenance.remove(this);
    } finally {
      stepLock.unlock();
    }
  }

  /**
   * Does a step, unless there is to be none any more.
   *
   * @param paused is told how long to leave the task alone afterwards
   * @return how much was done
   */
  int step(EpochClock clock, NanoClock stopwatch, Paused paused) {
    stepLock.lock();
    try {
      if (isOver()) {
        return 0;
      }
      woken = false; // before the step: what comes to be done during it asks for another
      long nowMillis = clock.time();
      long begin = stopwatch.nanoTime();
      int done = 0;
      long pauseMillis = 0;
      Throwable failure = null;
      try {
        done = task.doWork();
        idleInARow = done > 0 ? 0 : Math.min(idleInARow + 1, DOUBLINGS_MAX);
        pauseMillis = idleInARow == 0 ? 0 : Math.min(task.idleMillisMax(), doubled(idleInARow));
      } catch (AgentTerminationException e) {
        ended = true;
      } catch (Throwable e) {
        failure = e;
        idleInARow = 0;
      }
      int failures = note(nowMillis, stopwatch.nanoTime() - begin, failure);
      if (failure != null) {
        pauseMillis = Math.min(BACK_OFF_MILLIS_MAX, doubled(failures));
        tell(failure);
      }
      paused.afterStep(this, Math.max(0, pauseMillis));
      return Math.max(0, done);
    } finally {
      stepLock.unlock();
    }
  }

  /** 1, 2, 4, 8 ... */
  private static long doubled(int inARow) {
    return 1L << Math.min(inARow - 1, DOUBLINGS_MAX);
  }

  /** Keeps what the status is to say; returns how many steps have failed in a row. */
  private int note(long nowMillis, long stepNanos, @Nullable Throwable failure) {
    synchronized (statusLock) {
      steps++;
      lastRunMillis = nowMillis;
      longestStepNanos = Math.max(longestStepNanos, stepNanos);
      failuresInARow = failure == null ? 0 : failuresInARow + 1;
      lastFailure = failure == null ? lastFailure : failure;
      return failuresInARow;
    }
  }

  private void tell(Throwable failure) {
    try {
      task.onFailure(failure);
    } catch (Throwable e) {
      // It must not throw, and there is nobody else to tell.
    }
  }

  /** Whether there is to be no step any more. */
  boolean isOver() {
    return closed || ended;
  }

  boolean isWoken() {
    return woken;
  }

  long dueMillis() {
    return dueMillis;
  }

  /** Tells apart those that are due at the same time: who waits longer comes first. */
  long sequence() {
    return sequence;
  }

  long lastRound() {
    return lastRound;
  }

  void setDue(long millis, long newSequence) {
    dueMillis = millis;
    sequence = newSequence;
  }

  void setLastRound(long round) {
    lastRound = round;
  }

  /** Told how long a task is to be left alone. */
  @FunctionalInterface
  interface Paused {
    void afterStep(ScheduledTask task, long pauseMillis);
  }
}
