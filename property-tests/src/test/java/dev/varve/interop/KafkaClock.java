package dev.varve.interop;

import java.util.PriorityQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.Scheduler;

/**
 * Time for Kafka's classes that passes only when a test says so, and the background work that hangs
 * on it. Work without a delay is done at once on the caller's thread, other work when its time has
 * come in {@link #advance}. Periodic work is left out: a test asks for what it wants.
 *
 * <p>Thread safety: none; one thread drives the log and its clock.
 */
final class KafkaClock implements Time {
  private final PriorityQueue<Task> tasks = new PriorityQueue<>();
  private final Scheduler scheduler = new ClockScheduler();
  private long nowMillis;
  private long tasksScheduled;

  KafkaClock(long startMillis) {
    this.nowMillis = startMillis;
  }

  Scheduler scheduler() {
    return scheduler;
  }

  /** Lets time pass and does what falls due on the way, in its order. */
  void advance(long millis) {
    long endMillis = Math.addExact(nowMillis, millis);
    for (Task next = tasks.peek();
        next != null && next.dueMillis <= endMillis;
        next = tasks.peek()) {
      tasks.remove();
      nowMillis = Math.max(nowMillis, next.dueMillis);
      next.runAndReport();
    }
    nowMillis = endMillis;
  }

  /** Does all that is still waiting, without a change of the time. */
  void runWaiting() {
    for (Task next = tasks.poll(); next != null; next = tasks.poll()) {
      next.runAndReport();
    }
  }

  @Override
  public long milliseconds() {
    return nowMillis;
  }

  @Override
  public long nanoseconds() {
    return TimeUnit.MILLISECONDS.toNanos(nowMillis);
  }

  @Override
  public void sleep(long millis) {
    advance(millis);
  }

  private final class ClockScheduler implements Scheduler {
    @Override
    public void startup() {}

    @Override
    public void shutdown() {}

    @Override
    public void resizeThreadPool(int threads) {}

    @Override
    public ScheduledFuture<?> schedule(
        String name, Runnable work, long delayMillis, long periodMillis) {
      Task task = new Task(name, work, Math.addExact(nowMillis, Math.max(0, delayMillis)));
      boolean periodic = periodMillis > 0;
      if (!periodic && delayMillis <= 0) {
        task.runAndReport();
      } else if (!periodic) {
        tasks.add(task);
      }
      return task;
    }
  }

  /** One piece of background work; those due at the same time run in the order they came in. */
  private final class Task extends FutureTask<Boolean> implements ScheduledFuture<Boolean> {
    private final String name;
    private final long dueMillis;
    private final long order = tasksScheduled++;

    Task(String name, Runnable work, long dueMillis) {
      super(work, true);
      this.name = name;
      this.dueMillis = dueMillis;
    }

    void runAndReport() {
      run();
      if (state() == State.FAILED) {
        throw new IllegalStateException("Kafka's background work failed: " + name, exceptionNow());
      }
    }

    @Override
    public long getDelay(TimeUnit unit) {
      return unit.convert(dueMillis - nowMillis, TimeUnit.MILLISECONDS);
    }

    @Override
    public int compareTo(Delayed other) {
      Task that = (Task) other;
      return dueMillis != that.dueMillis
          ? Long.compare(dueMillis, that.dueMillis)
          : Long.compare(order, that.order);
    }
  }
}
