package dev.varve.log;

import dev.varve.log.maintenance.Maintenance;
import dev.varve.log.maintenance.MaintenanceTask;
import dev.varve.log.maintenance.ScheduledTask;
import dev.varve.log.maintenance.TaskStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The background work of one log, and where it is done: on threads of the log's own, on what the
 * embedder has its logs share, or in the embedder's calls of {@link CommitLog#maintenance}.
 *
 * <p>Thread safety: {@link #start} and {@link #stop} are for one thread at a time; the rest is
 * safe.
 */
final class LogMaintenance {
  private static final String KEEPER = "keeper";
  private static final String TIMEOUTS = "transaction time-outs";

  /** A pause of a scrub is overslept by no more. */
  private static final long SHARED_SCRUB_IDLE_MILLIS = 16;

  /** A log of its own is looked at as often as its threads go round. */
  private static final long OWN_IDLE_MILLIS = 1;

  /**
   * What is in no hurry is looked at once a second. A thousand idle logs then have 23,000 steps a
   * second, which took 3 % of the time of a processor (2 cores, AMD EPYC, 2026). Looked at ten
   * times a second, they would have twice as many steps.
   */
  private static final long SHARED_SLOW_IDLE_MILLIS = 1000;

  /** How often a log looks within the interval at which something is to be done. */
  private static final int LOOKS_PER_INTERVAL = 8;

  private final LogOptions options;
  private final String subject;
  private final List<LogTask> tasks = new ArrayList<>();
  private final List<Maintenance> own = new ArrayList<>();
  private final List<ScheduledTask> scheduled = new ArrayList<>();
  private volatile @Nullable ScheduledTask keeping;

  LogMaintenance(LogOptions options, String subject) {
    this.options = options;
    this.subject = subject;
  }

  /**
   * Adds what prepares space ahead of the writer. Who begins to write to a log that was idle
   * prepares it himself for a while.
   */
  LogMaintenance space(IntSupplier work) {
    return add("space", MaintenanceTask.IDLE_MILLIS_MAX_DEFAULT, () -> 0, work);
  }

  /**
   * Adds what forces, settles and reclaims.
   *
   * @param durability as the log is configured now
   */
  LogMaintenance keeper(Supplier<Durability> durability, LongSupplier backlog, IntSupplier work) {
    LongSupplier idleMillis =
        () ->
            withinInterval(
                durability.get() instanceof Durability.Every every
                    ? every.intervalMillis()
                    : Long.MAX_VALUE,
                MaintenanceTask.IDLE_MILLIS_MAX_DEFAULT);
    return add(KEEPER, idleMillis, backlog, work);
  }

  /** Adds what ends transactions that are open for too long. */
  LogMaintenance transactionTimeouts(IntSupplier work) {
    long timeoutMillis = options.transactionTimeoutMillis();
    long idleMillis =
        withinInterval(
            timeoutMillis == 0 ? Long.MAX_VALUE : timeoutMillis, SHARED_SLOW_IDLE_MILLIS);
    return add(TIMEOUTS, idleMillis, () -> 0, work);
  }

  /** Adds what forgets idle producers. */
  LogMaintenance producers(IntSupplier work) {
    return add("producers", SHARED_SLOW_IDLE_MILLIS, () -> 0, work);
  }

  /** Adds what reads sealed segments again, often enough to keep its rate. */
  LogMaintenance scrub(IntSupplier work) {
    long idleMillis =
        options.scrubBytesPerSecondMax() == 0 ? SHARED_SLOW_IDLE_MILLIS : SHARED_SCRUB_IDLE_MILLIS;
    return add("scrub", idleMillis, () -> 0, work);
  }

  private static long withinInterval(long intervalMillis, long idleMillisMax) {
    return Math.min(intervalMillis / LOOKS_PER_INTERVAL, idleMillisMax);
  }

  private LogMaintenance add(
      String name, long sharedIdleMillis, LongSupplier backlog, IntSupplier work) {
    return add(name, () -> sharedIdleMillis, backlog, work);
  }

  private LogMaintenance add(
      String name, LongSupplier sharedIdleMillis, LongSupplier backlog, IntSupplier work) {
    LongSupplier idleMillis =
        options.maintenance() == null
            ? () -> Math.min(OWN_IDLE_MILLIS, sharedIdleMillis.getAsLong())
            : sharedIdleMillis;
    tasks.add(new LogTask(name, subject, options.listener(), idleMillis, backlog, work));
    return this;
  }

  /** Has the work done from now on, unless the embedder does it. */
  void start() {
    Maintenance shared = options.maintenance();
    if (shared != null) {
      tasks.forEach(task -> schedule(shared, task));
    } else if (options.ownMaintenanceThreads()) {
      // Two, so that space ahead of the writer does not wait for a force.
      LogTask space = tasks.getFirst();
      schedule(ownThread(space), space);
      Maintenance others = ownThread(tasks.get(1));
      tasks.stream().skip(1).forEach(task -> schedule(others, task));
    }
  }

  private Maintenance ownThread(LogTask namedAfter) {
    Maintenance maintenance =
        Maintenance.onThread("varve-" + namedAfter.roleName() + " " + subject);
    own.add(maintenance);
    return maintenance;
  }

  private void schedule(Maintenance maintenance, LogTask task) {
    ScheduledTask added = maintenance.add(task);
    scheduled.add(added);
    if (task.roleName().equals(KEEPER)) {
      keeping = added;
    }
  }

  /**
   * Does a step of each task; the keeper may fail again and again, and keeps none from its turn.
   */
  int runOnce() {
    int done = 0;
    for (LogTask task : tasks) {
      boolean late = task.roleName().equals(KEEPER) || task.roleName().equals(TIMEOUTS);
      done += late ? 0 : task.work().getAsInt();
    }
    try {
      done += runOnce(KEEPER);
    } finally {
      done += runOnce(TIMEOUTS);
    }
    return done;
  }

  private int runOnce(String roleName) {
    for (LogTask task : tasks) {
      if (task.roleName().equals(roleName)) {
        return task.work().getAsInt();
      }
    }
    return 0;
  }

  /** Ends the work, after the step that is under way. */
  void stop() {
    own.forEach(Maintenance::close);
    scheduled.forEach(ScheduledTask::close);
  }

  /** Has the keeper look soon: somebody waits for a force. */
  void wakeKeeper() {
    ScheduledTask keeper = keeping;
    if (keeper != null) {
      keeper.wake();
    }
  }

  /** How the tasks fare; empty if the embedder does the work. */
  List<TaskStatus> status() {
    return scheduled.stream().map(ScheduledTask::status).toList();
  }
}
