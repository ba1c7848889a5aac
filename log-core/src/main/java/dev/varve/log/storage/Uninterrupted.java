package dev.varve.log.storage;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;

/**
 * Runs calls on file channels to their end although the thread is interrupted.
 *
 * <p>A channel closes itself under an interrupted thread, which would take the file away from every
 * other thread. So the interrupt status is taken down for the call, a call that an interrupt breaks
 * off, by its own thread or another's, is made again on a new channel, and the status is put back
 * at the end. The calls must therefore be ones that can be made twice; a force is none.
 */
final class Uninterrupted {
  private Uninterrupted() {}

  static <T> T call(Call<T> call) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try {
          return call.run();
        } catch (ClosedChannelException e) {
          interrupted |= Thread.interrupted();
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Something to run. */
  @FunctionalInterface
  interface Call<T> {
    T run() throws IOException;
  }
}
