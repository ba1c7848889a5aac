package dev.varve.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.log.error.LogClosedException;
import dev.varve.log.error.LogException;
import dev.varve.log.error.LogFailedException;
import dev.varve.log.error.LogIOException;
import dev.varve.log.error.OffsetOutOfRangeException;
import dev.varve.log.producer.LeaderEpochs;
import dev.varve.log.segment.LogCheckpoint;
import dev.varve.log.segment.Reclaimer;
import dev.varve.log.segment.RolledSegment;
import dev.varve.log.segment.SealedSegment;
import dev.varve.log.segment.Segment;
import dev.varve.log.segment.SegmentDeletion;
import dev.varve.log.segment.SegmentRetirement;
import dev.varve.log.storage.DiskFull;
import dev.varve.log.storage.Storage;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps the files of a log in order behind its writer: forces what was appended, settles what was
 * rolled, deletes what the start offset has passed, and writes the checkpoint. It never takes the
 * write lock for longer than to swap the list of segments.
 *
 * <p>Thread safety: safe for use by several threads; its own lock lets one of them at a time do
 * I/O.
 */
final class LogKeeper {
  // Constant after construction.
  private final ReentrantLock keeperLock = new ReentrantLock();
  private final Storage storage;
  private final LogWriter writer;
  private final FailureLatch failure;
  private final LogListener listener;
  private final LogForce force;
  private final StateFiles stateFiles;
  private final Reclaimer reclaimer = new Reclaimer();
  private final SegmentDeletion deletion;
  private final SegmentRetirement retirement;
  private final CheckpointFile checkpoints;
  private final SegmentReplacement replacement;

  // Read by all, changed under the keeper's lock.
  private volatile long startOffset;
  private volatile boolean closedInOrder;
  private final DurableEnd durableEnd;
  private final GroupCommit groupCommit;

  /** The files of all segments below this base are as they will stay: forced, and trimmed. */
  @GuardedBy("keeperLock")
  private long scanFrom;

  LogKeeper(
      Storage storage,
      LogWriter writer,
      FailureLatch failure,
      LogOptions options,
      LogRecovery.Recovered recovered) {
    this.storage = storage;
    this.writer = writer;
    this.failure = failure;
    this.listener = options.listener();
    this.stateFiles = new StateFiles(storage, decision -> {});
    this.deletion =
        new SegmentDeletion(
            storage,
            reclaimer,
            listener::segmentDeleted,
            options.clock(),
            () -> writer.rules().options().fileDeleteDelayMillis());
    this.durableEnd = new DurableEnd(Math.min(recovered.recoveryPoint(), writer.endOffset()));
    this.force = new LogForce(storage, writer, failure, durableEnd, options);
    this.retirement = new SegmentRetirement(reclaimer, force::file);
    this.groupCommit = new GroupCommit(keeperLock, writer, force, durableEnd);
    this.checkpoints =
        new CheckpointFile(storage, writer, retirement, durableEnd, recovered.firstDirtyOffset());
    this.replacement =
        new SegmentReplacement(storage, writer, force, checkpoints, durableEnd, reclaimer, options);
    this.startOffset = recovered.startOffset();
  }

  long startOffset() {
    return startOffset;
  }

  DurableEnd durableEnd() {
    return durableEnd;
  }

  /**
   * Takes back what an orderly close said: from now on the files may be ahead of the checkpoint.
   *
   * @param foreign whether somebody else wrote the log last: what was found is made durable then,
   *     so that a later recovery takes only what we wrote for what may be cut
   */
  void open(boolean foreign) throws IOException {
    keeperLock.lock();
    try {
      if (foreign) {
        force.all();
      }
      scanFrom = writer.segments().active().baseOffset();
      writeCheckpoint(startOffset, scanFrom);
      deleteBelow(startOffset); // what a crash kept from being deleted
    } finally {
      keeperLock.unlock();
    }
  }

  /** Returns when what was appended is as durable as an append has to be when it returns. */
  void awaitAppended(long endOffset) {
    if (writer.rules().options().durability() instanceof Durability.PerAppend) {
      awaitDurable(endOffset);
    }
  }

  /** Returns when everything below an offset is durable. */
  void awaitDurable(long endOffset) {
    groupCommit.awaitDurable(endOffset);
  }

  /** Does what can be done now of the work behind the writer; returns how much it was. */
  int maintain() {
    keeperLock.lock();
    try {
      writer.checkOpen();
      int work = 0;
      if (force.isDue()) {
        force.all();
        work++;
      }
      return work + settleAndReclaim();
    } catch (LogFailedException e) {
      durableEnd.fail(e);
      throw e;
    } finally {
      keeperLock.unlock();
    }
  }

  /** How many segments wait to be settled or reclaimed. */
  long backlog() {
    long rolled = writer.segments().all().stream().filter(RolledSegment.class::isInstance).count();
    return rolled + reclaimer.backlog();
  }

  /** Reclaims also when nothing can be settled: on a full disk, that is what makes space. */
  @GuardedBy("keeperLock")
  private int settleAndReclaim() {
    int settled;
    try {
      settled = settle();
    } catch (LogException e) { // that the log has stopped counts, not that a file stays
      tryReclaim();
      throw e;
    }
    return settled + reclaim();
  }

  @GuardedBy("keeperLock")
  private int settle() {
    int settled = 0;
    for (Segment segment : writer.segments().all()) {
      if (segment instanceof RolledSegment rolled) {
        SealedSegment sealed = settle(rolled);
        writer.change(list -> list.replacing(rolled, sealed));
        retirement.settled(rolled);
        settled++;
      }
    }
    return settled;
  }

  @GuardedBy("keeperLock")
  private SealedSegment settle(RolledSegment rolled) {
    force.rolled(rolled);
    SealedSegment sealed;
    try {
      sealed = rolled.settle();
      stateFiles.writeEpochs(writer.inTurn(state -> state.epochsFrom(startOffset)));
    } catch (IOException e) {
      throw new LogIOException(rolled.path() + " could not be settled: " + e.getMessage(), e);
    }
    force.directory();
    durableEnd.moveTo(rolled.endOffset());
    return sealed;
  }

  @GuardedBy("keeperLock")
  private int reclaim() {
    try {
      try {
        return reclaimer.reclaim();
      } finally {
        moveScanFrom(); // also when one of several could not be reclaimed
      }
    } catch (IOException e) {
      throw new LogIOException(
          storage.directory() + ": a segment could not be put in order: " + e.getMessage(), e);
    }
  }

  /** How many pins readers hold on memory that is no longer part of the log. */
  int retiredPins() {
    return reclaimer.retiredPins();
  }

  /** Whether the file of a sealed segment is yet to be put in order. */
  boolean isUntrimmed(SealedSegment sealed) {
    return retirement.isUntrimmed(sealed);
  }

  /** A later open scans from the first segment that is not settled and trimmed. */
  @GuardedBy("keeperLock")
  private void moveScanFrom() throws IOException {
    long point = writer.segments().active().baseOffset();
    for (Segment segment : writer.segments().all()) {
      if (!(segment instanceof SealedSegment) || retirement.isUntrimmed(segment)) {
        point = segment.baseOffset();
        break;
      }
    }
    if (point > scanFrom) {
      writeCheckpoint(startOffset, point);
      scanFrom = point;
    }
  }

  @GuardedBy("keeperLock")
  private void writeCheckpoint(long start, long scanPoint) throws IOException {
    checkpoints.write(start, scanPoint);
    force.directory();
  }

  /**
   * Moves the start of the log, durably, and deletes the segments that lie below it.
   *
   * <pre>
   *   segments   [0, 100)  [100, 200)  [200, ...
   *   advanceStartOffset(150)   deletes [0, 100); offsets 100 to 149 can no longer be read
   * </pre>
   */
  void advanceStartOffset(long offset) {
    keeperLock.lock();
    try {
      writer.checkOpen();
      long limit = writer.highWatermark(); // what lies above it may still become another record
      if (offset < 0 || offset > limit) {
        throw new OffsetOutOfRangeException(offset, startOffset, limit);
      }
      if (offset <= startOffset) {
        return;
      }
      force.all();
      commitStart(offset);
      startOffset = offset;
      listener.startOffsetAdvanced(offset);
      deleteBelow(offset);
    } catch (IOException e) {
      throw DiskFull.exception(storage.directory() + ": the start could not be moved", e);
    } finally {
      keeperLock.unlock();
    }
  }

  /** The offset below which the log was compacted, or {@link LogCheckpoint#NONE}. */
  long firstDirtyOffset() {
    return checkpoints.firstDirtyOffset();
  }

  /** Keeps, durably, that the log was compacted up to an offset. */
  void keepFirstDirtyOffset(long offset) throws IOException {
    keeperLock.lock();
    try {
      writer.checkOpen();
      checkpoints.writeFirstDirtyOffset(offset);
      force.directory();
    } finally {
      keeperLock.unlock();
    }
  }

  /** How segments are replaced, for whoever {@linkplain #hold holds} the files. */
  SegmentReplacement replacement() {
    return replacement;
  }

  /** Keeps everybody else from the log's files until {@link #release}. */
  void hold() {
    keeperLock.lock();
  }

  /** Lets others go on that {@link #hold} has kept waiting. */
  void release() {
    keeperLock.unlock();
  }

  /** Makes everything durable that was appended, also the name of an empty segment. */
  void force() {
    keeperLock.lock();
    try {
      writer.checkOpen();
      force.all();
    } finally {
      keeperLock.unlock();
    }
  }

  /** Makes all durable that there is, and known to later opens that it is. */
  void settleAndKeepRecoveryPoint() throws IOException {
    keeperLock.lock();
    try {
      force.all();
      settle();
      writeCheckpoint(startOffset, scanFrom);
    } finally {
      keeperLock.unlock();
    }
  }

  /** Makes the leader epochs durable. */
  void writeEpochs(LeaderEpochs epochs) {
    keeperLock.lock();
    try {
      stateFiles.writeEpochs(epochs);
      force.directory();
    } catch (IOException e) {
      String what = storage.directory() + ": the leader epochs could not be written";
      throw DiskFull.exception(what, e);
    } finally {
      keeperLock.unlock();
    }
  }

  /**
   * Makes a truncation durable before it is done: from then on, whoever opens the log does it.
   *
   * @param start of the log after it
   */
  void commit(LogTruncation truncation, long start) throws IOException {
    keeperLock.lock();
    try {
      scanFrom = Math.min(scanFrom, truncation.firstCutBase());
      checkpoints.writeTruncating(start, truncation.endOffset(), scanFrom, truncation.cuts());
      force.directory();
    } finally {
      keeperLock.unlock();
    }
  }

  /** Does a truncation that is committed, for whoever holds appends. */
  void finish(LogTruncation truncation, long start) {
    long end = truncation.endOffset();
    keeperLock.lock();
    try {
      LogTruncation.Left left = truncation.apply(deletion, retirement);
      writer.replaceAll(left.segments(), left.state(), start);
      startOffset = start;
      durableEnd.truncate(storage.directory().toString(), end);
      durableEnd.moveTo(end);
      stateFiles.writeEpochs(left.state().epochs().truncateFromStart(start));
      if (!truncation.leavesNothing()) {
        stateFiles.writeSnapshot(end, left.state().producers());
      }
      force.directory(end);
      writeCheckpoint(start, scanFrom);
      listener.truncated(end);
    } catch (IOException | RuntimeException e) {
      throw force.failed("a truncation that had begun", e);
    } finally {
      keeperLock.unlock();
    }
  }

  /** Unmaps and cuts what can be; the rest is tried again in the background. */
  void tryReclaim() {
    keeperLock.lock();
    try {
      reclaim();
    } catch (LogIOException e) {
      listener.maintenanceFailed("reclaim", e);
    } finally {
      keeperLock.unlock();
    }
  }

  /** Who gives up records may do so to make room, so that there is none for the checkpoint. */
  @GuardedBy("keeperLock")
  private void commitStart(long offset) throws IOException {
    List<Segment> expiring = SegmentDeletion.below(offset, writer.segments());
    try {
      commitStart(offset, expiring);
    } catch (IOException e) {
      if (!DiskFull.isCauseOf(e)) {
        throw e;
      }
      deletion.deleteCaches(expiring);
      commitStart(offset, expiring);
    }
  }

  /** What the last of them knows of producers would be known to nobody: it may not be settled. */
  @GuardedBy("keeperLock")
  private void commitStart(long offset, List<Segment> expiring) throws IOException {
    if (!expiring.isEmpty() && expiring.getLast() instanceof RolledSegment rolled) {
      rolled.keepProducers();
    }
    writeCheckpoint(offset, scanFrom);
  }

  /** The start has moved; files that cannot be deleted now are deleted later. */
  @GuardedBy("keeperLock")
  private void deleteBelow(long offset) {
    List<Segment> expired = SegmentDeletion.below(offset, writer.segments());
    if (expired.isEmpty()) {
      return;
    }
    writer.change(list -> list.withoutFirst(expired.size()));
    for (Segment segment : expired) {
      retirement.deleted(segment);
      try {
        deletion.delete(segment);
      } catch (IOException e) {
        listener.maintenanceFailed("deletion", e);
      }
    }
    force.directory();
    try {
      reclaimer.reclaim();
    } catch (IOException e) {
      listener.maintenanceFailed("deletion", e);
    }
  }

  /**
   * Leaves the files as an orderly close does: forced, trimmed, indexed, with the snapshot of the
   * producers and the epochs; and says so in the checkpoint, unless a reader still has memory
   * pinned, so that a file could not be trimmed.
   */
  void close() {
    keeperLock.lock();
    try {
      closeOrGiveUp();
    } catch (IOException e) {
      throw new LogIOException(
          storage.directory() + " could not be closed in order: " + e.getMessage(), e);
    } finally {
      keeperLock.unlock();
      durableEnd.fail(new LogClosedException(storage.directory() + " was closed"));
    }
  }

  @GuardedBy("keeperLock")
  private void closeOrGiveUp() throws IOException {
    try {
      if (!failure.isSet()) {
        closeInOrder();
      }
    } finally {
      replacement.forget();
      retirement.giveUp(writer.segments());
    }
  }

  @GuardedBy("keeperLock")
  private void closeInOrder() throws IOException {
    force.all(); // before all that needs room, which there may not be
    replacement.giveUp();
    settle();
    RolledSegment last = writer.sealLast();
    settle(last);
    retirement.settled(last);
    retirement.releaseSealed(writer.segments());
    reclaimer.reclaim();
    OptionalLong untrimmed = retirement.firstUntrimmed();
    long scanNext = untrimmed.orElse(last.baseOffset());
    checkpoints.writeClosed(startOffset, last, scanNext, untrimmed.isEmpty());
    force.directory();
    closedInOrder = untrimmed.isEmpty();
  }

  /** Whether the log was closed, and all its files were left as a clean stop leaves them. */
  boolean isClosedInOrder() {
    return closedInOrder;
  }

  /** Gives back memory that readers had pinned when the log was closed. */
  void closeAgain() {
    keeperLock.lock();
    try {
      reclaimer.giveUp();
    } finally {
      keeperLock.unlock();
    }
  }
}
