package dev.varve.log.segment;

/**
 * What decides the shape of segments. Units and ranges are those of Kafka's topic configuration of
 * the same names.
 *
 * @param segmentBytesMax the size at which a segment is rolled ({@code segment.bytes})
 * @param segmentMillisMax the age at which a segment is rolled ({@code segment.ms})
 * @param segmentJitterMillisMax how much earlier it may be rolled, so that many logs do not roll at
 *     once ({@code segment.jitter.ms})
 * @param indexIntervalBytes the bytes between index entries ({@code index.interval.bytes})
 * @param indexBytesMax the size at which an index is full ({@code segment.index.bytes})
 * @param batchBytesMax the largest batch ({@code max.message.bytes})
 */
public record SegmentOptions(
    int segmentBytesMax,
    long segmentMillisMax,
    long segmentJitterMillisMax,
    int indexIntervalBytes,
    int indexBytesMax,
    int batchBytesMax) {
  /** 2^64 divided by the golden ratio: multiplying by it spreads similar hashes over all bits. */
  private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

  /**
   * How much earlier one segment is rolled: spread over segments, the same for each at any time.
   */
  long jitterMillis(String path) {
    long bound = Math.min(segmentJitterMillisMax, segmentMillisMax);
    return bound <= 0 ? 0 : Math.floorMod(path.hashCode() * GOLDEN_RATIO, bound);
  }
}
