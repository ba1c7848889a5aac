package dev.varve.log;

import dev.varve.log.segment.LogCheckpoint;
import dev.varve.log.segment.LogCheckpoint.Closed;
import dev.varve.log.segment.LogCheckpoint.Cut;
import dev.varve.log.segment.LogCheckpoint.Rewrite;
import dev.varve.log.segment.RolledSegment;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.segment.SegmentRetirement;
import dev.varve.log.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes the checkpoint of an open log: what the caller says, and what is always kept with it. The
 * caller forces the directory.
 *
 * <p>Thread safety: for whoever holds the keeper's lock.
 */
final class CheckpointFile {
  private final Storage storage;
  private final LogWriter writer;
  private final SegmentRetirement retirement;

  /** Read by all. */
  private volatile long firstDirtyOffset;

  // As they were written last.
  private long start;
  private long recoveryPoint;
  private long scanFrom;

  /**
   * Has written nothing yet.
   *
   * @param firstDirtyOffset as the last checkpoint had it
   */
  CheckpointFile(
      Storage storage, LogWriter writer, SegmentRetirement retirement, long firstDirtyOffset) {
    this.storage = storage;
    this.writer = writer;
    this.retirement = retirement;
    this.firstDirtyOffset = firstDirtyOffset;
  }

  /** The offset below which the log was compacted, or {@link LogCheckpoint#NONE}. */
  long firstDirtyOffset() {
    return firstDirtyOffset;
  }

  /** Writes that the log was compacted up to an offset. */
  void writeFirstDirtyOffset(long offset) throws IOException {
    long before = firstDirtyOffset;
    boolean written = false;
    firstDirtyOffset = offset;
    try {
      writeAgain();
      written = true;
    } finally {
      if (!written) {
        firstDirtyOffset = before;
      }
    }
  }

  /** Writes that segments have to be replaced, and what was written last. */
  void writeRewriting(Rewrite rewrite) throws IOException {
    write(LogCheckpoint.NONE, List.of(), rewrite, null);
  }

  /** Writes what was written last. */
  private void writeAgain() throws IOException {
    write(LogCheckpoint.NONE, List.of(), null, null);
  }

  /** Writes the checkpoint of a log that goes on. */
  void write(long start, long recoveryPoint, long scanFrom) throws IOException {
    keep(start, recoveryPoint, scanFrom);
    writeAgain();
  }

  /** Writes that the log has to be truncated, with the cuts that have to be made in files. */
  void writeTruncating(long start, long end, long scanFrom, List<Cut> cuts) throws IOException {
    firstDirtyOffset = Math.min(firstDirtyOffset, end);
    keep(start, end, scanFrom);
    write(end, cuts, null, null);
  }

  /**
   * Writes how a log was closed.
   *
   * @param last its last segment
   * @param inOrder whether all files are as they have to be
   */
  void writeClosed(long start, RolledSegment last, long scanFrom, boolean inOrder)
      throws IOException {
    String log = SegmentFile.name(last.baseOffset(), Kind.LOG);
    long end = last.endOffset();
    Closed closed =
        inOrder ? new Closed(end, storage.size(log), storage.lastModifiedMillis(log)) : null;
    keep(start, end, scanFrom);
    write(LogCheckpoint.NONE, List.of(), null, closed);
  }

  private void keep(long newStart, long newRecoveryPoint, long newScanFrom) {
    start = newStart;
    recoveryPoint = newRecoveryPoint;
    scanFrom = newScanFrom;
  }

  private void write(
      long truncateTo, List<Cut> more, @Nullable Rewrite rewrite, @Nullable Closed closed)
      throws IOException {
    List<Cut> cuts = new ArrayList<>(retirement.cuts());
    cuts.addAll(more);
    long highWatermark = writer.keptHighWatermark();
    new LogCheckpoint(
            start,
            recoveryPoint,
            scanFrom,
            firstDirtyOffset,
            highWatermark,
            truncateTo,
            cuts,
            rewrite,
            closed)
        .write(storage);
  }
}
