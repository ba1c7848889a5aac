package dev.varve.retention;

import java.time.Duration;

/**
 * How much the readers of a log may hold back retention.
 *
 * @param bytesMax how many bytes of batches a lease may keep, counted in whole segments from the
 *     one that it holds to the end of the log
 * @param idleMax for how long a lease is good without progress, while something lies below the last
 *     stable offset that was not read
 */
public record LeaseLimits(long bytesMax, Duration idleMax) {
  /** The longest time that can be counted in milliseconds beside a time: 100 million years. */
  private static final Duration FOREVER = Duration.ofMillis(Long.MAX_VALUE / 3);

  /** Refuses negative limits. */
  public LeaseLimits {
    if (bytesMax < 0 || idleMax.isNegative()) {
      throw new IllegalArgumentException(
          "found a lease of "
              + bytesMax
              + " bytes and "
              + idleMax
              + ", expected 0 or more of each");
    }
  }

  long idleMillisMax() {
    return idleMax.compareTo(FOREVER) < 0 ? idleMax.toMillis() : FOREVER.toMillis();
  }
}
