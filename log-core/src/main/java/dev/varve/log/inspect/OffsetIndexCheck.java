package dev.varve.log.inspect;

import dev.varve.index.IndexFault;
import dev.varve.index.OffsetIndex;
import dev.varve.log.record.RecordBatch;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Compares a {@code .index} with its log: entries in order, each with the first byte and the last
 * offset of a batch. Stops at the first entry that is wrong, as such a file is rebuilt, not
 * repaired.
 */
final class OffsetIndexCheck implements BatchCheck {
  private final Path file;
  private final OffsetIndex index;
  private final Findings findings;
  private int end;
  private int slot;

  /**
   * Checks the entries among themselves.
   *
   * @param untrimmedIsLawful whether zeros behind the last entry are space that an open log has
   *     reserved
   */
  OffsetIndexCheck(
      Path file,
      MemorySegment bytes,
      long baseOffset,
      long logBytes,
      boolean untrimmedIsLawful,
      Findings findings) {
    this.file = file;
    this.index = OffsetIndex.over(bytes, baseOffset);
    this.findings = findings;
    this.end = index.entryCount();
    Optional<IndexFault> fault = index.firstFault(Long.MAX_VALUE, logBytes);
    if (fault.isPresent()) {
      end = fault.get().slot();
      long position = (long) end * OffsetIndex.ENTRY_BYTES;
      boolean reserved = untrimmedIsLawful && ZeroTail.begins(bytes, position);
      (reserved ? findings.asNotes() : findings)
          .damage(file, position, fault.get().found(), fault.get().expected());
    }
  }

  /** How many entries are being compared. */
  int entryCount() {
    return end;
  }

  @Override
  public void onBatch(RecordBatch batch, long position) {
    if (slot == end || index.position(slot) > position) {
      return;
    }
    if (index.position(slot) < position) {
      fault(
          "position " + index.position(slot),
          "the position of a batch; the nearest is " + position);
    } else if (index.offset(slot) != batch.lastOffset()) {
      fault(
          "offset " + index.offset(slot) + " for the batch at position " + position,
          "its last offset " + batch.lastOffset());
    } else {
      slot++;
    }
  }

  @Override
  public void atEnd(SegmentEnd segment) {
    if (slot < end && segment.complete()) {
      fault(
          "position " + index.position(slot),
          "the position of a batch, below the log's end " + segment.endPosition());
    }
  }

  private void fault(String found, String expected) {
    findings.damage(file, (long) slot * OffsetIndex.ENTRY_BYTES, found, expected);
    end = slot;
  }
}
