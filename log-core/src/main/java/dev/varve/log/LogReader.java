package dev.varve.log;

import dev.varve.log.error.CorruptLogException;
import dev.varve.log.error.DamagedRange;
import dev.varve.log.error.LogClosedException;
import dev.varve.log.error.LogTruncatedException;
import dev.varve.log.error.OffsetOutOfRangeException;
import dev.varve.log.record.InvalidBatchException;
import dev.varve.log.record.Record;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordCursor;
import dev.varve.log.segment.SegmentView;
import java.time.Duration;
import java.util.function.Consumer;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SystemNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * Reads the records of a log in order, from any offset, and follows the log as it grows. Makes no
 * garbage for a record.
 *
 * {@snippet :
 * try (LogReader reader = log.reader(offset)) {
 *   while (reader.next()) {
 *     use(reader.record()); // valid until the next call
 *   }
 * }
 * }
 *
 * <p>Every batch is checked against its checksum. Control records, which only mark the ends of
 * transactions, are left out unless they are asked for; so are, with {@link Visibility#COMMITTED},
 * the records of transactions that were aborted.
 *
 * <p>A reader holds a pin on the segment that it is in, and so keeps that segment's memory and
 * files; one that is done with is to be closed. Thread safety: for one thread.
 */
public final class LogReader implements AutoCloseable {
  /** The longest wait that can be counted in nanoseconds: 292 years. */
  private static final Duration FOREVER = Duration.ofNanos(Long.MAX_VALUE);

  /** Stands for a next batch of which nothing is known but that it is the first to be read. */
  private static final long UNKNOWN = -1;

  private final ReadPath readPath;
  private final Visibility visibility;
  private final AutoOffsetReset reset;
  private final IdleStrategy idleStrategy;
  private final RecordCursor cursor;
  private final RecordBatch batch = new RecordBatch();

  /** Null unless only committed records are shown. */
  private final @Nullable AbortedBatches aborted;

  private @Nullable SegmentView view;
  private long position;
  private long nextOffset;

  /** Where the next batch begins, if there is no gap before it. */
  private long expectedOffset = UNKNOWN;

  /** Below it, all was shown or left out on purpose, once the cursor has no more. */
  private long openBatchEnd;

  private boolean controlRecords;
  private @Nullable Consumer<DamagedRange> onDamage;
  private boolean closed;

  LogReader(
      ReadPath readPath,
      IdleStrategy idleStrategy,
      long offset,
      Visibility visibility,
      AutoOffsetReset reset) {
    this.readPath = readPath;
    this.visibility = visibility;
    this.reset = reset;
    this.idleStrategy = idleStrategy;
    this.cursor = readPath.newCursor();
    this.aborted = visibility == Visibility.COMMITTED ? new AbortedBatches(readPath) : null;
    readPath.checkOpen();
    this.nextOffset = offset;
    try {
      readPath.checkRange(offset);
    } catch (OffsetOutOfRangeException e) {
      this.nextOffset = readPath.reset(e, reset, visibility);
    }
  }

  /** Shows control records too. Returns this reader. */
  public LogReader withControlRecords() {
    controlRecords = true;
    return this;
  }

  /**
   * Passes over damage instead of throwing: each damaged range is told once, by the thread that
   * reads, and reading goes on behind it. That is at the next sound batch, if the damaged one's
   * length or the index leads to it, or else at the next segment. A reader with {@link
   * Visibility#DURABLE} waits before a range until all of its offsets are durable.
   *
   * @param onDamage is told each range before the first record behind it; what it throws comes out
   *     of {@link #next}
   * @return this reader
   */
  public LogReader skippingDamage(Consumer<DamagedRange> onDamage) {
    this.onDamage = onDamage;
    return this;
  }

  /**
   * Moves to the next record.
   *
   * @return false at the end of what may be seen; a later call may find more
   * @throws OffsetOutOfRangeException if the start of the log has moved past this reader, unless it
   *     has an {@link AutoOffsetReset}
   * @throws LogTruncatedException if what was read last is no longer in the log, which was
   *     truncated; {@link #seek} to where it was cut to go on
   * @throws CorruptLogException if the next batch is damaged, also when asked again; {@link #seek}
   *     past it to go on, or ask for {@link #skippingDamage}
   * @throws LogClosedException if this reader or the log was closed
   */
  public boolean next() {
    @Nullable CorruptLogException damaged;
    try {
      do {
        damaged = null;
        try {
          return nextRecord();
        } catch (InvalidBatchException e) {
          damaged = corrupt(e);
        } catch (CorruptLogException e) {
          damaged = e;
        } catch (OffsetOutOfRangeException e) {
          goTo(readPath.reset(e, reset, visibility));
        }
      } while (damaged == null || passOver(damaged));
      return false;
    } catch (InternalError e) {
      throw readPath.lostMemory(e);
    }
  }

  private boolean nextRecord() {
    do {
      while (cursor.next()) {
        long offset = cursor.record().offset();
        if (offset >= nextOffset && (controlRecords || !cursor.batch().isControl())) {
          nextOffset = offset + 1;
          return true;
        }
      }
    } while (nextBatch());
    return false;
  }

  private boolean nextBatch() {
    if (closed) {
      throw new LogClosedException("this reader was closed");
    }
    readPath.checkOpen();
    nextOffset = Math.max(nextOffset, openBatchEnd);
    readPath.checkNotBelowStart(nextOffset);
    SegmentView current = moveToBatch(view == null ? pin() : view);
    while (current != null) {
      // Base offsets lie outside of checksums, so each is held against those around it.
      long first = Math.min(batch.baseOffset(), nextOffset);
      current.checkOrder(batch, expectedOffset == UNKNOWN ? first : expectedOffset);
      long visibleEnd = readPath.visibleEnd(current, visibility);
      if (batch.nextOffset() <= visibleEnd) {
        open(Math.min(visibleEnd, current.segment().endOffset()));
        return true;
      }
      if (batch.nextOffset() <= current.cutOffset()) {
        if (batch.baseOffset() < visibleEnd) {
          cursor.open(batch).clear(); // few batches lie across: the header may be damaged
        }
        return false;
      }
      current = leaveCut(current);
      current = current == null ? null : moveToBatch(current);
    }
    return false;
  }

  /**
   * Opens the batch that was moved to, which may be seen.
   *
   * @param decidedEnd the end of what may be looked up of transactions at once
   */
  private void open(long decidedEnd) {
    cursor.open(batch);
    if (aborted != null && aborted.contains(cursor.batch(), decidedEnd)) {
      cursor.clear(); // after the checksum has borne out whose batch it is
    }
    position += batch.sizeBytes();
    nextOffset = Math.max(nextOffset, batch.baseOffset());
    openBatchEnd = batch.nextOffset();
    expectedOffset = openBatchEnd;
  }

  /** Moves to the next batch, in later segments if need be; null at the end. */
  private @Nullable SegmentView moveToBatch(SegmentView from) {
    SegmentView current = from;
    while (current != null && !current.hasBatchAt(position, batch)) {
      checkEndIsThere(current);
      if (!current.refresh()) {
        current = viewBehind(current);
      }
    }
    return current;
  }

  /** What to read when a view is at its end: itself again if there is more; null if nothing. */
  private @Nullable SegmentView viewBehind(SegmentView current) {
    SegmentView following = readPath.viewAfter(current.segment());
    boolean more = current.refresh(); // appended between the two looks, before the roll
    boolean cut = current.isCut();
    if (following == null || more || cut) {
      if (following != null) {
        following.release();
      }
      return more ? current : cut ? leaveCut(current) : null;
    }
    // If segments between the two are gone, then because the start has moved past this reader.
    view = following;
    position = 0;
    expectedOffset = following.segment().baseOffset();
    current.release();
    readPath.checkNotBelowStart(nextOffset);
    return following;
  }

  /**
   * Goes on where the log does since it was truncated under the view.
   *
   * @return what is to be read now; null if that is not there yet
   * @throws LogTruncatedException if more was read than is left
   */
  private @Nullable SegmentView leaveCut(SegmentView cut) {
    if (nextOffset > cut.cutOffset()) {
      throw readPath.truncated(nextOffset, cut.cutOffset());
    }
    unpin();
    SegmentView current = pin();
    return current.cutOffset() <= nextOffset ? null : current;
  }

  /** A batch that claims to lie behind the end of its segment, where one is missing before it. */
  private void checkEndIsThere(SegmentView current) {
    if (current.isFinal()
        && position < current.endPosition()
        && expectedOffset != UNKNOWN
        && expectedOffset < current.segment().endOffset()) {
      current.checkOrder(batch, expectedOffset);
    }
  }

  private SegmentView pin() {
    SegmentView pinned = readPath.viewAt(nextOffset);
    view = pinned;
    position = 0;
    expectedOffset = UNKNOWN;
    position = pinned.positionOf(nextOffset);
    if (position == 0) {
      expectedOffset = pinned.segment().baseOffset();
    }
    return pinned;
  }

  private CorruptLogException corrupt(InvalidBatchException e) {
    SegmentView current = view;
    if (current == null) {
      throw new IllegalStateException("no segment is pinned", e);
    }
    return current.corrupt(e.fault(), e);
  }

  /** Returns false if the damage may not be seen yet. */
  private boolean passOver(CorruptLogException damaged) {
    Consumer<DamagedRange> told = onDamage;
    DamagedRange damage = damaged.range();
    boolean visible = damage.endOffset() <= readPath.visibleEnd(view, visibility);
    openBatchEnd = 0;
    if (told == null || !visible) {
      unpin(); // so that the next call comes to the same batch, and says the same
      if (told == null) {
        throw damaged;
      }
      return false;
    }
    goOnBehind(damage);
    told.accept(damage);
    return true;
  }

  private void goOnBehind(DamagedRange damage) {
    SegmentView current = view;
    boolean inView = current != null && current.segment().path().equals(damage.file());
    if (current == null || !inView) {
      unpin(); // a segment that could not be pinned
      nextOffset = Math.max(nextOffset, damage.endOffset());
      return;
    }
    cursor.clear();
    position = damage.endPosition();
    expectedOffset = UNKNOWN;
    if (position < current.endPosition() || current.isFinal()) {
      // Otherwise the end is that of a log that grows: the next batch says where it begins.
      nextOffset = Math.max(nextOffset, damage.endOffset());
    }
  }

  /**
   * Moves to the next record, waiting for one to be appended if need be.
   *
   * @param timeout how long to wait
   * @return false if there was none within that time, or if the thread was interrupted, whose
   *     interrupt status is kept
   */
  public boolean awaitNext(Duration timeout) {
    long timeoutNanos = timeout.compareTo(FOREVER) < 0 ? timeout.toNanos() : FOREVER.toNanos();
    long begin = SystemNanoClock.INSTANCE.nanoTime();
    idleStrategy.reset();
    while (!next()) {
      if (SystemNanoClock.INSTANCE.nanoTime() - begin >= timeoutNanos
          || Thread.currentThread().isInterrupted()) {
        return false;
      }
      idleStrategy.idle();
    }
    return true;
  }

  /** The record that {@link #next} moved to: one view, always the same, moved along. */
  public Record record() {
    return cursor.record();
  }

  /** The header of the batch that the record is in, valid until the next call. */
  public RecordBatch batch() {
    return cursor.batch();
  }

  /** The lowest offset that the next record may have. */
  public long nextOffset() {
    return nextOffset;
  }

  /**
   * Goes to an offset, forwards or back.
   *
   * @throws OffsetOutOfRangeException if the log does not have it
   */
  public void seek(long offset) {
    readPath.checkOpen();
    readPath.checkRange(offset);
    goTo(offset);
  }

  private void goTo(long offset) {
    unpin();
    if (aborted != null) {
      aborted.clear();
    }
    nextOffset = offset;
    openBatchEnd = 0;
  }

  private void unpin() {
    cursor.clear();
    if (view != null) {
      view.release();
      view = null;
    }
  }

  /** Gives the memory back. Doing it twice is harmless. */
  @Override
  public void close() {
    closed = true;
    unpin();
  }
}
