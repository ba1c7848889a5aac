package dev.varve.log.maintenance;

import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

/**
 * A daemon thread that does round after round until it is closed. An interrupt, which is never
 * ours, is forgotten. (Agrona's runner ends at an interrupt, and ends with one: a step in the midst
 * of a force is not to be disturbed.)
 *
 * <p>Thread safety: {@link #close} may come from any thread but this one.
 */
final class MaintenanceThread implements AutoCloseable {
  private static final long PARK_NANOS_MIN = 10_000;
  private static final long PARK_NANOS_MAX = 1_000_000;

  private final IntSupplier round;
  private final Thread thread;
  private volatile boolean closing;

  private MaintenanceThread(String name, IntSupplier round) {
    this.round = round;
    this.thread = new Thread(this::run, name);
    this.thread.setDaemon(true);
  }

  /**
   * Starts a thread.
   *
   * @param round does what is due, and returns how much it did
   */
  static MaintenanceThread start(String name, IntSupplier round) {
    MaintenanceThread started = new MaintenanceThread(name, round);
    started.thread.start();
    return started;
  }

  private void run() {
    IdleStrategy idle = new BackoffIdleStrategy(0, 0, PARK_NANOS_MIN, PARK_NANOS_MAX);
    while (!closing) {
      Thread.interrupted(); // with the status set, no idling would pause
      idle.idle(round());
    }
  }

  /** A round fails when the clock does, or memory is short for a moment. */
  private int round() {
    try {
      return round.getAsInt();
    } catch (Throwable e) {
      return 0; // the next is tried after a pause; there is nobody to tell
    }
  }

  /** Ends a pause between two rounds. */
  void unpark() {
    LockSupport.unpark(thread);
  }

  /** Waits for the step that is under way, however long it takes, and keeps an interrupt. */
  @Override
  public void close() {
    closing = true;
    unpark();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
