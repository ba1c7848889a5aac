package dev.varve.log.segment;

import dev.varve.index.OffsetIndex;
import dev.varve.log.error.DamagedRange;
import dev.varve.log.error.LogIOException;
import dev.varve.log.record.BatchFault;
import dev.varve.log.record.RecordBatch;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * Finds how far the damage around a faulty batch of a segment reaches, and which offsets it held:
 * from the end of the last sound batch before it to the next sound one.
 *
 * <p>Begins at the nearest index entry before the damage that names a sound batch, so that it tells
 * the same range whoever came to the damage, and from where.
 */
final class DamageSearch {
  private final String path;
  private final MemorySegment log;
  private final OffsetIndex index;
  private final long endOffset;

  /**
   * Looks at a segment.
   *
   * @param log all its batches, mapped
   * @param endOffset the offset after its last record
   */
  DamageSearch(String path, MemorySegment log, OffsetIndex index, long endOffset) {
    this.path = path;
    this.log = log;
    this.index = index;
    this.endOffset = endOffset;
  }

  /** The damaged range that contains a fault. */
  DamagedRange around(BatchFault fault) {
    try {
      return search(fault);
    } catch (IOException e) {
      throw new LogIOException(path + " cannot be read: " + e.getMessage(), e);
    }
  }

  private DamagedRange search(BatchFault fault) throws IOException {
    SegmentScan scan = scanBefore(fault.position());
    while (true) {
      long position = scan.endPosition();
      long firstOffset = scan.endOffset();
      if (scan.next()) {
        if (scan.position() == fault.position()) {
          // The checksum is right: the records are malformed, or the base offset, which it does
          // not cover, is wrong.
          return range(
              fault, position, scan.endPosition(), firstOffset, endBehind(scan, firstOffset));
        }
        if (scan.position() > fault.position()) {
          // The fault lies within a batch that is sound: no batch begins there.
          return range(fault, fault.position(), scan.position(), firstOffset, firstOffset);
        }
      } else {
        BatchFault first = scan.fault();
        boolean found = first != null && scan.skip(index, endOffset);
        long endPosition = found ? scan.endPosition() : log.byteSize();
        if (!found || endPosition > fault.position()) {
          return range(
              first == null || position == fault.position() ? fault : first,
              Math.min(position, fault.position()),
              endPosition,
              firstOffset,
              found ? scan.endOffset() : Math.max(firstOffset, endOffset));
        }
      }
    }
  }

  /** The offset after a batch whose base offset may be wrong: where the next one begins. */
  private long endBehind(SegmentScan scan, long firstOffset) {
    RecordBatch next = new RecordBatch().wrap(log, scan.endPosition());
    long bytesLeft = log.byteSize() - scan.endPosition();
    boolean whole = next.headerFault(bytesLeft, RecordBatch.BATCH_BYTES_MAX) == null;
    long end = whole ? next.baseOffset() : endOffset;
    return end > firstOffset && end < scan.endOffset()
        ? end
        : Math.min(scan.endOffset(), endOffset);
  }

  private SegmentScan scanBefore(long position) throws IOException {
    SegmentScan scan = SegmentScan.over(log, index.baseOffset());
    int slot = position == 0 ? -1 : index.floorSlotOfPosition((int) (position - 1));
    while (slot >= 0
        && !(index.position(slot) < position
            && scan.startAt(index.position(slot))
            && scan.batch().lastOffset() == index.offset(slot))) {
      slot--;
    }
    return slot >= 0 ? scan : SegmentScan.over(log, index.baseOffset());
  }

  private DamagedRange range(
      BatchFault fault, long position, long endPosition, long firstOffset, long rangeEnd) {
    String finding = fault.finding();
    return new DamagedRange(path, position, endPosition, firstOffset, rangeEnd, finding);
  }
}
