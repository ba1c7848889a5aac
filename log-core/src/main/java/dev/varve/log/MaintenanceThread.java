package dev.varve.log;

import dev.varve.log.error.LogClosedException;
import dev.varve.log.error.LogException;
import dev.varve.log.error.LogFailedException;
import java.nio.file.Path;
import java.util.function.IntSupplier;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.BackoffIdleStrategy;

/**
 * A daemon thread that does a part of the background work of one log. A step that fails is reported
 * and tried again, less often each time it fails again; only the failure or the close of the log
 * ends the thread.
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

  /**
   * Starts a thread.
   *
   * @param part what it does, for the listener and the name of the thread
   * @param log which log it does it for
   * @param work does what can be done now, and returns how much that was
   */
  static MaintenanceThread start(String part, Path log, IntSupplier work, LogListener listener) {
    AgentRunner runner =
        new AgentRunner(
            new BackoffIdleStrategy(0, 0, PARK_NANOS_MIN, PARK_NANOS_MAX),
            error -> {
              if (!(error instanceof AgentTerminationException)) {
                listener.maintenanceFailed(part, error);
              }
            },
            null,
            new Steps(part, work, listener));
    Thread thread = new Thread(runner, "varve-" + part + " " + log);
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
  private static final class Steps implements Agent {
    private final String part;
    private final IntSupplier work;
    private final LogListener listener;
    private int stepsBetweenTries = 1;
    private int stepsToSkip;

    Steps(String part, IntSupplier work, LogListener listener) {
      this.part = part;
      this.work = work;
      this.listener = listener;
    }

    @Override
    public int doWork() {
      if (stepsToSkip > 0) {
        stepsToSkip--;
        return 0;
      }
      try {
        int done = work.getAsInt();
        stepsBetweenTries = 1;
        return done;
      } catch (LogFailedException | LogClosedException e) {
        throw new AgentTerminationException(e); // the listener knows
      } catch (LogException e) {
        listener.maintenanceFailed(part, e);
        stepsToSkip = stepsBetweenTries;
        stepsBetweenTries = Math.min(2 * stepsBetweenTries, STEPS_BETWEEN_TRIES_MAX);
        return 0;
      }
    }

    @Override
    public String roleName() {
      return part;
    }
  }
}
