package dev.varve.log;

import dev.varve.log.error.LogClosedException;
import dev.varve.log.error.LogFailedException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

/**
 * A daemon thread that does parts of the background work of one log, in turn. Only the failure or
 * the close of the log ends it: a part that fails in whatever way is reported and tried again, and
 * an interrupt, which is never ours, is forgotten.
 *
 * <p>Thread safety: {@link #close} may come from any thread but this one.
 */
final class MaintenanceThread implements AutoCloseable {
  private static final long PARK_NANOS_MIN = 10_000;
  private static final long PARK_NANOS_MAX = 1_000_000;

  private final List<Part> parts;
  private final Thread thread;
  private volatile boolean closing;

  private MaintenanceThread(String name, List<Part> parts) {
    this.parts = parts;
    this.thread = new Thread(this::run, name);
    this.thread.setDaemon(true);
  }

  /** Starts a thread for a log, which is named after the first part. */
  static MaintenanceThread start(Path log, Part... parts) {
    MaintenanceThread started =
        new MaintenanceThread("varve-" + parts[0].name + " " + log, List.of(parts));
    started.thread.start();
    return started;
  }

  private void run() {
    IdleStrategy idle = new BackoffIdleStrategy(0, 0, PARK_NANOS_MIN, PARK_NANOS_MAX);
    try {
      while (!closing) {
        Thread.interrupted(); // with the status set, no idling would pause
        int done = 0;
        for (Part part : parts) {
          done += part.step();
        }
        idle.idle(done);
      }
    } catch (LogFailedException | LogClosedException e) {
      // The end of the log; the listener knows.
    }
  }

  /** Waits for the step that is under way, however long it takes, and keeps an interrupt. */
  @Override
  public void close() {
    closing = true;
    LockSupport.unpark(thread);
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

  /** A part of the work, which is tried less often each time it fails again. */
  static final class Part {
    /** With a park of a millisecond between steps, a failing part is tried every second or so. */
    private static final int STEPS_BETWEEN_TRIES_MAX = 1024;

    private final String name;
    private final LogListener listener;
    private final IntSupplier work;
    private int stepsBetweenTries = 1;
    private int stepsToSkip;

    /**
     * Has not been tried yet.
     *
     * @param name what it does, for the listener
     * @param work does what can be done now, and returns how much that was
     */
    Part(String name, LogListener listener, IntSupplier work) {
      this.name = name;
      this.listener = listener;
      this.work = work;
    }

    /**
     * Does what can be done now, unless it failed not long ago.
     *
     * @return how much was done
     * @throws LogFailedException if there is no more work, for the log has failed
     * @throws LogClosedException if there is no more work, for the log was closed
     */
    int step() {
      if (stepsToSkip > 0) {
        stepsToSkip--;
        return 0;
      }
      try {
        int done = work.getAsInt();
        stepsBetweenTries = 1;
        return done;
      } catch (LogFailedException | LogClosedException e) {
        throw e;
      } catch (Throwable e) {
        stepsToSkip = stepsBetweenTries;
        stepsBetweenTries = Math.min(2 * stepsBetweenTries, STEPS_BETWEEN_TRIES_MAX);
        report(e);
        return 0;
      }
    }

    private void report(Throwable failure) {
      try {
        listener.maintenanceFailed(name, failure);
      } catch (Throwable e) {
        // It must not throw, and there is nobody else to tell.
      }
    }
  }
}
