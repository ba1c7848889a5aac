package dev.varve.log;

import dev.varve.log.producer.LeaderEpochs;
import dev.varve.log.producer.PartitionState;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.segment.ActiveSegment;
import dev.varve.log.segment.LogCheckpoint.Cut;
import dev.varve.log.segment.RolledSegment;
import dev.varve.log.segment.SealedSegment;
import dev.varve.log.segment.Segment;
import dev.varve.log.segment.SegmentDeletion;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.segment.SegmentFile.Stage;
import dev.varve.log.segment.SegmentList;
import dev.varve.log.segment.SegmentRecovery;
import dev.varve.log.segment.SegmentRetirement;
import dev.varve.log.segment.SegmentView;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One truncation of an open log: takes its end off and lets it go on from there.
 *
 * <pre>
 *   segments   [0, 100)  [100, 200)  [200, 300)  [300, ...
 *   cut to 250           stays       is cut      goes
 *   after it   [0, 100)  [100, 200)  [200, 250)  [250, ...
 * </pre>
 *
 * <p>Nothing is changed before {@link #apply}. What readers have mapped stays as it is: a segment
 * that is cut ends where the next one begins, its memory is let go of, and its file is cut when
 * nobody has it mapped any more. Until then, or if there is a crash before, the base of the next
 * segment says where it ends.
 *
 * <p>Thread safety: for whoever holds the keeper's lock, and appends.
 */
final class LogTruncation implements AutoCloseable {
  private final Storage storage;
  private final LogOptions options;
  private final SegmentList segments;

  /** How many segments stay whole. */
  private int kept;

  /** The segment that loses its end, if one does. */
  private @Nullable Segment cut;

  /** What stays of its file. */
  private long cutBytes;

  private long endOffset;

  private boolean leavesNothing;

  /** From where on no reader may be shown what it has mapped. */
  private long unreadableFrom;

  // Made before anything is changed, so that little can fail afterwards.
  private PartitionState state;
  private @Nullable SegmentRecovery left;
  private @Nullable StorageFile cutFile;

  private LogTruncation(Storage storage, LogOptions options, SegmentList segments) {
    this.storage = storage;
    this.options = options;
    this.segments = segments;
    this.state = new PartitionState(LeaderEpochs.NONE);
  }

  /**
   * Finds where the log has to be cut so that nothing is left from an offset on. If the offset lies
   * inside a batch, that is before this batch.
   *
   * @param startOffset of the log: what holds only lower offsets goes too
   * @throws dev.varve.log.error.CorruptLogException if damage hides where that is
   */
  static LogTruncation to(
      long offset, long startOffset, Storage storage, LogOptions options, SegmentList segments) {
    LogTruncation truncation = new LogTruncation(storage, options, segments);
    truncation.find(offset);
    if (truncation.endOffset == startOffset) {
      truncation.kept = 0;
      truncation.cut = null;
      truncation.leavesNothing = true;
    }
    truncation.unreadableFrom = truncation.endOffset;
    return truncation;
  }

  /**
   * Takes all there is away, so that the log is empty and goes on at an offset.
   *
   * @param highWatermark of what there is: readers may have seen what lies below
   */
  static LogTruncation ofAll(
      long offset, long highWatermark, Storage storage, LogOptions options, SegmentList segments) {
    LogTruncation truncation = new LogTruncation(storage, options, segments);
    truncation.endOffset = offset;
    truncation.unreadableFrom = highWatermark;
    truncation.leavesNothing = true;
    return truncation;
  }

  private void find(long offset) {
    int index = segments.floorIndex(offset);
    endOffset = offset;
    kept = Math.max(0, index);
    if (index < 0) {
      return;
    }
    Segment segment = segments.get(index);
    SegmentView view = segment.tryView();
    if (view == null) {
      throw new IllegalStateException(segment.path() + " left the log while it was held");
    }
    try {
      long position = view.positionOf(offset);
      RecordBatch batch = new RecordBatch();
      if (view.hasBatchAt(position, batch)) {
        endOffset = Math.min(offset, batch.baseOffset());
      }
      if (position > 0) {
        cut = segment;
        cutBytes = position;
      }
    } finally {
      view.release();
    }
  }

  /** Where the log will end. */
  long endOffset() {
    return endOffset;
  }

  /** The base of the first segment whose file will be cut; the end if none is. */
  long firstCutBase() {
    return cut == null ? endOffset : cut.baseOffset();
  }

  /** Whether the log is empty then, so that nothing is known of producers and leaders. */
  boolean leavesNothing() {
    return leavesNothing;
  }

  /** The cut that is to be made in a file. */
  List<Cut> cuts() {
    return cut == null ? List.of() : List.of(new Cut(cut.baseOffset(), cutBytes));
  }

  /**
   * Finds out what state the log will be in: reads what stays of the segment that is cut, and
   * before it what comes after the newest snapshot. Changes nothing.
   *
   * @param now the state of the log now
   */
  void prepare(StateFiles stateFiles, PartitionState now) throws IOException {
    if (leavesNothing) {
      return;
    }
    long base = firstCutBase();
    StateReplay replay = StateReplay.from(base, storage, options, stateFiles);
    state = replay.state();
    state.replaceEpochs(now.epochs().truncateFromEnd(endOffset));
    state.producers().takeUnreplicated(now.producers(), replay.offset());
    replay.readBelow(kept, segments);
    if (cut != null) {
      left = replay.read(cut, endOffset, cutBytes);
      if (cut instanceof SealedSegment) {
        cutFile = storage.open(SegmentFile.name(base, Kind.LOG));
      }
    }
  }

  /** What is left of a log. */
  record Left(SegmentList segments, PartitionState state) {}

  /**
   * Does it, but for what the caller has to force: the names in the directory. Only a process that
   * opens the log again can finish what fails half way.
   */
  Left apply(SegmentDeletion deletion, SegmentRetirement retirement) throws IOException {
    retirement.cutRetired(unreadableFrom);
    int stay = cut == null ? kept : kept + 1;
    for (int i = segments.size() - 1; i >= stay; i--) {
      retirement.deleted(segments.get(i));
      boolean keepsSnapshot = segments.get(i).baseOffset() == endOffset && !leavesNothing();
      deletion.deleteCut(ended(segments.get(i)), unreadableFrom, keepsSnapshot);
    }
    deleteRest(storage, leavesNothing() ? 0 : endOffset);
    List<Segment> before = new ArrayList<>(segments.all().subList(0, kept));
    if (cut != null && left != null) {
      let(ended(cut), retirement);
      List<Kind> differing = left.differingIndexes();
      for (Kind kind : differing) {
        storage.delete(SegmentFile.name(left.baseOffset(), kind)); // a reader may have it mapped
      }
      before.add(left.seal(differing, endOffset));
    }
    ActiveSegment active =
        ActiveSegment.create(storage, endOffset, options.segments(), options.clock().time());
    return new Left(SegmentList.of(before, active), state);
  }

  private static Segment ended(Segment segment) {
    return segment instanceof ActiveSegment active ? active.endForTruncation() : segment;
  }

  private void let(Segment segment, SegmentRetirement retirement) {
    switch (segment) {
      case SealedSegment sealed when cutFile != null -> {
        retirement.cut(sealed, cutFile, endOffset, cutBytes);
        cutFile = null;
      }
      case RolledSegment rolled -> retirement.cut(rolled, endOffset, cutBytes);
      default -> throw new IllegalStateException(segment.path());
    }
  }

  /** Deletes what segments from an offset on have left: all but the producers' state there. */
  static void deleteRest(Storage storage, long endOffset) throws IOException {
    for (String name : storage.list()) {
      SegmentFile file = SegmentFile.parse(name).orElse(null);
      if (file != null && file.stage() == Stage.CURRENT && isRest(file, endOffset)) {
        storage.delete(name);
      }
    }
  }

  private static boolean isRest(SegmentFile file, long endOffset) {
    return file.kind() == Kind.PRODUCER_SNAPSHOT
        ? file.baseOffset() > endOffset
        : file.baseOffset() >= endOffset;
  }

  /** Lets go of what was prepared and not used. */
  @Override
  public void close() {
    if (left != null) {
      left.discard();
    }
    if (cutFile != null) {
      try {
        cutFile.close();
      } catch (IOException e) {
        // nothing was written through it
      }
    }
  }
}
