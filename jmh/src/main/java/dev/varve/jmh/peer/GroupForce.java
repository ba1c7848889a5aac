package dev.varve.jmh.peer;

import java.io.IOException;

/**
 * Group commit at its simplest: whoever comes first forces for all that was written by then, and
 * those who wait for it find their bytes forced.
 *
 * <p>Thread safety: safe.
 */
final class GroupForce {
  private final Force force;
  private long forcedBytes;

  GroupForce(Force force) {
    this.force = force;
  }

  /**
   * Returns when so many bytes are forced.
   *
   * @param writtenBytes how many bytes were written, among them those that matter to the caller
   * @param end how many bytes are written now
   */
  synchronized void await(long writtenBytes, End end) throws IOException {
    if (forcedBytes < writtenBytes) {
      long endBytes = end.bytes();
      force.force();
      forcedBytes = endBytes;
    }
  }

  /** Forces all that was written. */
  interface Force {
    void force() throws IOException;
  }

  /** How many bytes are written. */
  interface End {
    long bytes();
  }
}
