package dev.varve.log.segment;

import dev.varve.index.OffsetIndex;
import dev.varve.log.error.DamagedRange;
import dev.varve.log.error.LogIOException;
import dev.varve.log.record.BatchFault;
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
  private final long endPosition;
  private final OffsetIndex index;
  private final long endOffset;

  /**
   * Looks at a segment.
   *
   * @param log all its batches that are there, mapped
   * @param endPosition where they should end
   * @param endOffset the offset after its last record
   */
  DamageSearch(
      String path, MemorySegment log, long endPosition, OffsetIndex index, long endOffset) {
    this.path = path;
    this.log = log;
    this.endPosition = endPosition;
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
          // The checksum is right: the records are malformed.
          return range(fault, position, scan.endPosition(), firstOffset, scan.endOffset());
        }
        if (scan.position() > fault.position()) {
          // The fault lies within a batch that is sound: no batch begins there.
          return range(fault, fault.position(), scan.position(), firstOffset, firstOffset);
        }
      } else {
        BatchFault first = scan.fault();
        boolean found = first != null && scan.skip(index, endOffset);
        long damageEnd = found ? scan.endPosition() : endPosition;
        if (!found || damageEnd > fault.position()) {
          return range(
              first == null || position == fault.position() ? fault : first,
              Math.min(position, fault.position()),
              damageEnd,
              firstOffset,
              found ? scan.endOffset() : Math.max(firstOffset, endOffset));
        }
      }
    }
  }

  private SegmentScan scanBefore(long position) throws IOException {
    SegmentScan scan = newScan();
    int slot = position == 0 ? -1 : index.floorSlotOfPosition((int) (position - 1));
    while (slot >= 0
        && !(index.position(slot) < position
            && scan.startAt(index.position(slot))
            && scan.batch().lastOffset() == index.offset(slot))) {
      slot--;
    }
    return slot >= 0 ? scan : newScan();
  }

  private SegmentScan newScan() {
    ScanBounds bounds = ScanBounds.from(index.baseOffset()).withoutGapsAt(endOffset);
    return SegmentScan.over(log, bounds);
  }

  private DamagedRange range(
      BatchFault fault, long position, long rangeEnd, long firstOffset, long offsetsEnd) {
    String finding = fault.finding();
    return new DamagedRange(path, position, rangeEnd, firstOffset, offsetsEnd, finding);
  }
}
