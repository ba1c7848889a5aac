package dev.varve.log.segment;

/**
 * What is known of a segment's log before it is scanned. An immutable value.
 *
 * @param baseOffset the lowest offset that a batch may have
 * @param endOffset the offset that all batches lie below; what claims to lie behind is damaged
 * @param durableEnd below it the log was durable once: damage there is passed over if a sound batch
 *     follows it
 * @param gapsEnd a batch that does not lie below it may have no gap before it
 * @param bytesMax the file is scanned no further
 */
public record ScanBounds(
    long baseOffset, long endOffset, long durableEnd, long gapsEnd, long bytesMax) {

  /** Nothing is known but where the offsets begin. */
  public static ScanBounds from(long baseOffset) {
    return new ScanBounds(baseOffset, Long.MAX_VALUE, baseOffset, Long.MAX_VALUE, Long.MAX_VALUE);
  }

  /** All of a sealed segment was durable once. */
  public static ScanBounds of(SealedSegment segment) {
    long end = segment.endOffset();
    return new ScanBounds(segment.baseOffset(), end, end, end, segment.sizeBytes());
  }

  /**
   * A segment of a log that is recovered. Gaps are made by compaction, which leaves alone what is
   * not durable yet.
   *
   * @param nextBase the base offset of the next segment; {@code Long.MAX_VALUE} if there is none.
   *     Batches behind it are left to whoever decides which of the two segments stays
   */
  public static ScanBounds recovering(long baseOffset, long nextBase, long durableEnd) {
    return new ScanBounds(
        baseOffset, Long.MAX_VALUE, durableEnd, Math.min(durableEnd, nextBase), Long.MAX_VALUE);
  }

  /** The same, but that a batch which does not lie below an offset may have no gap before it. */
  public ScanBounds withoutGapsAt(long offset) {
    return new ScanBounds(baseOffset, endOffset, durableEnd, offset, bytesMax);
  }
}
