package dev.varve.log.segment;

import dev.varve.index.OffsetIndex;
import dev.varve.index.TimeIndex;
import dev.varve.log.record.RecordBatch;
import java.lang.foreign.MemorySegment;

/**
 * Whether the indexes of a sealed segment can be believed, as far as can be told without a scan of
 * its log: their entries are in order and within the segment, the last offset entry leads to the
 * batch that it describes, and the batches from there on have no timestamp above the last time
 * entry, which must carry the largest. What this does not see, a lookup does: it checks the entry
 * that it uses.
 */
final class IndexAgreement {
  private final MemorySegment log;
  private final OffsetIndex offsets;
  private final TimeIndex times;
  private final long endOffset;
  private final RecordBatch batch = new RecordBatch();

  IndexAgreement(MemorySegment log, OffsetIndex offsets, TimeIndex times, long endOffset) {
    this.log = log;
    this.offsets = offsets;
    this.times = times;
    this.endOffset = endOffset;
  }

  boolean holds() {
    return offsets.firstFault(endOffset, log.byteSize()).isEmpty()
        && times.firstFault(endOffset).isEmpty()
        && lastEntriesFit();
  }

  /**
   * Whether {@link #holds}, and no batch behind the last time entry has a larger timestamp, and
   * whole batches follow each other from there to the end of the log. A segment that takes appends
   * needs this: its largest timestamp so far is believed, and what is appended behind a batch
   * without a length could not be found. Walks from the last time entry on, which is at the end
   * unless time went back, or records have none.
   */
  boolean holdsToTheEnd() {
    if (!holds()) {
      return false;
    }
    long position = times.entryCount() == 0 ? 0 : offsets.floorPosition(times.lastOffset());
    while (isBatchAt(position)) {
      if (batch.maxTimestamp() > times.lastTimestamp()) {
        return false;
      }
      position += batch.sizeBytes();
    }
    return position == log.byteSize();
  }

  private boolean lastEntriesFit() {
    long position = 0;
    int lastSlot = offsets.entryCount() - 1;
    if (lastSlot >= 0) {
      position = offsets.position(lastSlot);
      if (!isBatchAt(position) || batch.lastOffset() != offsets.offset(lastSlot)) {
        return false;
      }
    }
    while (isBatchAt(position)) {
      if (batch.maxTimestamp() > times.lastTimestamp()) {
        return false;
      }
      position += batch.sizeBytes();
    }
    return true;
  }

  private boolean isBatchAt(long position) {
    long bytesLeft = log.byteSize() - position;
    return bytesLeft >= RecordBatch.HEADER_BYTES
        && batch.wrap(log, position).headerFault(bytesLeft, RecordBatch.BATCH_BYTES_MAX) == null;
  }
}
