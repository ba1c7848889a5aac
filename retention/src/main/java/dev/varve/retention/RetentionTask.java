package dev.varve.retention;

import dev.varve.log.error.LogClosedException;
import dev.varve.log.error.LogFailedException;
import dev.varve.log.maintenance.MaintenanceTask;
import java.time.Duration;
import org.agrona.concurrent.AgentTerminationException;

/**
 * Applies a policy to a log in the background: looks every now and then, and gives up some segments
 * in each step until all that has to go is gone. It ends when the log has failed or was closed.
 *
 * {@snippet :
 * LogRetention retention = new LogRetention(log, policy, leases, clock);
 * maintenance.add(new RetentionTask(retention, RetentionTask.CHECK_INTERVAL_DEFAULT));
 * }
 *
 * <p>Thread safety: as {@link MaintenanceTask} asks for.
 */
public final class RetentionTask implements MaintenanceTask {
  /** Kafka's {@code log.retention.check.interval.ms}. */
  public static final Duration CHECK_INTERVAL_DEFAULT = Duration.ofMinutes(5);

  /** Each has up to five files to rename and to unlink, which takes some microseconds each. */
  static final int STEP_SEGMENTS_MAX = 50;

  private final LogRetention retention;
  private final long checkIntervalMillis;
  private volatile long backlog;

  /**
   * For one log.
   *
   * @param checkInterval how often to look at the least while nothing has to go
   * @throws IllegalArgumentException if that is negative
   */
  public RetentionTask(LogRetention retention, Duration checkInterval) {
    if (checkInterval.isNegative()) {
      throw new IllegalArgumentException(
          "the check interval is " + checkInterval + ", expected 0 or more");
    }
    this.retention = retention;
    this.checkIntervalMillis = checkInterval.toMillis();
  }

  @Override
  public int doWork() {
    try {
      LogRetention.Step step = retention.step(STEP_SEGMENTS_MAX);
      backlog = step.segmentsLeft();
      return step.done().going().size();
    } catch (LogClosedException | LogFailedException e) {
      throw new AgentTerminationException(e);
    }
  }

  @Override
  public String roleName() {
    return "retention";
  }

  @Override
  public String subject() {
    return retention.logName();
  }

  /** The segments that were still to go after the last step. */
  @Override
  public long backlog() {
    return backlog;
  }

  @Override
  public long idleMillisMax() {
    return checkIntervalMillis;
  }
}
