package dev.varve.log;

import dev.varve.log.error.LogClosedException;
import dev.varve.log.error.LogException;
import dev.varve.log.error.LogFailedException;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.BackoffIdleStrategy;

/**
 * A daemon thread that does the background work of one log. A step that fails is reported and tried
 * again, less often each time it fails again; only the failure or the close of the log ends the
 * thread.
 *
 * <p>Thread safety: {@link #close} may come from any thread but this one.
 */
final class MaintenanceThread implements AutoCloseable {
  private static final long PARK_NANOS_MIN = 10_000;
  private static final long PARK_NANOS_MAX = 1_000_000;

  /** With a park of a millisecond between steps, a failing step is tried every second at least. */
  private static final int STEPS_BETWEEN_TRIES_MAX = 1024;

  private final AgentRunner runner;

  private MaintenanceThread(AgentRunner runner) {
    this.runner = runner;
  }

  static MaintenanceThread start(CommitLog log, LogListener listener) {
    AgentRunner runner =
        new AgentRunner(
            new BackoffIdleStrategy(0, 0, PARK_NANOS_MIN, PARK_NANOS_MAX),
            error -> {
              if (!(error instanceof AgentTerminationException)) {
                listener.maintenanceFailed("maintenance", error);
              }
            },
            null,
            new LogAgent(log, listener));
    Thread thread = new Thread(runner, "varve-maintenance " + log.directory());
    thread.setDaemon(true);
    thread.start();
    return new MaintenanceThread(runner);
  }

  @Override
  public void close() {
    // A step may take long; it is waited for, and nothing is printed meanwhile.
    runner.close(AgentRunner.RETRY_CLOSE_TIMEOUT_MS, _ -> {});
  }

  /** One step of the work. An exception would make the runner go on at once, so none leaves it. */
  private static final class LogAgent implements Agent {
    private final CommitLog log;
    private final LogListener listener;
    private int stepsBetweenTries = 1;
    private int stepsToSkip;

    LogAgent(CommitLog log, LogListener listener) {
      this.log = log;
      this.listener = listener;
    }

    @Override
    public int doWork() {
      if (stepsToSkip > 0) {
        stepsToSkip--;
        return 0;
      }
      try {
        int work = log.maintenance();
        stepsBetweenTries = 1;
        return work;
      } catch (LogFailedException | LogClosedException e) {
        throw new AgentTerminationException(e); // the listener knows
      } catch (LogException e) {
        listener.maintenanceFailed("maintenance", e);
        stepsToSkip = stepsBetweenTries;
        stepsBetweenTries = Math.min(2 * stepsBetweenTries, STEPS_BETWEEN_TRIES_MAX);
        return 0;
      }
    }

    @Override
    public String roleName() {
      return "varve-maintenance";
    }
  }
}
