package dev.varve.log.inspect;

import dev.varve.index.AbortedTransaction;
import dev.varve.index.IndexFault;
import dev.varve.index.TransactionIndex;
import dev.varve.log.producer.LeaderEpochs;
import dev.varve.log.producer.PartitionState;
import dev.varve.log.record.CodecUnavailableException;
import dev.varve.log.record.EndTransactionMarker;
import dev.varve.log.record.EndTransactionMarker.Outcome;
import dev.varve.log.record.InvalidBatchException;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordCursor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Follows producers and transactions through the whole log and compares each segment's {@code
 * .txnindex} with the ABORT markers in it.
 *
 * <p>Compaction and a moved log start take data away that an entry was made from, so an entry may
 * reach further back than what is left to be seen. A missing entry, or one without its marker, is
 * damage in any case: readers of committed records would see what was aborted, or miss what was
 * not.
 */
final class TransactionsCheck implements BatchCheck {
  private final PartitionState state = new PartitionState(LeaderEpochs.NONE);
  private final RecordCursor cursor = new RecordCursor();
  private final long logStart;

  /** The producers of ABORT markers of the segment that end nothing that is left, by offset. */
  private final Map<Long, Long> abortsOfNothing = new HashMap<>();

  private Segment segment;
  private TransactionIndex expected;
  private int entryCount;

  /** What is being compared now. */
  private record Segment(Path file, long baseOffset, boolean present, Findings findings) {
    static Segment of(Path file, long baseOffset, Findings findings) {
      return new Segment(file, baseOffset, Files.isRegularFile(file), findings);
    }
  }

  /** Begins with the first segment of a log. */
  TransactionsCheck(Path file, long baseOffset, Findings findings) {
    logStart = baseOffset;
    segment = Segment.of(file, baseOffset, findings);
    expected = TransactionIndex.growing(Arena.ofAuto(), baseOffset);
  }

  /** The state of producers at the end of what was seen. */
  PartitionState state() {
    return state;
  }

  /** Goes on with the next segment. */
  void begin(Path file, long baseOffset, Findings findings) {
    segment = Segment.of(file, baseOffset, findings);
    expected = TransactionIndex.growing(Arena.ofAuto(), baseOffset);
    abortsOfNothing.clear();
  }

  @Override
  public void onBatch(RecordBatch batch, long position) {
    int before = expected.entryCount();
    state.replay(batch, expected); // of a marker that cannot be read, the check of records tells
    if (expected.entryCount() == before && batch.isControl() && isAbort(batch)) {
      abortsOfNothing.put(batch.lastOffset(), batch.producerId());
    }
  }

  private boolean isAbort(RecordBatch batch) {
    try {
      if (!cursor.openUnchecked(batch).next()) {
        return false;
      }
      EndTransactionMarker marker = EndTransactionMarker.of(cursor.record());
      return marker != null && marker.outcome() == Outcome.ABORT;
    } catch (InvalidBatchException | CodecUnavailableException e) {
      return false; // told by the check of records
    }
  }

  @Override
  public void atEnd(SegmentEnd end) {
    // compared by compare(), which may fail to read
  }

  /** Compares the file of the segment with what its batches gave. */
  void compare(SegmentEnd end) throws IOException {
    if (!segment.present) {
      if (expected.entryCount() > 0) {
        segment.findings.damage(
            segment.file,
            0,
            "no file",
            "one with " + expected.entryCount() + " aborted transactions");
      }
      return;
    }
    if (IndexBytes.isTooLarge(segment.file)) {
      segment.findings.damage(
          segment.file, 0, Files.size(segment.file) + " bytes", "at most " + IndexBytes.BYTES_MAX);
      return;
    }
    MemorySegment bytes = IndexBytes.read(segment.file);
    TransactionIndex found = TransactionIndex.over(bytes, segment.baseOffset);
    entryCount += found.entryCount();
    long endOffset = end.complete() ? end.endOffset() : Long.MAX_VALUE;
    Optional<IndexFault> fault = found.firstFault(endOffset);
    if (fault.isPresent()) {
      fault(fault.get().slot(), fault.get().found(), fault.get().expected());
      return;
    }
    long partial = bytes.byteSize() % TransactionIndex.ENTRY_BYTES;
    if (partial != 0) {
      fault(
          found.entryCount(),
          partial + " bytes",
          "whole entries of " + TransactionIndex.ENTRY_BYTES + " bytes");
    }
    compare(found, end);
  }

  private void compare(TransactionIndex found, SegmentEnd end) {
    int slot = 0;
    for (int i = 0; i < expected.entryCount(); i++) {
      AbortedTransaction due = expected.transaction(i);
      while (slot < found.entryCount() && found.transaction(slot).lastOffset() < due.lastOffset()) {
        unmatched(found, slot++);
      }
      if (slot == found.entryCount() || found.transaction(slot).lastOffset() > due.lastOffset()) {
        fault(slot, "no entry for the ABORT marker at offset " + due.lastOffset(), due.toString());
      } else {
        compare(slot, found.transaction(slot), due);
        slot++;
      }
    }
    for (; slot < found.entryCount(); slot++) {
      if (found.transaction(slot).lastOffset() < end.endOffset() || end.complete()) {
        unmatched(found, slot);
      }
    }
  }

  private void compare(int slot, AbortedTransaction found, AbortedTransaction due) {
    if (found.producerId() != due.producerId()
        || found.firstOffset() > due.firstOffset()
        || found.lastStableOffset() > due.lastStableOffset()) {
      fault(slot, found.toString(), due.toString());
    }
  }

  /** An entry whose transaction has no data in what is left to be seen. */
  private void unmatched(TransactionIndex found, int slot) {
    AbortedTransaction entry = found.transaction(slot);
    if (entry.firstOffset() < logStart) {
      return; // its data went with the old start of the log
    }
    if (Objects.equals(abortsOfNothing.get(entry.lastOffset()), entry.producerId())) {
      return; // compaction takes the data first, and the marker and its entry a pass later
    }
    segment.findings.damage(
        segment.file,
        (long) slot * TransactionIndex.ENTRY_BYTES,
        entry.toString(),
        "an aborted transaction with data and a marker at offset " + entry.lastOffset());
  }

  private void fault(int slot, String found, String expected) {
    segment.findings.damage(
        segment.file, (long) slot * TransactionIndex.ENTRY_BYTES, found, expected);
  }

  /** How many entries were compared, in all segments. */
  int entryCount() {
    return entryCount;
  }
}
