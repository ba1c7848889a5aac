package dev.varve.log;

import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.BackoffIdleStrategy;

/**
 * A daemon thread that does the background work of one log. A step that fails is reported and tried
 * again; it never ends the thread.
 *
 * <p>Thread safety: {@link #close} may come from any thread but this one.
 */
final class MaintenanceThread implements AutoCloseable {
  private static final long PARK_NANOS_MIN = 10_000;
  private static final long PARK_NANOS_MAX = 1_000_000;

  private final AgentRunner runner;

  private MaintenanceThread(AgentRunner runner) {
    this.runner = runner;
  }

  static MaintenanceThread start(CommitLog log, LogListener listener) {
    AgentRunner runner =
        new AgentRunner(
            new BackoffIdleStrategy(0, 0, PARK_NANOS_MIN, PARK_NANOS_MAX),
            error -> listener.maintenanceFailed("maintenance", error),
            null,
            new LogAgent(log));
    Thread thread = new Thread(runner, "varve-maintenance " + log.directory());
    thread.setDaemon(true);
    thread.start();
    return new MaintenanceThread(runner);
  }

  @Override
  public void close() {
    runner.close();
  }

  private record LogAgent(CommitLog log) implements Agent {
    @Override
    public int doWork() {
      return log.maintenance();
    }

    @Override
    public String roleName() {
      return "varve-maintenance";
    }
  }
}
