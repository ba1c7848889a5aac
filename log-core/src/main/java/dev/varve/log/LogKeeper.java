package dev.varve.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.log.error.DiskFullException;
import dev.varve.log.error.LogClosedException;
import dev.varve.log.error.LogFailedException;
import dev.varve.log.error.LogIOException;
import dev.varve.log.error.OffsetOutOfRangeException;
import dev.varve.log.segment.ActiveSegment;
import dev.varve.log.segment.LogCheckpoint;
import dev.varve.log.segment.LogCheckpoint.Closed;
import dev.varve.log.segment.Reclaimer;
import dev.varve.log.segment.RolledSegment;
import dev.varve.log.segment.SealedSegment;
import dev.varve.log.segment.Segment;
import dev.varve.log.segment.SegmentDeletion;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.segment.SegmentList;
import dev.varve.log.segment.SegmentRetirement;
import dev.varve.log.storage.Storage;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.concurrent.EpochClock;

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
  private final EpochClock clock;
  private final Durability durability;
  private final StateFiles stateFiles;
  private final Reclaimer reclaimer = new Reclaimer();
  private final SegmentDeletion deletion;
  private final SegmentRetirement retirement;

  // Read by all, changed under the keeper's lock.
  private volatile long startOffset;
  private final DurableEnd durableEnd;

  /** The files of all segments below this base are as they will stay: forced, and trimmed. */
  @GuardedBy("keeperLock")
  private long scanFrom;

  /** When the last force was. */
  @GuardedBy("keeperLock")
  private long forcedMillis;

  /** The base of the newest segment whose name in the directory was forced. */
  @GuardedBy("keeperLock")
  private long namedBase = -1;

  LogKeeper(
      Storage storage,
      LogWriter writer,
      FailureLatch failure,
      LogOptions options,
      long startOffset,
      long recoveryPoint) {
    this.storage = storage;
    this.writer = writer;
    this.failure = failure;
    this.listener = options.listener();
    this.clock = options.clock();
    this.durability = options.durability();
    this.stateFiles = new StateFiles(storage, decision -> {});
    this.deletion = new SegmentDeletion(storage, reclaimer, listener::segmentDeleted);
    this.retirement = new SegmentRetirement(reclaimer, this::force);
    this.startOffset = startOffset;
    this.durableEnd = new DurableEnd(Math.min(recoveryPoint, writer.endOffset()));
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
        forceLocked();
      }
      scanFrom = writer.segments().active().baseOffset();
      writeCheckpoint(startOffset, scanFrom);
      deleteBelow(startOffset); // what a crash kept from being deleted
    } finally {
      keeperLock.unlock();
    }
  }

  /**
   * Returns when everything below an offset is durable. Of the callers that wait at the same time
   * one forces for all: a force covers what was appended before it began.
   */
  void awaitDurable(long endOffset) {
    writer.checkOpen();
    while (endOffset > durableEnd.get()) {
      if (durableEnd.leadOrAwait(endOffset)) {
        lead(endOffset);
      }
    }
  }

  private void lead(long endOffset) {
    keeperLock.lock();
    try {
      if (endOffset > durableEnd.get()) {
        writer.checkOpen();
        forceLocked();
      }
    } finally {
      keeperLock.unlock();
      durableEnd.endLead();
    }
  }

  @GuardedBy("keeperLock")
  private void forceLocked() {
    long end = writer.endOffset();
    SegmentList segments = writer.segments();
    try {
      for (int i = segments.size() - 1;
          i >= 0 && segments.get(i).endOffset() > durableEnd.get();
          i--) {
        switch (segments.get(i)) {
          case ActiveSegment active -> active.force();
          case RolledSegment rolled -> rolled.force();
          case SealedSegment _ -> {
            // was forced when it was settled
          }
        }
      }
      if (segments.active().baseOffset() > namedBase) {
        storage.forceDirectory();
        namedBase = segments.active().baseOffset();
      }
      durableEnd.moveTo(end);
      forcedMillis = clock.time();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Whether somebody waits for a force, or the time has come for one. */
  @GuardedBy("keeperLock")
  private boolean isForceDue() {
    return writer.endOffset() > durableEnd.get()
        && (durableEnd.isAwaited()
            || (durability instanceof Durability.Every every
                && Math.abs(clock.time() - forcedMillis) >= every.intervalMillis()));
  }

  private void forceDirectory() {
    try {
      storage.forceDirectory();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** What was to be forced may be lost although the next force succeeds: the log stops. */
  private LogFailedException failed(IOException e) {
    LogFailedException failed = failure.fail("a force", e);
    durableEnd.fail(failed);
    return failed;
  }

  /** Does what can be done now of the work behind the writer; returns how much it was. */
  int maintain() {
    keeperLock.lock();
    try {
      writer.checkOpen();
      int work = 0;
      if (isForceDue()) {
        forceLocked();
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

  /** Reclaims also when nothing can be settled: on a full disk, that is what makes space. */
  @GuardedBy("keeperLock")
  private int settleAndReclaim() {
    int work = 0;
    try {
      work += settle();
    } finally {
      work += reclaim();
    }
    return work;
  }

  @GuardedBy("keeperLock")
  private int settle() {
    int settled = 0;
    for (Segment segment : writer.segments().all()) {
      if (segment instanceof RolledSegment rolled) {
        SealedSegment sealed = settle(rolled);
        writer.replace(rolled, sealed);
        retirement.settled(rolled);
        settled++;
      }
    }
    return settled;
  }

  @GuardedBy("keeperLock")
  private SealedSegment settle(RolledSegment rolled) {
    force(rolled);
    SealedSegment sealed;
    try {
      sealed = rolled.settle();
      stateFiles.writeEpochs(writer.epochs(startOffset));
    } catch (IOException e) {
      throw new LogIOException(rolled.path() + " could not be settled: " + e.getMessage(), e);
    }
    forceDirectory();
    durableEnd.moveTo(rolled.endOffset());
    return sealed;
  }

  private void force(RolledSegment rolled) {
    try {
      rolled.force();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @GuardedBy("keeperLock")
  private int reclaim() {
    try {
      int reclaimed = reclaimer.reclaim();
      if (reclaimed > 0) {
        moveScanFrom();
      }
      return reclaimed;
    } catch (IOException e) {
      throw new LogIOException(
          storage.directory() + ": a segment could not be put in order: " + e.getMessage(), e);
    }
  }

  /** How many pins readers hold on memory that is no longer part of the log. */
  int retiredPins() {
    return reclaimer.retiredPins();
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
    new LogCheckpoint(start, durableEnd.get(), scanPoint, null).write(storage);
    forceDirectory();
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
      if (offset < 0 || offset > writer.endOffset()) {
        throw new OffsetOutOfRangeException(offset, startOffset, writer.endOffset());
      }
      if (offset <= startOffset) {
        return;
      }
      forceLocked();
      commitStart(offset);
      startOffset = offset;
      listener.startOffsetAdvanced(offset);
      deleteBelow(offset);
    } catch (IOException e) {
      String message = storage.directory() + ": the start could not be moved: " + e.getMessage();
      throw DiskFull.isCauseOf(e)
          ? new DiskFullException(message, e)
          : new LogIOException(message, e);
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
    writer.removeFirst(expired.size());
    for (Segment segment : expired) {
      retirement.deleted(segment);
      try {
        deletion.delete(segment);
      } catch (IOException e) {
        listener.maintenanceFailed("deletion", e);
      }
    }
    forceDirectory();
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
      retirement.giveUp(writer.segments());
    }
  }

  @GuardedBy("keeperLock")
  private void closeInOrder() throws IOException {
    forceLocked(); // before all that needs room, which there may not be
    settle();
    RolledSegment last = writer.sealLast();
    settle(last);
    retirement.settled(last);
    retirement.releaseSealed(writer.segments());
    reclaimer.reclaim();
    OptionalLong untrimmed = retirement.firstUntrimmed();
    long scanNext = untrimmed.orElse(last.baseOffset());
    Closed closed = untrimmed.isPresent() ? null : closed(last);
    new LogCheckpoint(startOffset, last.endOffset(), scanNext, closed).write(storage);
    forceDirectory();
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

  private Closed closed(RolledSegment last) throws IOException {
    String log = SegmentFile.name(last.baseOffset(), Kind.LOG);
    return new Closed(last.endOffset(), storage.size(log), storage.lastModifiedMillis(log));
  }
}
