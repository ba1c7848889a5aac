package dev.varve.retention;

import dev.varve.log.SegmentInfo;
import org.jspecify.annotations.Nullable;

/** What keeps a segment although a rule would let it go. */
final class Holds {
  private Holds() {}

  /** Who keeps a segment, and why; null if nobody does. */
  static @Nullable Judgement on(Candidate candidate) {
    SegmentInfo segment = candidate.segment();
    if (segment.active() && segment.sizeBytes() == 0) {
      return Judgement.kept("empty", "it takes appends and has none yet");
    }
    long highWatermark = candidate.log().offsets().highWatermark();
    if (segment.endOffset() > highWatermark) {
      return Judgement.kept(
          "high watermark",
          "it is " + highWatermark + ", the segment ends at " + segment.endOffset());
    }
    for (ReaderPosition reader : candidate.log().readers()) {
      if (reader.holds() && segment.endOffset() > reader.offset()) {
        return Judgement.kept("lease", reader.name() + " holds offset " + reader.offset());
      }
    }
    return null;
  }
}
