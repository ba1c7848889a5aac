package dev.varve.retention;

import dev.varve.log.SegmentInfo;

/** Lets segments go that the start of the log has passed. */
enum StartOffsetRule implements RetentionRule {
  INSTANCE;

  private static final String NAME = "start offset";

  @Override
  public Judgement judge(Candidate candidate) {
    SegmentInfo segment = candidate.segment();
    long start = candidate.log().offsets().startOffset();
    return !segment.active() && segment.endOffset() <= start
        ? Judgement.expired(
            NAME, "the log begins at " + start + ", the segment ends at " + segment.endOffset())
        : Judgement.kept(NAME, "");
  }
}
