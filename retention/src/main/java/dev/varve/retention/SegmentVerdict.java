package dev.varve.retention;

import dev.varve.log.SegmentInfo;

/**
 * What becomes of a segment.
 *
 * @param segment which one
 * @param goes whether it is given up
 * @param rule by what it goes, or is kept
 * @param reason why, with the numbers that were compared
 */
public record SegmentVerdict(SegmentInfo segment, boolean goes, String rule, String reason) {

  private static final String BEHIND = "order";

  static SegmentVerdict goes(SegmentInfo segment, Judgement by) {
    return new SegmentVerdict(segment, true, by.rule(), by.reason());
  }

  static SegmentVerdict kept(SegmentInfo segment, Judgement by) {
    return new SegmentVerdict(segment, false, by.rule(), by.reason());
  }

  /** Expired, but held. */
  static SegmentVerdict held(SegmentInfo segment, Judgement expired, Judgement hold) {
    return new SegmentVerdict(
        segment, false, hold.rule(), hold.reason() + "; expired by " + expired);
  }

  /** Only the front of a log can go. */
  static SegmentVerdict behind(SegmentInfo segment) {
    return new SegmentVerdict(segment, false, BEHIND, "one before it is kept");
  }

  /** What becomes of a segment that this one keeps, when somebody else is asked, too. */
  SegmentVerdict or(SegmentVerdict other) {
    if (other.goes || rule.equals(BEHIND)) {
      return other;
    }
    return other.rule.equals(BEHIND)
        ? this
        : new SegmentVerdict(
            segment,
            false,
            rule + ", " + other.rule,
            reason + "; " + other.rule + ": " + other.reason);
  }
}
