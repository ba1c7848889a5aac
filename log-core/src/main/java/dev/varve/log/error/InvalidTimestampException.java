package dev.varve.log.error;

/**
 * A record's timestamp is further from now than {@code message.timestamp.before.max.ms} or {@code
 * message.timestamp.after.max.ms} allows. Nothing was appended.
 */
public final class InvalidTimestampException extends LogException {
  private static final long serialVersionUID = 1L;

  private final long timestamp;

  /** Names the timestamp, now, and what is allowed, in milliseconds. */
  public InvalidTimestampException(
      String log, long timestamp, long nowMillis, long beforeMaxMillis, long afterMaxMillis) {
    super(
        log
            + ": found a record with timestamp "
            + timestamp
            + ", expected "
            + (nowMillis - beforeMaxMillis)
            + " to "
            + saturatedSum(nowMillis, afterMaxMillis)
            + " (now is "
            + nowMillis
            + ", message.timestamp.before.max.ms is "
            + beforeMaxMillis
            + ", message.timestamp.after.max.ms is "
            + afterMaxMillis
            + ")");
    this.timestamp = timestamp;
  }

  private static long saturatedSum(long a, long b) {
    return b > Long.MAX_VALUE - a ? Long.MAX_VALUE : a + b;
  }

  /** The timestamp, in milliseconds since the epoch. */
  public long timestamp() {
    return timestamp;
  }
}
