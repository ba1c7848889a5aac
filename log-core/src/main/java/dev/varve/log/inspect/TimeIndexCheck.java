package dev.varve.log.inspect;

import dev.varve.index.IndexFault;
import dev.varve.index.TimeIndex;
import dev.varve.log.record.RecordBatch;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Compares a {@code .timeindex} with its log: entries in order, each with a timestamp that was the
 * largest so far and the last offset of the first batch that had it, the last of them with the
 * largest of all. Stops at the first entry that is wrong, as such a file is rebuilt, not repaired.
 */
final class TimeIndexCheck implements BatchCheck {
  private final Path file;
  private final TimeIndex index;
  private final Findings findings;
  private final Findings closingFindings;
  private boolean sound = true;
  private int end;
  private int slot;
  private long timestampMax = RecordBatch.NO_TIMESTAMP;

  /**
   * Checks the entries among themselves.
   *
   * @param maybeOpen whether a log that is open may have written this: zeros behind the last entry
   *     are reserved space, and the largest timestamp need not be there yet
   */
  TimeIndexCheck(
      Path file, MemorySegment bytes, long baseOffset, boolean maybeOpen, Findings findings) {
    this.file = file;
    this.index = TimeIndex.over(bytes, baseOffset);
    this.findings = findings;
    this.closingFindings = maybeOpen ? findings.asNotes() : findings;
    this.end = index.entryCount();
    Optional<IndexFault> fault = index.firstFault(Long.MAX_VALUE);
    if (fault.isPresent()) {
      end = fault.get().slot();
      long position = (long) end * TimeIndex.ENTRY_BYTES;
      boolean reserved = ZeroTail.begins(bytes, position);
      sound = reserved && maybeOpen;
      (reserved ? closingFindings : findings)
          .damage(file, position, fault.get().found(), fault.get().expected());
    }
  }

  /** How many entries are being compared. */
  int entryCount() {
    return end;
  }

  @Override
  public void onBatch(RecordBatch batch, long position) {
    long timestamp = batch.maxTimestamp();
    if (timestamp <= timestampMax) {
      return;
    }
    timestampMax = timestamp;
    if (slot == end || index.timestamp(slot) > timestamp) {
      return;
    }
    if (index.timestamp(slot) < timestamp) {
      fault(
          "timestamp " + index.timestamp(slot),
          "one that was the largest so far; the nearest is " + timestamp);
    } else if (index.offset(slot) != batch.lastOffset()) {
      fault(
          "offset " + index.offset(slot) + " for timestamp " + timestamp,
          "the last offset of the first batch that has it, " + batch.lastOffset());
    } else {
      slot++;
    }
  }

  @Override
  public void atEnd(SegmentEnd segment) {
    if (!segment.complete()) {
      return;
    }
    if (slot < end) {
      fault("timestamp " + index.timestamp(slot), "at most the largest, " + timestampMax);
    } else if (sound && (end == 0 ? -1 : index.timestamp(end - 1)) < timestampMax) {
      closingFindings.damage(
          file,
          (long) end * TimeIndex.ENTRY_BYTES,
          "no entry for the largest timestamp",
          "one for timestamp " + timestampMax);
    }
  }

  private void fault(String found, String expected) {
    findings.damage(file, (long) slot * TimeIndex.ENTRY_BYTES, found, expected);
    end = slot;
    sound = false;
  }
}
