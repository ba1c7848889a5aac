package dev.varve.log;

import dev.varve.index.TransactionIndex;
import dev.varve.log.producer.PartitionState;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.segment.LogCheckpoint;
import dev.varve.log.segment.LogCheckpoint.Closed;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.storage.Storage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
  private final boolean foreign;
  private final StateFiles.Loaded loaded;

  /** How we left the log that somebody else has changed since; null if we did not close it. */
  private @Nullable Closed closed;

  /** The base of the last segment then. */
  private long closedBase;

  /** The offset of the first batch that the state has seen, or its snapshot. */
  private long seenFrom;

  private RecoveryPlan(
      StateFiles stateFiles,
      String reason,
      int firstToScan,
      long cutFrom,
      long startOffset,
      boolean foreign,
      StateFiles.Loaded loaded) {
    this.stateFiles = stateFiles;
    this.reason = reason;
    this.firstToScan = firstToScan;
    this.cutFrom = cutFrom;
    this.startOffset = startOffset;
    this.foreign = foreign;
    this.loaded = loaded;
  }

  /** Looks at the checkpoint, and at the files that bear it out or do not. */
  static RecoveryPlan of(
      Storage storage,
      LogOptions options,
      @Nullable LogCheckpoint checkpoint,
      List<Long> bases,
      StateFiles stateFiles)
      throws IOException {
    long startMin = options.startOffsetMin();
    if (checkpoint == null && storage.exists(LogCheckpoint.FILE_NAME)) {
      stateFiles.rebuilt(LogCheckpoint.FILE_NAME, "a file that is not one", "a checkpoint");
    }
    if (bases.isEmpty()) {
      return withoutSegments(storage, startMin, checkpoint, stateFiles);
    }
    long lastBase = bases.getLast();
    long kept = checkpoint == null ? bases.getFirst() : checkpoint.startOffset();
    long start = Math.max(startMin, kept);
    int foreignFrom = floorIndex(bases, options.recoveryPoint());
    if (checkpoint == null) {
      String reason = "it has no checkpoint of ours";
      return foreign(stateFiles, bases, reason, foreignFrom, lastBase, start);
    }
    Closed closed = checkpoint.closed();
    if (closed == null) {
      long point = checkpoint.recoveryPoint();
      int from = stateFiles.loadEpochs() ? floorIndex(bases, checkpoint.scanFrom()) : 0;
      return scanning(stateFiles, bases, "it was not closed in order", from, point, start, false);
    }
    String lastLog = SegmentFile.name(lastBase, Kind.LOG);
    long lastBytes = storage.size(lastLog);
    if (checkpoint.scanFrom() > lastBase // another file of the same size and time
        || closed.endOffset() < lastBase
        || closed.sizeBytes() != lastBytes
        || closed.modifiedMillis() != storage.lastModifiedMillis(lastLog)) {
      // If it was cut, then by somebody who meant it; if not, what was durable is to stay.
      boolean whole = closed.endOffset() >= lastBase && lastBytes >= closed.sizeBytes();
      long cutFrom = whole ? closed.endOffset() : lastBase;
      String reason = "it was changed since it was closed";
      RecoveryPlan plan = foreign(stateFiles, bases, reason, foreignFrom, cutFrom, start);
      plan.closed = closed;
      plan.closedBase = checkpoint.scanFrom();
      return plan;
    }
    long end = closed.endOffset();
    if (!stateFiles.loadEpochs()) {
      return scanning(stateFiles, bases, "its leader epochs are missing", 0, end, start, false);
    }
    StateFiles.Loaded loaded = stateFiles.load(end);
    if (loaded.offset() == end) {
      return new RecoveryPlan(stateFiles, "", bases.size(), end, start, false, loaded);
    }
    String reason = "its snapshot of producers is missing";
    return scanning(stateFiles, bases, reason, bases.size() - 1, end, start, false);
  }

  /** What there was is gone, or nothing was there. */
  private static RecoveryPlan withoutSegments(
      Storage storage, long startMin, @Nullable LogCheckpoint checkpoint, StateFiles stateFiles)
      throws IOException {
    long start = Math.max(startMin, checkpoint == null ? 0 : checkpoint.startOffset());
    long end = Math.max(start, checkpoint == null ? 0 : checkpoint.recoveryPoint());
    String reason = end > start ? "its segments are missing" : "";
    if (end > start) {
      stateFiles.report(missing(storage, start, end, "the records that the checkpoint tells of"));
    }
    if (storage.exists(StateFiles.EPOCHS_FILE_NAME)) {
      stateFiles.loadEpochs();
    }
    return new RecoveryPlan(stateFiles, reason, 0, end, end, false, stateFiles.load(end));
  }

  /** Says that segments are gone whose offsets were given out. */
  static RecoveryDecision missing(Storage storage, long start, long end, String expected) {
    Path file = storage.directory().resolve(SegmentFile.name(start, Kind.LOG));
    return new RecoveryDecision(
        RecoveryDecision.Kind.MISSING_RECORDS, file, 0, 0, start, end, "no segment", expected);
  }

  /** What to do if the last segment cannot be taken over as it was left. */
  RecoveryPlan scanningLast(List<Long> bases) throws IOException {
    String reason = "an index of its last segment is missing or broken";
    return scanning(stateFiles, bases, reason, bases.size() - 1, cutFrom, startOffset, false);
  }

  /**
   * From a segment on, or from an earlier one if the state of producers at its base is not kept.
   * Only a state at a base serves: the transactions that end in a segment are found again from its
   * start on.
   */
  private static RecoveryPlan scanning(
      StateFiles stateFiles,
      List<Long> bases,
      String reason,
      int from,
      long cutFrom,
      long startOffset,
      boolean foreign)
      throws IOException {
    long fromBase = bases.get(from);
    StateFiles.Loaded loaded =
        stateFiles.load(
            offset -> offset <= fromBase && Collections.binarySearch(bases, offset) >= 0);
    int first = Math.min(from, floorIndex(bases, loaded.offset()));
    RecoveryPlan plan =
        new RecoveryPlan(stateFiles, reason, first, cutFrom, startOffset, foreign, loaded);
    plan.seenFrom = Math.max(loaded.offset(), bases.get(first));
    return plan;
  }

  /**
   * All of it, of a log about which nobody has told us what was promised; or what lies above the
   * recovery point of whoever wrote it.
   */
  private static RecoveryPlan foreign(
      StateFiles stateFiles,
      List<Long> bases,
      String reason,
      int from,
      long cutFrom,
      long startOffset)
      throws IOException {
    int first = stateFiles.loadEpochs() ? from : 0;
    return scanning(stateFiles, bases, reason, first, cutFrom, startOffset, true);
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

  /**
   * The recovery point: below it everything is durable; from it on nothing was promised, so that
   * what is not valid may be cut.
   */
  long cutFrom() {
    return cutFrom;
  }

  /** Whether somebody else has written to the log last, so that no offset was promised by us. */
  boolean isForeign() {
    return foreign;
  }

  /** Where the log ended when we closed it, before somebody else changed it; else the start. */
  long closedEnd() {
    return closed == null ? startOffset : closed.endOffset();
  }

  /**
   * Whether the last segment is gone, all of it and no more. Kafka leaves a log otherwise when it
   * truncates it: the segment in which it does so stays, empty if need be.
   *
   * <pre>
   *   closed                   [0, 500)  [500, 1000)
   *   the last file is lost    [0, 500)
   *   truncated to 500         [0, 500)  [500, 500)
   *   truncated to 400         [0, 400)
   * </pre>
   *
   * @param lastBase the base of the last segment that is there
   * @param end the offset after its last record
   */
  boolean hasLostItsLastSegment(long lastBase, long end) {
    return closed != null && lastBase < closedBase && end == closedBase && end < closed.endOffset();
  }

  /** The offset below which damage between valid batches is damage, and not a torn tail. */
  long durableEnd() {
    return foreign ? Long.MAX_VALUE : cutFrom;
  }

  /** The start offset that the checkpoint keeps, or the first base offset. */
  long startOffset() {
    return startOffset;
  }

  /** The state that {@link #replay} brings up to date. */
  PartitionState state() {
    return loaded.state();
  }

  /** Where the state began: what it has not seen lies below. */
  long stateOffset() {
    return loaded.offset();
  }

  /** Shows the state a batch that was scanned, at its position in a file. */
  void replay(Path file, long position, RecordBatch batch, TransactionIndex aborted) {
    stateFiles.replay(loaded, file, position, batch, aborted);
  }

  /** Writes the snapshot that belongs to a segment's base, as a roll would have, if need be. */
  void keepSnapshot(long offset) throws IOException {
    if (!stateFiles.adoptSnapshot(offset, loaded.state(), seenFrom)) {
      stateFiles.writeSnapshot(offset, loaded.state().producers());
    }
  }

  /** Looks at the snapshot that whoever closed the log has left at its end, if one is there. */
  void adoptLastSnapshot(long endOffset) throws IOException {
    if (stateFiles.hasSnapshot(endOffset) && endOffset > loaded.offset()) {
      stateFiles.adoptSnapshot(endOffset, loaded.state(), seenFrom);
    }
  }
}
