package dev.varve.compaction;

import dev.varve.log.SegmentInfo;
import dev.varve.log.SegmentReader;
import dev.varve.log.SegmentRewriter;

/** Opens what a plan names. Stateless. */
final class Segments {
  private Segments() {}

  /**
   * Opens a segment for reading.
   *
   * @throws LogChangedException if it is not there any more
   */
  static SegmentReader open(SegmentRewriter rewriter, SegmentInfo segment) {
    return rewriter
        .read(segment.baseOffset())
        .orElseThrow(() ->
            new LogChangedException(
                "the segment from offset " + segment.baseOffset() + " on is gone"));
  }
}
