package dev.varve.log;

import dev.varve.log.error.CorruptLogException;
import dev.varve.log.error.LogClosedException;
import dev.varve.log.record.InvalidBatchException;
import dev.varve.log.record.Record;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordCursor;
import dev.varve.log.segment.SegmentView;
import java.time.Duration;
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
 * transactions, are left out unless they are asked for.
 *
 * <p>A reader holds a pin on the segment that it is in, and so keeps that segment's memory and
 * files; one that is done with is to be closed. Thread safety: for one thread.
 */
public final class LogReader implements AutoCloseable {
  /** The longest wait that can be counted in nanoseconds: 292 years. */
  private static final Duration FOREVER = Duration.ofNanos(Long.MAX_VALUE);

  private final ReadPath readPath;
  private final IdleStrategy idleStrategy;
  private final RecordCursor cursor;
  private final RecordBatch batch = new RecordBatch();

  private @Nullable SegmentView view;
  private long position;
  private long nextOffset;

  /** Below it, all was shown or left out on purpose, once the cursor has no more. */
  private long openBatchEnd;

  private boolean controlRecords;
  private boolean closed;

  LogReader(ReadPath readPath, IdleStrategy idleStrategy, long offset) {
    this.readPath = readPath;
    this.idleStrategy = idleStrategy;
    this.cursor = readPath.newCursor();
    readPath.checkOpen();
    readPath.checkRange(offset);
    this.nextOffset = offset;
  }

  /** Shows control records too. Returns this reader. */
  public LogReader withControlRecords() {
    controlRecords = true;
    return this;
  }

  /**
   * Moves to the next record.
   *
   * @return false at the end of the log; a later call may find more
   * @throws dev.varve.log.error.OffsetOutOfRangeException if the start of the log has moved past
   *     this reader
   * @throws CorruptLogException if the next batch is damaged, also when asked again; {@link #seek}
   *     past it to go on
   * @throws LogClosedException if this reader or the log was closed
   */
  public boolean next() {
    try {
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
    } catch (InvalidBatchException e) {
      throw damaged(e);
    } catch (InternalError e) {
      throw readPath.lostMemory(e);
    }
  }

  private boolean nextBatch() {
    if (closed) {
      throw new LogClosedException("this reader was closed");
    }
    readPath.checkOpen();
    nextOffset = Math.max(nextOffset, openBatchEnd);
    readPath.checkNotBelowStart(nextOffset);
    SegmentView current = view == null ? pin() : view;
    while (!current.hasBatchAt(position, batch)) {
      if (!current.refresh()) {
        SegmentView following = readPath.viewAfter(current.segment());
        if (following == null) {
          return false;
        }
        if (current.refresh()) {
          following.release(); // appended between the two looks, before the roll
          continue;
        }
        // If segments between the two are gone, then because the start has moved past this reader.
        view = following;
        position = 0;
        current.release();
        current = following;
        readPath.checkNotBelowStart(nextOffset);
      }
    }
    cursor.open(batch);
    position += batch.sizeBytes();
    nextOffset = Math.max(nextOffset, batch.baseOffset());
    openBatchEnd = batch.nextOffset();
    return true;
  }

  private SegmentView pin() {
    SegmentView pinned = readPath.viewAt(nextOffset);
    boolean found = false;
    try {
      position = pinned.positionOf(nextOffset);
      found = true;
    } finally {
      if (!found) {
        pinned.release();
      }
    }
    view = pinned;
    return pinned;
  }

  private CorruptLogException damaged(InvalidBatchException e) {
    SegmentView current = view;
    String path = current == null ? "log" : current.segment().path();
    openBatchEnd = 0;
    unpin(); // so that the next call comes to the same batch, and says the same
    return new CorruptLogException(path, batch.position(), String.valueOf(e.getMessage()), e);
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
   * @throws dev.varve.log.error.OffsetOutOfRangeException if the log does not have it
   */
  public void seek(long offset) {
    readPath.checkOpen();
    readPath.checkRange(offset);
    unpin();
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
