package dev.varve.retention;

import dev.varve.log.SegmentInfo;
import java.time.Instant;

/**
 * The time from which the age of a segment counts, and how it is known.
 *
 * <pre>
 *   largest timestamp        the segment's time is
 *   none                     that of its last append
 *   at or before now         the timestamp (as in Kafka)
 *   in the future            the timestamp or the last append, whichever is earlier
 * </pre>
 *
 * <p>When the last append was, the file of the segment says; if that lies in the future, too, the
 * next file that says something else, as nothing was appended to the segment after that one was
 * begun. For the last segment {@link LogRetention} knows since when its end has not moved.
 *
 * <p>So a record from the future keeps its segment for no longer than any other would, counted from
 * its append (in Kafka: until that future has come and gone), even if the clock of the machine went
 * wrong with it; and one from the past does not take fresh ones of the same segment or of later
 * ones with it: the largest timestamp counts, and a segment that stays keeps all behind it.
 *
 * @param millis since the epoch
 * @param known how, in words
 */
record SegmentTime(long millis, String known) {

  /**
   * That of a segment.
   *
   * @param index which of the log's
   */
  static SegmentTime of(LogFacts log, int index) {
    long now = log.nowMillis();
    long newest = log.segments().get(index).timestampMax();
    long appended = lastAppend(log, index);
    if (newest < 0) {
      return new SegmentTime(
          appended, "no record has a timestamp, and the last append was by " + at(appended));
    }
    if (newest <= now || newest <= appended) {
      return new SegmentTime(newest, "the newest record is of " + at(newest));
    }
    return new SegmentTime(
        appended,
        "the newest record is of " + at(newest) + ", and the last append was by " + at(appended));
  }

  /** By when the last append was: in the future only if no file knows better. */
  private static long lastAppend(LogFacts log, int index) {
    for (SegmentInfo segment : log.segments().subList(index, log.segments().size())) {
      if (segment.lastModifiedMillis() <= log.nowMillis()) {
        return segment.lastModifiedMillis();
      }
    }
    return log.segments().get(index).lastModifiedMillis();
  }

  private static Instant at(long millis) {
    return Instant.ofEpochMilli(millis);
  }

  @Override
  public String toString() {
    return known;
  }
}
