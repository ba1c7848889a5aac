package dev.varve.cli;

import java.util.concurrent.CountDownLatch;

/**
 * Ctrl-C, for a command that works in steps: it ends what it does in order, and says how far it
 * came, before the process ends with the status of the signal.
 *
 * {@snippet :
 * try (Interrupt interrupt = Interrupt.watch()) {
 *   while (interrupt.goesOn() && step()) {}
 *   report();
 * }
 * }
 */
final class Interrupt implements AutoCloseable {
  private final CountDownLatch done = new CountDownLatch(1);
  private final Thread hook = new Thread(this::await, "interrupt");
  private volatile boolean interrupted;

  private Interrupt() {}

  /** Waits for one from now on. To be closed, by the thread that works. */
  static Interrupt watch() {
    Interrupt interrupt = new Interrupt();
    Runtime.getRuntime().addShutdownHook(interrupt.hook);
    return interrupt;
  }

  /** Whether there was none yet. */
  boolean goesOn() {
    return !interrupted;
  }

  private void await() {
    interrupted = true;
    try {
      done.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the process ends now
    }
  }

  /** Lets the process end. */
  @Override
  public void close() {
    done.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // the process ends already
    }
  }
}
