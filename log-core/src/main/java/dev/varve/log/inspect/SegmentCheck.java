package dev.varve.log.inspect;

import dev.varve.log.error.DamagedRange;
import dev.varve.log.inspect.BatchCheck.SegmentEnd;
import dev.varve.log.inspect.LogDirectory.State;
import dev.varve.log.record.BatchFault;
import dev.varve.log.record.RecordCursor;
import dev.varve.log.segment.SegmentFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/** Walks the batches of one segment once, with everything that can be compared with them. */
final class SegmentCheck {
  /** How much is read between two reports of progress. */
  private static final int PROGRESS_BYTES = 1 << 20;

  /** A batch is written within microseconds; one that stays torn over these looks is damage. */
  private static final int RETRIES = 3;

  private final LogDirectory directory;
  private final BatchReader reader;
  private final Findings findings;
  private final Findings ofCaches;
  private final boolean unsettled;
  private final boolean maybeOpen;
  private final RecordsCheck recordsCheck;
  private final List<BatchCheck> checks = new ArrayList<>();
  private long batches;
  private long indexEntries;

  /**
   * Reads the indexes.
   *
   * @param findings told of damage in the log
   * @param ofCaches told of what is wrong in files that are made from the log
   */
  SegmentCheck(
      LogDirectory directory,
      BatchReader reader,
      long nextBase,
      RecordCursor cursor,
      Findings findings,
      Findings ofCaches)
      throws IOException {
    this.directory = directory;
    this.reader = reader;
    this.findings = findings;
    this.ofCaches = ofCaches;
    this.unsettled = directory.isUnsettled(reader.baseOffset());
    this.maybeOpen =
        unsettled || (directory.state() == State.FOREIGN && directory.isLast(reader.baseOffset()));
    this.recordsCheck = new RecordsCheck(reader.path(), nextBase, cursor, findings);
    checks.add(recordsCheck);
    openIndexes();
  }

  private void openIndexes() throws IOException {
    long base = reader.baseOffset();
    Path offsets = directory.file(base, SegmentFile.Kind.OFFSET_INDEX);
    if (isReadable(offsets)) {
      MemorySegment bytes = IndexBytes.read(offsets);
      OffsetIndexCheck check =
          new OffsetIndexCheck(offsets, bytes, base, reader.fileBytes(), maybeOpen, ofCaches);
      indexEntries += check.entryCount();
      checks.add(check);
    }
    Path times = directory.file(base, SegmentFile.Kind.TIME_INDEX);
    if (isReadable(times)) {
      TimeIndexCheck check =
          new TimeIndexCheck(times, IndexBytes.read(times), base, maybeOpen, ofCaches);
      indexEntries += check.entryCount();
      checks.add(check);
    }
  }

  private boolean isReadable(Path index) throws IOException {
    if (!Files.isRegularFile(index)) {
      ofCaches.damage(index, 0, "no file", "an index, as the log has a segment with this base");
      return false;
    }
    if (IndexBytes.isTooLarge(index)) {
      ofCaches.damage(
          index, 0, Files.size(index) + " bytes", "at most " + IndexBytes.BYTES_MAX + " bytes");
      return false;
    }
    return true;
  }

  /** Walks the segment. */
  SegmentEnd run(TransactionsCheck transactions, EpochsCheck epochs, LongConsumer progress)
      throws IOException {
    checks.add(transactions);
    checks.add(epochs);
    walk(progress);
    for (int i = 0; i < RETRIES && isBeingWritten() && reader.refresh(); i++) {
      walk(progress);
    }
    boolean complete = checkDamage();
    checkReserved();
    SegmentEnd end = new SegmentEnd(reader.endOffset(), reader.endPosition(), complete);
    for (BatchCheck check : checks) {
      check.atEnd(end);
    }
    return end;
  }

  private void walk(LongConsumer progress) throws IOException {
    long progressAt = reader.endPosition() + PROGRESS_BYTES;
    while (reader.next()) {
      for (BatchCheck check : checks) {
        check.onBatch(reader.batch(), reader.position());
      }
      batches++;
      if (reader.endPosition() >= progressAt) {
        progress.accept(reader.endPosition());
        progressAt = reader.endPosition() + PROGRESS_BYTES;
      }
    }
  }

  /** Whether what ended the walk may have been a batch that was only half there yet. */
  private boolean isBeingWritten() throws IOException {
    return unsettled && reader.fault() != null && !reader.endsInReservedSpace();
  }

  /**
   * Goes over damage to the end of the segment. What follows it is looked at for itself and is not
   * compared with other files, which know of batches that are gone.
   *
   * @return false if there was damage
   */
  private boolean checkDamage() throws IOException {
    boolean sound = true;
    BatchFault fault = reader.fault();
    while (fault != null && !reader.endsInReservedSpace()) {
      sound = false;
      DamagedRange damage = reader.skip(directory);
      findings.damage(
          reader.path(),
          damage.position(),
          fault.found(),
          fault.expected() + "; " + damage.extent());
      if (reader.fault() != null) {
        return false; // nothing sound can be found behind it
      }
      while (reader.next()) {
        recordsCheck.onBatch(reader.batch(), reader.position());
        batches++;
      }
      fault = reader.fault();
    }
    return sound;
  }

  private void checkReserved() throws IOException {
    BatchFault fault = reader.fault();
    if (fault == null || !reader.endsInReservedSpace()) {
      return;
    }
    long left = reader.fileBytes() - fault.position();
    if (unsettled) {
      findings.note(
          reader.path(),
          fault.position(),
          left + " bytes of zeros",
          "space reserved by a log that is open, to be cut off when it is closed");
    } else {
      findings.damage(
          reader.path(),
          fault.position(),
          left + " bytes of zeros",
          "the end of the file behind the last batch");
    }
  }

  long batches() {
    return batches;
  }

  long records() {
    return recordsCheck.records();
  }

  long indexEntries() {
    return indexEntries;
  }
}
