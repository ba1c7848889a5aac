package dev.varve.retention;

import dev.varve.log.SegmentInfo;
import java.time.Instant;

/**
 * The time from which the age of a segment counts, and how it is known.
 *
 * <pre>
 *   largest timestamp        the segment's time is
 *   none                     that of its last append, as its file has it
 *   at or before now         the timestamp (as in Kafka)
 *   in the future            the timestamp or the last append, whichever is earlier
 * </pre>
 *
 * <p>So a record from the future keeps its segment for no longer than any other would, counted from
 * its append (in Kafka: until that future has come and gone), and one from the past does not take
 * fresh ones of the same segment or of later ones with it: the largest timestamp counts, and a
 * segment that stays keeps all behind it.
 *
 * @param millis since the epoch
 * @param known how, in words
 */
record SegmentTime(long millis, String known) {

  static SegmentTime of(SegmentInfo segment, long nowMillis) {
    long newest = segment.timestampMax();
    long modified = segment.lastModifiedMillis();
    if (newest < 0) {
      return new SegmentTime(
          modified, "no record has a timestamp, and the last append was by " + at(modified));
    }
    if (newest <= nowMillis || newest <= modified) {
      return new SegmentTime(newest, "the newest record is of " + at(newest));
    }
    return new SegmentTime(
        modified,
        "the newest record is of " + at(newest) + ", and the last append was by " + at(modified));
  }

  private static Instant at(long millis) {
    return Instant.ofEpochMilli(millis);
  }

  @Override
  public String toString() {
    return known;
  }
}
