package dev.varve.log;

import dev.varve.log.segment.LogCheckpoint;
import dev.varve.log.segment.LogCheckpoint.Closed;
import dev.varve.log.segment.LogCheckpoint.Cut;
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

  CheckpointFile(Storage storage, LogWriter writer, SegmentRetirement retirement) {
    this.storage = storage;
    this.writer = writer;
    this.retirement = retirement;
  }

  /** Writes the checkpoint of a log that goes on. */
  void write(long start, long recoveryPoint, long scanFrom) throws IOException {
    write(start, recoveryPoint, scanFrom, LogCheckpoint.NONE, List.of(), null);
  }

  /** Writes that the log has to be truncated, with the cuts that have to be made in files. */
  void writeTruncating(long start, long end, long scanFrom, List<Cut> cuts) throws IOException {
    write(start, end, scanFrom, end, cuts, null);
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
    write(start, end, scanFrom, LogCheckpoint.NONE, List.of(), closed);
  }

  private void write(
      long start,
      long recoveryPoint,
      long scanFrom,
      long truncateTo,
      List<Cut> more,
      @Nullable Closed closed)
      throws IOException {
    List<Cut> cuts = new ArrayList<>(retirement.cuts());
    cuts.addAll(more);
    long highWatermark = writer.keptHighWatermark();
    new LogCheckpoint(start, recoveryPoint, scanFrom, highWatermark, truncateTo, cuts, closed)
        .write(storage);
  }
}
