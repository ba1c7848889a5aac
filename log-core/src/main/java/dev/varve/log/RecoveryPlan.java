package dev.varve.log;

import dev.varve.index.TransactionIndex;
import dev.varve.log.LogCheckpoint.Closed;
import dev.varve.log.producer.PartitionState;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.storage.Storage;
import java.io.IOException;
import java.util.Collections;
import java.util.List;

/**
 * What has to be scanned when a log is opened, and what may be cut.
 *
 * <p>Thread safety: for one thread.
 */
final class RecoveryPlan {
  private final StateFiles stateFiles;
  private final String reason;
  private final int firstToScan;
  private final long cutFrom;
  private final long startOffset;
  private final long recoveryPoint;
  private final StateFiles.Loaded loaded;

  private RecoveryPlan(
      StateFiles stateFiles,
      String reason,
      int firstToScan,
      long cutFrom,
      long startOffset,
      long recoveryPoint,
      StateFiles.Loaded loaded) {
    this.stateFiles = stateFiles;
    this.reason = reason;
    this.firstToScan = firstToScan;
    this.cutFrom = cutFrom;
    this.startOffset = startOffset;
    this.recoveryPoint = recoveryPoint;
    this.loaded = loaded;
  }

  /** Looks at the checkpoint, and at the files that bear it out or do not. */
  static RecoveryPlan of(Storage storage, List<Long> bases, StateFiles stateFiles)
      throws IOException {
    LogCheckpoint checkpoint = LogCheckpoint.read(storage).orElse(null);
    if (bases.isEmpty()) {
      long start = checkpoint == null ? 0 : checkpoint.startOffset();
      long end = checkpoint == null ? 0 : Math.max(start, checkpoint.recoveryPoint());
      return new RecoveryPlan(stateFiles, "", 0, end, end, end, stateFiles.load(end));
    }
    long lastBase = bases.getLast();
    long start = checkpoint == null ? bases.getFirst() : checkpoint.startOffset();
    if (checkpoint == null) {
      return scanning(stateFiles, bases, "it has no checkpoint of ours", 0, lastBase, start);
    }
    Closed closed = checkpoint.closed();
    if (closed == null) {
      long point = checkpoint.recoveryPoint();
      return scanning(
          stateFiles, bases, "it was not closed in order", floorIndex(bases, point), point, start);
    }
    String lastLog = SegmentFile.name(lastBase, Kind.LOG);
    if (closed.endOffset() < lastBase
        || closed.sizeBytes() != storage.size(lastLog)
        || closed.modifiedMillis() != storage.lastModifiedMillis(lastLog)) {
      return scanning(stateFiles, bases, "it was changed since it was closed", 0, lastBase, start);
    }
    StateFiles.Loaded loaded = stateFiles.load(closed.endOffset());
    if (loaded.offset() == closed.endOffset()) {
      long end = closed.endOffset();
      return new RecoveryPlan(stateFiles, "", bases.size(), end, start, end, loaded);
    }
    return scanning(
        stateFiles,
        bases,
        "its snapshot of producers is missing",
        floorIndex(bases, loaded.offset()),
        closed.endOffset(),
        start);
  }

  /**
   * From a segment on, or from an earlier one if the state of producers at its base is not kept.
   */
  private static RecoveryPlan scanning(
      StateFiles stateFiles,
      List<Long> bases,
      String reason,
      int from,
      long cutFrom,
      long startOffset)
      throws IOException {
    StateFiles.Loaded loaded = stateFiles.load(bases.get(from));
    int first = Math.min(from, floorIndex(bases, loaded.offset()));
    return new RecoveryPlan(stateFiles, reason, first, cutFrom, startOffset, cutFrom, loaded);
  }

  private static int floorIndex(List<Long> bases, long offset) {
    int found = Collections.binarySearch(bases, offset);
    return Math.max(0, found >= 0 ? found : -found - 2);
  }

  /** Why something is scanned; empty if nothing is. */
  String reason() {
    return reason;
  }

  /** The index of the first segment to scan; as many as there are if none is. */
  int firstToScan() {
    return firstToScan;
  }

  /** The offset from which on nothing was promised, so that what is not valid may be cut. */
  long cutFrom() {
    return cutFrom;
  }

  /** The start offset that the checkpoint keeps, or the first base offset. */
  long startOffset() {
    return startOffset;
  }

  /** The offset below which everything is durable. */
  long recoveryPoint() {
    return recoveryPoint;
  }

  /** The state that {@link #replay} brings up to date. */
  PartitionState state() {
    return loaded.state();
  }

  /** Shows the state a batch that was scanned. */
  void replay(RecordBatch batch, TransactionIndex aborted) {
    if (batch.baseOffset() >= loaded.offset()) {
      loaded.state().onBatch(batch, aborted);
    }
  }

  /** Writes the snapshot that belongs to a segment's base, as a roll would have. */
  void writeSnapshot(long offset) throws IOException {
    stateFiles.writeSnapshot(offset, loaded.state().producers().snapshot().format());
  }
}
