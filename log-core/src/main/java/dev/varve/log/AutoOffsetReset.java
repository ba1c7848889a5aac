package dev.varve.log;

/**
 * What a reader does that is told to read an offset which the log does not have, most often because
 * the start of the log has passed it: Kafka's {@code auto.offset.reset}.
 */
public enum AutoOffsetReset {
  /** It throws {@link dev.varve.log.error.OffsetOutOfRangeException}, which has the range. */
  NONE,
  /** It goes on at the start of the log. */
  EARLIEST,
  /** It goes on at the end of what it may see, with what is appended from then on. */
  LATEST
}
