package dev.varve.compaction;

import dev.varve.log.SegmentInfo;
import dev.varve.log.SegmentReader;
import dev.varve.log.SegmentRewriter;
import java.lang.foreign.MemorySegment;

/** Opens what a plan names. Stateless. */
final class Segments {
  private Segments() {}

  /**
   * Opens a segment for reading.
   *
   * @param window for the reader alone until it is closed
   * @throws LogChangedException if it is not there any more
   */
  static SegmentReader open(SegmentRewriter rewriter, SegmentInfo segment, MemorySegment window) {
    return rewriter
        .read(segment.baseOffset(), window)
        .orElseThrow(() ->
            new LogChangedException(
                "the segment from offset " + segment.baseOffset() + " on is gone"));
  }
}
