package dev.varve.log;

/**
 * What a log says of one of its segments.
 *
 * @param baseOffset the offset in the names of its files
 * @param endOffset the offset after its last record if it is the active one, else the base of the
 *     next: compaction may have left a gap before it
 * @param sizeBytes the bytes of its batches
 * @param active whether it takes appends
 * @param timestampMax the largest timestamp of its records in milliseconds, or -1 if none has one
 * @param lastModifiedMillis by when its last record was appended at the latest, in milliseconds
 *     since the epoch: when its log file was modified or, of one that is being written or put in
 *     order, now
 */
public record SegmentInfo(
    long baseOffset,
    long endOffset,
    long sizeBytes,
    boolean active,
    long timestampMax,
    long lastModifiedMillis) {

  /** The same of a segment of which it is known that nothing was appended since an earlier time. */
  public SegmentInfo withLastModifiedMillis(long millis) {
    return new SegmentInfo(baseOffset, endOffset, sizeBytes, active, timestampMax, millis);
  }
}
