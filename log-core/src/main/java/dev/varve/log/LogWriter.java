package dev.varve.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.log.error.BatchTooLargeException;
import dev.varve.log.error.DiskFullException;
import dev.varve.log.error.InvalidTransactionStateException;
import dev.varve.log.error.LogClosedException;
import dev.varve.log.error.LogIOException;
import dev.varve.log.producer.LeaderEpochs;
import dev.varve.log.producer.OpenTransaction;
import dev.varve.log.producer.PartitionState;
import dev.varve.log.producer.ProducerClaim;
import dev.varve.log.producer.ProducerName;
import dev.varve.log.producer.ProducerStates;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.EndTransactionMarker;
import dev.varve.log.record.EndTransactionMarker.Outcome;
import dev.varve.log.record.TimestampType;
import dev.varve.log.record.TransactionVersion;
import dev.varve.log.segment.ActiveSegment;
import dev.varve.log.segment.RolledSegment;
import dev.varve.log.segment.Segment;
import dev.varve.log.segment.SegmentList;
import dev.varve.log.storage.Storage;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The one place where a log changes: appends, rolls, and every other change of the list of segments
 * happen here under the write lock. Batches come encoded and summed, so that the lock is held for a
 * stamp, a copy and an index entry.
 *
 * <p>Thread safety: safe for use by several threads; reads of the list take no lock.
 */
final class LogWriter {
  // Constant after construction.
  private final WriteLock writeLock = new WriteLock();
  private final Storage storage;
  private final LogOptions options;
  private final FailureLatch failure;
  private final int batchBytesMax;
  private final boolean stampsTime;
  private final FirstUndecided firstUndecided;

  // Read by all, changed under the write lock.
  private volatile SegmentList segments;
  private volatile boolean closed;

  @GuardedBy("writeLock")
  private final PartitionState state;

  /**
   * Whether the last roll was not done to its end. The next segment's file may be there all the
   * same, so nothing is appended to the last one any more: an open would take that for what lies
   * below the new base.
   */
  @GuardedBy("writeLock")
  private boolean rollFailed;

  LogWriter(
      Storage storage,
      LogOptions options,
      FailureLatch failure,
      SegmentList segments,
      PartitionState state) {
    this.storage = storage;
    this.options = options;
    this.failure = failure;
    this.segments = segments;
    this.state = state;
    this.batchBytesMax = Math.min(options.batchBytesMax(), options.segmentBytesMax());
    state.producers().timeTransactionsBy(options.clock());
    this.firstUndecided = new FirstUndecided(state.producers().firstUndecidedOffset());
    this.stampsTime = options.timestampType() == TimestampType.LOG_APPEND_TIME;
  }

  /** The segments now. */
  SegmentList segments() {
    return segments;
  }

  /** The offset that the next record gets. */
  long endOffset() {
    return segments.active().endOffset();
  }

  /**
   * The offset below which every transaction is decided. What was in the log before the call and
   * lies below it is decided in every index that is looked at afterwards.
   */
  long lastStableOffset() {
    long end = endOffset(); // first: what comes after it may be undecided
    return Math.min(firstUndecided.get(), end);
  }

  /** Appends a batch, unless its producer repeats it, and returns its base offset. */
  long append(EncodedBatch batch) {
    return append(batch, TransactionVersion.TV1);
  }

  /** Appends a batch, a marker under a version perhaps, and returns its base offset. */
  long append(EncodedBatch batch, TransactionVersion version) {
    int batchBytes = batch.sizeBytes();
    if (batchBytes > batchBytesMax) {
      throw tooLarge(batchBytes);
    }
    if (stampsTime) {
      batch.stampLogAppendTime(options.clock().time());
    }
    writeLock.lock();
    try {
      checkOpen();
      return appendLocked(batch, version);
    } catch (InternalError e) {
      throw failure.fail("a store into mapped memory", e);
    } finally {
      writeLock.unlock();
    }
  }

  @GuardedBy("writeLock")
  private long appendLocked(EncodedBatch batch, TransactionVersion version) {
    if (batch.hasProducerId()) {
      long original = state.admit(batch.batch(), version);
      if (original != ProducerStates.NEW) {
        return original;
      }
    }
    ActiveSegment active = segments.active();
    long baseOffset = active.endOffset();
    long lastOffset = baseOffset + batch.lastOffsetDelta();
    try {
      if (rollFailed || active.mustRollFor(batch, lastOffset, options.clock())) {
        active = roll(active);
      }
      active.reserveFor(batch);
    } catch (IOException e) {
      throw noRoom(e);
    }
    int latestEpoch = state.epochs().latestEpoch();
    batch.stamp(baseOffset, Math.max(0, latestEpoch));
    if (latestEpoch < 0 || batch.hasProducerId()) {
      // Before the append: it refuses a control batch that it cannot read, which nobody has seen.
      state.onBatch(batch.batch(), active.transactionIndex());
    }
    if (batch.hasProducerId()) {
      appendToTransaction(active, batch);
    } else {
      active.append(batch);
    }
    return baseOffset;
  }

  /** Readers are held back before they can see the batch, and released after they can. */
  @GuardedBy("writeLock")
  private void appendToTransaction(ActiveSegment active, EncodedBatch batch) {
    long first = state.producers().firstUndecidedOffset();
    firstUndecided.holdBackAt(first);
    active.append(batch);
    firstUndecided.releaseTo(first);
  }

  /** Everything that can fail is done before the list changes, the making of the file last. */
  @GuardedBy("writeLock")
  private ActiveSegment roll(ActiveSegment active) throws IOException {
    rollFailed = true;
    RolledSegment rolled = seal(active);
    ActiveSegment next = active.next(options.clock().time());
    boolean done = false;
    try {
      segments = segments.rolled(rolled, next);
      done = true;
    } finally {
      if (!done) {
        next.discard();
      }
    }
    rollFailed = false;
    options.listener().segmentRolled(next.baseOffset());
    return next;
  }

  @GuardedBy("writeLock")
  private RolledSegment seal(ActiveSegment active) {
    return active.roll(state.producers().snapshot().format());
  }

  /**
   * Prepares space ahead of the next appends, without the write lock; returns how much was done.
   */
  int prepareSpace() {
    checkOpen();
    try {
      return segments.active().reserveAhead() ? 1 : 0;
    } catch (IOException e) {
      return 0; // the append that needs the space will say so, if there still is none
    } catch (InternalError e) {
      throw failure.fail("a touch of mapped memory", e);
    }
  }

  private BatchTooLargeException tooLarge(int batchBytes) {
    return new BatchTooLargeException(
        "batch of "
            + batchBytes
            + " bytes, expected at most "
            + batchBytesMax
            + " (max.message.bytes is "
            + options.batchBytesMax()
            + ", segment.bytes is "
            + options.segmentBytesMax()
            + ")");
  }

  private RuntimeException noRoom(IOException e) {
    String path = segments.active().path();
    if (DiskFull.isCauseOf(e)) {
      return new DiskFullException(path + ": no room on the disk for the next batch", e);
    }
    return new LogIOException(path + ": no space could be reserved: " + e.getMessage(), e);
  }

  /** Refuses calls on a log that was closed or has failed. */
  void checkOpen() {
    if (closed) {
      throw new LogClosedException(storage.directory() + " was closed");
    }
    failure.check();
  }

  /** Whether a transaction is open that readers can see. */
  boolean hasOpenTransaction() {
    return firstUndecided.get() != FirstUndecided.NONE;
  }

  /** The open transaction that began first on the clock; null if none is open. */
  @Nullable OpenTransaction oldestTransaction() {
    writeLock.lock();
    try {
      checkOpen();
      return state.producers().oldestTransaction();
    } finally {
      writeLock.unlock();
    }
  }

  /** The open transactions, by first offset. */
  List<OpenTransaction> openTransactions() {
    writeLock.lock();
    try {
      checkOpen();
      return state.producers().openTransactions();
    } finally {
      writeLock.unlock();
    }
  }

  /**
   * Aborts a transaction and fences its producer.
   *
   * @return false if it was ended meanwhile
   */
  boolean abort(OpenTransaction transaction) {
    writeLock.lock();
    try {
      checkOpen();
      OpenTransaction now = state.producers().openTransaction(transaction.producerId());
      if (now == null || now.firstOffset() != transaction.firstOffset()) {
        return false;
      }
      abortLocked(now);
      return true;
    } catch (InternalError e) {
      throw failure.fail("a store into mapped memory", e);
    } finally {
      writeLock.unlock();
    }
  }

  /** Aborts the transaction of a producer, who must have one. */
  OpenTransaction abortTransactionOf(long producerId) {
    writeLock.lock();
    try {
      checkOpen();
      OpenTransaction open = state.producers().openTransaction(producerId);
      if (open == null) {
        List<Long> others =
            state.producers().openTransactions().stream().map(OpenTransaction::producerId).toList();
        throw new InvalidTransactionStateException(
            "producer "
                + producerId
                + ": found no open transaction, expected one; producers with one: "
                + (others.isEmpty() ? "none" : others));
      }
      abortLocked(open);
      return open;
    } catch (InternalError e) {
      throw failure.fail("a store into mapped memory", e);
    } finally {
      writeLock.unlock();
    }
  }

  @GuardedBy("writeLock")
  private void abortLocked(OpenTransaction transaction) {
    EncodedBatch marker =
        new EndTransactionMarker(Outcome.ABORT, Math.max(0, transaction.coordinatorEpoch()))
            .encode(options.clock().time(), transaction.producerId(), transaction.fencingEpoch());
    if (stampsTime) {
      marker.stampLogAppendTime(options.clock().time());
    }
    appendLocked(marker, TransactionVersion.TV2);
  }

  /** Makes the caller the owner of a producer; whoever owned it before is fenced. */
  ProducerClaim claimProducer(ProducerName name) {
    writeLock.lock();
    try {
      checkOpen();
      OpenTransaction left = state.owners().openTransaction(name);
      if (left != null) {
        abortLocked(left);
      }
      return state.owners().claim(name);
    } catch (InternalError e) {
      throw failure.fail("a store into mapped memory", e);
    } finally {
      writeLock.unlock();
    }
  }

  /** Takes note that one who claimed a producer will not append any more. */
  void releaseProducer(ProducerName name) {
    writeLock.lock();
    try {
      state.owners().release(name);
    } finally {
      writeLock.unlock();
    }
  }

  /** Puts one segment in the place of another. */
  void replace(Segment old, Segment by) {
    writeLock.lock();
    try {
      segments = segments.replacing(old, by);
    } finally {
      writeLock.unlock();
    }
  }

  /** Takes the first segments out of the list. */
  void removeFirst(int count) {
    writeLock.lock();
    try {
      segments = segments.withoutFirst(count);
    } finally {
      writeLock.unlock();
    }
  }

  /** The leader epochs now, less those that begin below the start of the log. */
  LeaderEpochs epochs(long startOffset) {
    writeLock.lock();
    try {
      state.replaceEpochs(state.epochs().truncateFromStart(startOffset));
      return state.epochs();
    } finally {
      writeLock.unlock();
    }
  }

  /** Refuses appends from now on; returns whether that is new. */
  boolean close() {
    writeLock.lock();
    try {
      boolean wasOpen = !closed;
      closed = true;
      return wasOpen;
    } finally {
      writeLock.unlock();
    }
  }

  /** Ends the last segment of a log that was closed; the list of segments stays as it is. */
  RolledSegment sealLast() {
    writeLock.lock();
    try {
      return seal(segments.active());
    } finally {
      writeLock.unlock();
    }
  }
}
