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
  private final DurableEnd durableEnd;

  /** Read by all. */
  private volatile long firstDirtyOffset;

  /** As they were written last. */
  private Places written = new Places(0, 0);

  private record Places(long start, long scanFrom) {}

  /**
   * Has written nothing yet.
   *
   * @param firstDirtyOffset as the last checkpoint had it
   */
  CheckpointFile(
      Storage storage,
      LogWriter writer,
      SegmentRetirement retirement,
      DurableEnd durableEnd,
      long firstDirtyOffset) {
    this.storage = storage;
    this.writer = writer;
    this.retirement = retirement;
    this.durableEnd = durableEnd;
    this.firstDirtyOffset = firstDirtyOffset;
  }

  /** The offset below which the log was compacted, or {@link LogCheckpoint#NONE}. */
  long firstDirtyOffset() {
    return firstDirtyOffset;
  }

  /** Writes that the log was compacted up to an offset. */
  void writeFirstDirtyOffset(long offset) throws IOException {
    write(written, durableEnd.get(), offset, LogCheckpoint.NONE, List.of(), null, null);
  }

  /** Writes that segments have to be replaced, which are durable. */
  void writeRewriting(Rewrite rewrite) throws IOException {
    long durable = durableEnd.get();
    write(written, durable, firstDirtyOffset, LogCheckpoint.NONE, List.of(), rewrite, null);
  }

  /** Writes the checkpoint of a log that goes on. */
  void write(long start, long scanFrom) throws IOException {
    Places places = new Places(start, scanFrom);
    long durable = durableEnd.get();
    write(places, durable, firstDirtyOffset, LogCheckpoint.NONE, List.of(), null, null);
  }

  /** Writes that the log has to be truncated, with the cuts that have to be made in files. */
  void writeTruncating(long start, long end, long scanFrom, List<Cut> cuts) throws IOException {
    long firstDirty = Math.min(firstDirtyOffset, end);
    write(new Places(start, scanFrom), end, firstDirty, end, cuts, null, null);
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
    Places places = new Places(start, scanFrom);
    write(places, end, firstDirtyOffset, LogCheckpoint.NONE, List.of(), null, closed);
  }

  private void write(
      Places places,
      long recoveryPoint,
      long firstDirty,
      long truncateTo,
      List<Cut> more,
      @Nullable Rewrite rewrite,
      @Nullable Closed closed)
      throws IOException {
    List<Cut> cuts = new ArrayList<>(retirement.cuts());
    cuts.addAll(more);
    new LogCheckpoint(
            places.start,
            recoveryPoint,
            places.scanFrom,
            firstDirty,
            writer.keptHighWatermark(),
            truncateTo,
            cuts,
            rewrite,
            closed)
        .write(storage);
    written = places;
    firstDirtyOffset = firstDirty;
  }
}
