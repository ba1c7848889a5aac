package dev.varve.log.inspect;

import dev.varve.log.record.RecordBatch;

/** Compares the batches of one segment, shown one after the other, with something else. */
interface BatchCheck {
  /** Takes note of a batch whose header and checksum are sound. */
  void onBatch(RecordBatch batch, long position);

  /** The segment has no more batches that can be read. */
  void atEnd(SegmentEnd end);

  /**
   * Where the sound batches of a segment end.
   *
   * @param endOffset the offset after the last
   * @param endPosition the position after the last
   * @param complete whether that is where the segment ends; if not, damage hides the rest
   */
  record SegmentEnd(long endOffset, long endPosition, boolean complete) {}
}
