package dev.varve.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.log.error.LogIOException;
import dev.varve.log.error.OffsetOutOfRangeException;
import dev.varve.log.segment.ActiveSegment;
import dev.varve.log.segment.LogCheckpoint;
import dev.varve.log.segment.LogCheckpoint.Closed;
import dev.varve.log.segment.Reclaimer;
import dev.varve.log.segment.Reclaimer.AfterClose;
import dev.varve.log.segment.RolledSegment;
import dev.varve.log.segment.SealedSegment;
import dev.varve.log.segment.Segment;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.segment.SegmentFile.Stage;
import dev.varve.log.segment.SegmentList;
import dev.varve.log.segment.SegmentMemory;
import dev.varve.log.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

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
  private final StateFiles stateFiles;
  private final Reclaimer reclaimer = new Reclaimer();

  // Read by all, changed under the keeper's lock.
  private volatile long startOffset;
  private volatile long durableEnd;

  /** The files of all segments below this base are as they will stay: forced, and trimmed. */
  @GuardedBy("keeperLock")
  private long scanFrom;

  /** The base of the newest segment whose name in the directory was forced. */
  @GuardedBy("keeperLock")
  private long namedBase = -1;

  /** The bases of settled segments whose files still have the space that was reserved for them. */
  private final Set<Long> untrimmed = ConcurrentHashMap.newKeySet();

  LogKeeper(
      Storage storage,
      LogWriter writer,
      FailureLatch failure,
      LogListener listener,
      long startOffset,
      long recoveryPoint) {
    this.storage = storage;
    this.writer = writer;
    this.failure = failure;
    this.listener = listener;
    this.stateFiles = new StateFiles(storage, List.of());
    this.startOffset = startOffset;
    this.durableEnd = Math.min(recoveryPoint, writer.endOffset());
  }

  long startOffset() {
    return startOffset;
  }

  long durableEnd() {
    return durableEnd;
  }

  /**
   * Takes back what an orderly close said: from now on the files may be ahead of the checkpoint.
   */
  void open() throws IOException {
    keeperLock.lock();
    try {
      scanFrom = writer.segments().active().baseOffset();
      writeCheckpoint(startOffset);
    } finally {
      keeperLock.unlock();
    }
  }

  /** Forces everything that was appended before the call. */
  void force() {
    writer.checkOpen();
    long end = writer.endOffset();
    if (end <= durableEnd) {
      return;
    }
    keeperLock.lock();
    try {
      writer.checkOpen();
      forceLocked();
    } finally {
      keeperLock.unlock();
    }
  }

  @GuardedBy("keeperLock")
  private void forceLocked() {
    long end = writer.endOffset();
    SegmentList segments = writer.segments();
    try {
      for (int i = segments.size() - 1; i >= 0 && segments.get(i).endOffset() > durableEnd; i--) {
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
      durableEnd = Math.max(durableEnd, end);
    } catch (IOException e) {
      throw failure.fail("a force", e);
    }
  }

  /** Does what can be done now of the work behind the writer; returns how much it was. */
  int maintain() {
    int work = reserveAhead() ? 1 : 0;
    keeperLock.lock();
    try {
      writer.checkOpen();
      work += settle();
      work += reclaim();
      return work;
    } finally {
      keeperLock.unlock();
    }
  }

  private boolean reserveAhead() {
    try {
      return writer.segments().active().reserveAhead();
    } catch (IOException e) {
      return false; // the append that needs the space will say so, if there still is none
    } catch (InternalError e) {
      throw failure.fail("a touch of mapped memory", e);
    }
  }

  @GuardedBy("keeperLock")
  private int settle() {
    int settled = 0;
    for (Segment segment : writer.segments().all()) {
      if (segment instanceof RolledSegment rolled) {
        SealedSegment sealed = settle(rolled);
        writer.replace(rolled, sealed);
        reclaimer.retire(rolled.memory(), () -> trim(rolled));
        settled++;
      }
    }
    return settled;
  }

  @GuardedBy("keeperLock")
  private SealedSegment settle(RolledSegment rolled) {
    try {
      rolled.force();
    } catch (IOException e) {
      throw failure.fail("a force", e);
    }
    try {
      SealedSegment sealed = rolled.settle();
      stateFiles.writeEpochs(writer.epochs(startOffset));
      untrimmed.add(rolled.baseOffset());
      durableEnd = Math.max(durableEnd, rolled.endOffset());
      return sealed;
    } catch (IOException e) {
      throw new LogIOException(rolled.path() + " could not be settled: " + e.getMessage(), e);
    }
  }

  private void trim(RolledSegment rolled) throws IOException {
    rolled.trim();
    untrimmed.remove(rolled.baseOffset());
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
      if (!(segment instanceof SealedSegment) || untrimmed.contains(segment.baseOffset())) {
        point = segment.baseOffset();
        break;
      }
    }
    if (point > scanFrom) {
      scanFrom = point;
      writeCheckpoint(startOffset);
    }
  }

  @GuardedBy("keeperLock")
  private void writeCheckpoint(long start) throws IOException {
    new LogCheckpoint(start, durableEnd, scanFrom, null).write(storage);
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
      settle();
      writeCheckpoint(offset);
      startOffset = offset;
      listener.startOffsetAdvanced(offset);
      deleteBelow(offset);
    } catch (IOException e) {
      throw new LogIOException(
          storage.directory() + ": the start could not be moved: " + e.getMessage(), e);
    } finally {
      keeperLock.unlock();
    }
  }

  @GuardedBy("keeperLock")
  private void deleteBelow(long offset) throws IOException {
    List<SealedSegment> expired = new ArrayList<>();
    for (Segment segment : writer.segments().all()) {
      if (segment.endOffset() > offset || !(segment instanceof SealedSegment sealed)) {
        break;
      }
      expired.add(sealed);
    }
    if (expired.isEmpty()) {
      return;
    }
    writer.removeFirst(expired.size());
    for (SealedSegment segment : expired) {
      List<String> names = setAside(segment.baseOffset());
      untrimmed.remove(segment.baseOffset());
      SegmentMemory memory = segment.retire();
      if (memory == null) {
        delete(segment.baseOffset(), names);
      } else {
        reclaimer.retire(memory, () -> delete(segment.baseOffset(), names));
      }
    }
    storage.forceDirectory();
  }

  /** Renames the files of a segment, so that a crash does not leave it half deleted. */
  private List<String> setAside(long baseOffset) throws IOException {
    List<String> names = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      SegmentFile file = new SegmentFile(baseOffset, kind, Stage.CURRENT);
      if (storage.exists(file.name())) {
        String aside = file.in(Stage.DELETED).name();
        storage.rename(file.name(), aside);
        names.add(aside);
      }
    }
    return names;
  }

  private void delete(long baseOffset, List<String> names) throws IOException {
    for (String name : names) {
      storage.delete(name);
    }
    listener.segmentDeleted(baseOffset);
  }

  /**
   * Leaves the files as an orderly close does: forced, trimmed, indexed, with the snapshot of the
   * producers and the epochs; and says so in the checkpoint, unless a reader still has memory
   * pinned, so that a file could not be trimmed.
   *
   * @param last what the active segment became
   */
  void close(RolledSegment last) {
    keeperLock.lock();
    try {
      if (failure.isSet()) {
        abandon(last);
        return;
      }
      settle();
      settle(last);
      reclaimer.retire(last.memory(), () -> trim(last));
      releaseMemory();
      reclaimer.reclaim();
      durableEnd = last.endOffset();
      new LogCheckpoint(startOffset, last.endOffset(), last.baseOffset(), closed(last))
          .write(storage);
    } catch (IOException e) {
      throw new LogIOException(
          storage.directory() + " could not be closed in order: " + e.getMessage(), e);
    } finally {
      keeperLock.unlock();
    }
  }

  /**
   * Gives back what the process holds of a log that has failed, and leaves its files as they are.
   */
  @GuardedBy("keeperLock")
  private void abandon(RolledSegment last) throws IOException {
    for (Segment segment : writer.segments().all()) {
      if (segment instanceof RolledSegment rolled) {
        reclaimer.retire(rolled.memory(), rolled::abandon);
      }
    }
    reclaimer.retire(last.memory(), last::abandon);
    releaseMemory();
    reclaimer.reclaim();
  }

  @GuardedBy("keeperLock")
  private @Nullable Closed closed(RolledSegment last) throws IOException {
    if (!untrimmed.isEmpty()) {
      return null;
    }
    String log = SegmentFile.name(last.baseOffset(), Kind.LOG);
    return new Closed(last.endOffset(), storage.size(log), storage.lastModifiedMillis(log));
  }

  private void releaseMemory() {
    for (Segment segment : writer.segments().all()) {
      if (segment instanceof SealedSegment sealed) {
        SegmentMemory memory = sealed.retire();
        if (memory != null) {
          reclaimer.retire(memory, AfterClose.NOTHING);
        }
      }
    }
  }
}
