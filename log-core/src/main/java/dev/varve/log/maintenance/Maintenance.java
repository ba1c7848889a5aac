package dev.varve.log.maintenance;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemEpochClock;
import org.agrona.concurrent.SystemNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * Drives the background work of any number of logs: on one daemon thread of its own, or in rounds
 * of the caller's.
 *
 * {@snippet :
 * try (Maintenance maintenance = Maintenance.onThread("maintenance")) {
 *   LogOptions options = LogOptions.builder().maintenance(maintenance).build();
 *   try (CommitLog orders = CommitLog.open(path, options);
 *       ScheduledTask retention = maintenance.add(new Retention(orders, newStart))) {
 *     serve(orders);
 *   }
 * }
 * }
 *
 * <p>In a round each task that is due does one step, in the order in which they became due, so that
 * none starves another. One that has nothing to do is left alone for a while, and longer each time,
 * up to what it allows; one that fails likewise, up to a second. So a round costs what is due in
 * it, not what there is.
 *
 * <p>Whatever a task throws is kept in its {@link TaskStatus} and told to the task; it ends neither
 * the thread nor any other task.
 *
 * <p>Thread safety: safe for use by several threads. Rounds never overlap.
 */
public final class Maintenance implements AutoCloseable {
  // Constant after construction.
  private final EpochClock clock;
  private final NanoClock stopwatch;
  private final ScheduledTask.Paused afterStep = this::putBack;

  /** Held during a round. */
  private final ReentrantLock roundLock = new ReentrantLock();

  private final Object lock = new Object();

  /** All that were added and not closed, in that order. */
  @GuardedBy("lock")
  private final Set<ScheduledTask> tasks = new LinkedHashSet<>();

  /** Those that wait for their time: all but the one that has its step, and those that ended. */
  @GuardedBy("lock")
  private final PriorityQueue<ScheduledTask> queue = new PriorityQueue<>(Maintenance::compare);

  @GuardedBy("lock")
  private long sequence;

  @GuardedBy("lock")
  private long round;

  @GuardedBy("lock")
  private long roundMillis = Long.MIN_VALUE;

  private volatile boolean closed;
  private volatile @Nullable MaintenanceThread thread;

  private Maintenance(EpochClock clock, NanoClock stopwatch) {
    this.clock = clock;
    this.stopwatch = stopwatch;
  }

  /** By when they are due, and then by who waits longer. */
  private static int compare(ScheduledTask one, ScheduledTask other) {
    int byTime = Long.compare(one.dueMillis(), other.dueMillis());
    return byTime != 0 ? byTime : Long.compare(one.sequence(), other.sequence());
  }

  /** On a daemon thread of its own, by the clock of the system. To be closed. */
  public static Maintenance onThread(String threadName) {
    Maintenance maintenance = new Maintenance(SystemEpochClock.INSTANCE, SystemNanoClock.INSTANCE);
    maintenance.thread = MaintenanceThread.start(threadName, maintenance::runOnce);
    return maintenance;
  }

  /**
   * Driven by the caller, who calls {@link #runOnce} from time to time.
   *
   * @param clock says when a task is due
   */
  public static Maintenance byCaller(EpochClock clock) {
    return byCaller(clock, SystemNanoClock.INSTANCE);
  }

  /**
   * Driven by the caller, with a stopwatch of the caller's, too.
   *
   * @param clock says when a task is due
   * @param stopwatch measures how long steps take, in nanoseconds
   */
  public static Maintenance byCaller(EpochClock clock, NanoClock stopwatch) {
    return new Maintenance(clock, stopwatch);
  }

  /**
   * Adds a task, which is due at once.
   *
   * @return with which the task is woken, looked at, and taken out
   * @throws IllegalStateException if this was closed
   */
  @CanIgnoreReturnValue
  public ScheduledTask add(MaintenanceTask task) {
    ScheduledTask scheduled = new ScheduledTask(this, task);
    synchronized (lock) {
      if (closed) {
        throw new IllegalStateException(
            "maintenance was closed, so that " + task.roleName() + " cannot be added");
      }
      tasks.add(scheduled);
      enqueue(scheduled, clock.time());
    }
    unpark();
    return scheduled;
  }

  @GuardedBy("lock")
  private void enqueue(ScheduledTask task, long dueMillis) {
    task.setDue(dueMillis, sequence++);
    queue.add(task);
  }

  void remove(ScheduledTask task) {
    synchronized (lock) {
      if (tasks.remove(task)) {
        queue.remove(task);
      }
    }
  }

  /** Makes a task due now; one that has its step is due when it is put back. */
  void hurry(ScheduledTask task) {
    synchronized (lock) {
      long now = clock.time(); // before the task is nowhere
      if (queue.remove(task)) {
        enqueue(task, now);
      }
    }
    unpark();
  }

  private void unpark() {
    MaintenanceThread driver = thread;
    if (driver != null) {
      driver.unpark();
    }
  }

  /**
   * Does one round: a step of each task that is due. Waits for a round that another thread does.
   *
   * @return how much was done, by the measures of the tasks; 0 if nothing can be done now
   */
  @CanIgnoreReturnValue
  public int runOnce() {
    roundLock.lock();
    try {
      begin();
      long done = 0;
      for (ScheduledTask task = next(); task != null; task = next()) {
        done += step(task);
      }
      return (int) Math.min(done, Integer.MAX_VALUE);
    } finally {
      roundLock.unlock();
    }
  }

  /** Whatever fails in what is around a step, a clock or the memory, the task is not lost. */
  private int step(ScheduledTask task) {
    boolean returned = false;
    try {
      int done = task.step(clock, stopwatch, afterStep);
      returned = true;
      return done;
    } finally {
      if (!returned) {
        putBackWithoutClock(task);
      }
    }
  }

  private void putBackWithoutClock(ScheduledTask task) {
    synchronized (lock) {
      if (!task.isOver() && tasks.contains(task) && !queue.contains(task)) {
        enqueue(task, roundMillis + ScheduledTask.BACK_OFF_MILLIS_MAX);
      }
    }
  }

  /** A clock that was set back makes all due: nobody is to wait until it has caught up. */
  private void begin() {
    synchronized (lock) {
      long now = clock.time();
      if (now < roundMillis) {
        List<ScheduledTask> all = new ArrayList<>(queue);
        queue.clear();
        all.forEach(task -> task.setDue(now, task.sequence()));
        queue.addAll(all);
      }
      roundMillis = now;
      round++;
    }
  }

  /** The next that is due and had no step in this round; null if there is none. */
  private @Nullable ScheduledTask next() {
    synchronized (lock) {
      ScheduledTask first = queue.peek();
      if (closed || first == null || first.dueMillis() > roundMillis) {
        return null;
      }
      if (first.lastRound() == round) {
        return null; // and so had all behind it, which were put back later
      }
      first.setLastRound(round);
      return queue.poll();
    }
  }

  private void putBack(ScheduledTask task, long pauseMillis) {
    synchronized (lock) {
      if (!task.isOver() && tasks.contains(task)) {
        enqueue(task, clock.time() + (task.isWoken() ? 0 : pauseMillis));
      }
    }
  }

  /** How all tasks fare, in the order in which they were added. */
  public List<TaskStatus> status() {
    List<ScheduledTask> all;
    synchronized (lock) {
      all = List.copyOf(tasks);
    }
    return all.stream().map(ScheduledTask::status).toList();
  }

  /**
   * Ends all work, after the step that is under way, however long it takes. What the tasks work on
   * stays as it is. Not to be called by a task. Doing it twice is harmless.
   */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
    }
    MaintenanceThread driver = thread;
    if (driver != null) {
      driver.close();
    }
    roundLock.lock(); // a round of a caller
    try {
      synchronized (lock) {
        queue.clear(); // nobody will be asked again
      }
    } finally {
      roundLock.unlock();
    }
  }
}
