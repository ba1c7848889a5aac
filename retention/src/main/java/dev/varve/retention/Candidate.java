package dev.varve.retention;

import dev.varve.log.SegmentInfo;

/**
 * The oldest segment that a log would have if all before it went: the one that a rule has to judge.
 *
 * @param log all that is known of the log
 * @param index the segment's place in it
 * @param bytesLeft the bytes of its batches and of those in all segments behind it
 */
public record Candidate(LogFacts log, int index, long bytesLeft) {

  /** The segment. */
  public SegmentInfo segment() {
    return log.segments().get(index);
  }
}
