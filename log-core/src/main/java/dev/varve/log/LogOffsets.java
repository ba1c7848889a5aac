package dev.varve.log;

/**
 * How far a log reaches, at one moment. Every offset {@code o} of the log has {@code startOffset <=
 * o < endOffset}.
 *
 * @param startOffset the first offset that can be read
 * @param lastStableOffset the offset below which every transaction is decided: where the earliest
 *     begins that is open, or whose marker is not below the high watermark; else the high watermark
 * @param highWatermark the offset below which nothing is ever truncated; the end, unless the log is
 *     replicated
 * @param durableEnd the offset below which everything survives a power loss
 * @param endOffset the offset that the next record gets
 */
public record LogOffsets(
    long startOffset, long lastStableOffset, long highWatermark, long durableEnd, long endOffset) {

  /** Refuses marks that have crossed. */
  public LogOffsets {
    if (startOffset < 0
        || startOffset > lastStableOffset
        || lastStableOffset > endOffset
        || startOffset > highWatermark
        || highWatermark > endOffset
        || durableEnd > endOffset) {
      throw new IllegalArgumentException(
          "found start "
              + startOffset
              + ", last stable offset "
              + lastStableOffset
              + ", high watermark "
              + highWatermark
              + ", durable end "
              + durableEnd
              + ", end "
              + endOffset
              + "; expected 0 <= start <= last stable offset and high watermark <= end, and durable"
              + " end <= end");
    }
  }

  /** The length of the range of offsets; compaction and gaps leave fewer records than this. */
  public long span() {
    return endOffset - startOffset;
  }
}
