package dev.varve.retention;

import dev.varve.log.SegmentInfo;

/** Lets segments go that nobody is going to read any more. */
enum PassedRule implements RetentionRule {
  INSTANCE;

  private static final String NAME = "readers";

  @Override
  public Judgement judge(Candidate candidate) {
    SegmentInfo segment = candidate.segment();
    if (segment.active()) {
      return Judgement.kept(NAME, "it takes appends");
    }
    ReaderPosition last = null;
    for (ReaderPosition reader : candidate.log().readers()) {
      if (last == null || reader.offset() < last.offset()) {
        last = reader;
      }
    }
    if (last == null) {
      return Judgement.kept(NAME, "no reader is known");
    }
    boolean passed = segment.endOffset() <= last.offset();
    return new Judgement(
        passed,
        NAME,
        (passed ? "all have passed it, " : "not all have passed it, ")
            + last.name()
            + " last, at offset "
            + last.offset());
  }
}
