package dev.varve.log;

import java.time.Duration;

/**
 * When what was appended is forced to the disk, without being asked. Whatever is chosen, {@link
 * CommitLog#flush} and {@link CommitLog#awaitDurable} force at once, and callers that wait at the
 * same time share one force.
 */
public sealed interface Durability {

  /** Only when asked, and when a segment is rolled or the log closed. Kafka's default. */
  Durability EXPLICIT = new Explicit();

  /** Before each append returns ({@code flush.messages=1}). */
  Durability PER_APPEND = new PerAppend();

  /**
   * In the background, so that nothing written stays unforced for longer ({@code flush.ms}).
   *
   * @param interval at least 1 ms
   */
  static Durability every(Duration interval) {
    return new Every(interval.toMillis());
  }

  /** See {@link #EXPLICIT}. */
  record Explicit() implements Durability {}

  /** See {@link #PER_APPEND}. */
  record PerAppend() implements Durability {}

  /**
   * See {@link #every}.
   *
   * @param intervalMillis the longest that a record stays unforced, 1 or more
   */
  record Every(long intervalMillis) implements Durability {
    /** Refuses an interval below 1 ms. */
    public Every {
      if (intervalMillis < 1) {
        throw new IllegalArgumentException(
            "flush interval of " + intervalMillis + " ms, expected 1 or more");
      }
    }
  }
}
