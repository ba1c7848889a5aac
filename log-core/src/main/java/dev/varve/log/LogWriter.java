package dev.varve.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.log.error.DiskFullException;
import dev.varve.log.error.LogClosedException;
import dev.varve.log.error.LogException;
import dev.varve.log.error.LogIOException;
import dev.varve.log.error.OffsetOutOfRangeException;
import dev.varve.log.error.UnexpectedAppendOffsetException;
import dev.varve.log.producer.LeaderEpochs;
import dev.varve.log.producer.PartitionState;
import dev.varve.log.producer.ProducerStates;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.TransactionVersion;
import dev.varve.log.segment.ActiveSegment;
import dev.varve.log.segment.BatchRun;
import dev.varve.log.segment.RolledSegment;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.segment.SegmentList;
import dev.varve.log.storage.DiskFull;
import dev.varve.log.storage.Storage;
import java.io.IOException;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The one place where a log changes: appends, rolls, and every other change of the list of segments
 * happen here under the write lock. Batches come encoded and summed, so that the lock is held for a
 * stamp, a copy and an index entry.
 *
 * <p>Thread safety: safe for use by several threads; reads of the list take no lock.
 */
final class LogWriter {
  private static final long NO_ROLL = -1;

  /** For {@link #rollTo}: wherever the log ends when no append comes in between. */
  static final long AT_END = -1;

  /** What became of batches from a leader. */
  enum FollowerAppend {
    APPENDED,
    /** And the leader epochs are others than before. */
    APPENDED_WITH_EPOCHS,
    /** Not appended: before, the log has to be {@linkplain #rollTo rolled} to their offset. */
    NEEDS_ROLL
  }

  // Constant after construction.
  private final WriteLock writeLock = new WriteLock();
  private final Storage storage;
  private final LogOptions options;
  private final FailureLatch failure;
  private final FirstUndecided firstUndecided;

  // Read by all, changed under the write lock.
  private volatile SegmentList segments;
  private volatile AppendRules rules;

  /** Whether markers of this log's own may be written: a follower has its leader's. */
  private volatile boolean leads;

  private volatile boolean closed;

  /** Of a log that is not replicated, what was kept when it was, if it ever was. */
  private volatile long highWatermark;

  @GuardedBy("writeLock")
  private final PartitionState state;

  /**
   * The base of the segment that the last roll did not come to the end of making; or {@link
   * #NO_ROLL}. Its file may be there all the same, so nothing is appended to the last segment any
   * more: an open would take that for what lies below the new base.
   */
  @GuardedBy("writeLock")
  private long unfinishedRoll = NO_ROLL;

  LogWriter(
      Storage storage,
      LogOptions options,
      FailureLatch failure,
      SegmentList segments,
      PartitionState state,
      long highWatermark) {
    this.storage = storage;
    this.options = options;
    this.failure = failure;
    this.segments = segments;
    this.state = state;
    this.highWatermark = highWatermark;
    this.leads = !options.replicated();
    state.producers().timeTransactionsBy(options.clock());
    this.firstUndecided = new FirstUndecided(state.producers().firstUndecidedOffset());
    this.rules = rulesOf(options);
  }

  private AppendRules rulesOf(LogOptions configured) {
    return new AppendRules(storage.directory().toString(), options.clock(), configured);
  }

  /** What appends go by now, and how the log is configured. */
  AppendRules rules() {
    return rules;
  }

  /** Takes over what may change of the options of a log that is open. */
  void configure(LogOptions changed) {
    writeLock.lock();
    try {
      checkOpen();
      segments.active().configure(changed.segments());
      rules = rulesOf(changed);
    } finally {
      writeLock.unlock();
    }
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
   * The offset below which every transaction is decided, by a marker that no truncation takes away.
   * What was in the log before the call and lies below it is decided in every index that is looked
   * at afterwards.
   */
  long lastStableOffset() {
    long end = endOffset(); // first: what comes after it may be undecided
    return Math.min(firstUndecided.get(), end);
  }

  /**
   * Appends a batch, unless its producer repeats it.
   *
   * @return an {@link AppendAnswer}
   */
  long append(EncodedBatch batch) {
    rules.onRecords(batch);
    writeLock.lock();
    try {
      checkOpen();
      return appendLocked(batch, TransactionVersion.TV1);
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
        return AppendAnswer.repeated(original);
      }
    }
    ActiveSegment active = segments.active();
    long baseOffset = active.endOffset();
    long lastOffset = baseOffset + batch.lastOffsetDelta();
    try {
      if (mustRollFor(batch.sizeBytes(), batch.maxTimestamp(), lastOffset)) {
        active = roll(active, baseOffset);
      }
      active.reserveFor(batch.sizeBytes());
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
      holdBackReaders();
    }
    active.append(batch);
    if (batch.hasProducerId()) {
      releaseReaders();
    }
    return baseOffset;
  }

  /** Before they can see what may have begun a transaction. */
  @GuardedBy("writeLock")
  private void holdBackReaders() {
    firstUndecided.holdBackAt(state.producers().firstUndecidedOffset());
  }

  /** After they can see what may have ended a transaction. */
  @GuardedBy("writeLock")
  private void releaseReaders() {
    firstUndecided.releaseTo(state.producers().firstUndecidedOffset());
  }

  @GuardedBy("writeLock")
  private boolean mustRollFor(int batchBytes, long timestampMax, long lastOffset) {
    return unfinishedRoll != NO_ROLL
        || segments.active().mustRollFor(batchBytes, timestampMax, lastOffset, options.clock());
  }

  /** Appends the batches of a leader with the offsets and epochs that they have, all or none. */
  FollowerAppend appendAsFollower(BatchRun run) {
    rules.onRun(run.sizeBytes());
    writeLock.lock();
    try {
      checkOpen();
      return run.sizeBytes() == 0 ? FollowerAppend.APPENDED : appendLocked(run);
    } catch (InternalError e) {
      throw failure.fail("a store into mapped memory", e);
    } finally {
      writeLock.unlock();
    }
  }

  @GuardedBy("writeLock")
  private FollowerAppend appendLocked(BatchRun run) {
    leads = false;
    ActiveSegment active = segments.active();
    long end = active.endOffset();
    if (run.firstOffset() < end) {
      throw new UnexpectedAppendOffsetException(directory(), run.firstOffset(), end);
    }
    try {
      if (mustRollFor(run.sizeBytes(), run.timestampMax(), run.endOffset() - 1)) {
        if (run.firstOffset() > end) {
          return FollowerAppend.NEEDS_ROLL;
        }
        active = roll(active, end);
      }
      active.reserveFor(run.sizeBytes());
    } catch (IOException e) {
      throw noRoom(e);
    }
    LeaderEpochs before = state.epochs();
    for (int at = 0; at < run.sizeBytes(); at += run.batchAt(at).sizeBytes()) {
      state.onReplicatedBatch(run.batchAt(at), active.transactionIndex());
    }
    holdBackReaders();
    active.append(run);
    releaseReaders();
    return state.epochs().equals(before)
        ? FollowerAppend.APPENDED
        : FollowerAppend.APPENDED_WITH_EPOCHS;
  }

  /**
   * Begins a segment at the end of the log, wherever that is with {@link #AT_END}, or behind it, as
   * batches from a leader want it that have a gap before them, which the caller makes durable: an
   * open takes others for lost segments. If the log has gone further meanwhile, nothing happens.
   */
  void rollTo(long baseOffset) {
    writeLock.lock();
    try {
      checkOpen();
      ActiveSegment active = segments.active();
      long base = baseOffset == AT_END ? active.endOffset() : baseOffset;
      if (active.endOffset() < base || (active.endOffset() == base && active.sizeBytes() > 0)) {
        roll(active, base);
      }
    } catch (IOException e) {
      throw noRoom(e);
    } finally {
      writeLock.unlock();
    }
  }

  /** Everything that can fail is done before the list changes, the making of the file last. */
  @GuardedBy("writeLock")
  private ActiveSegment roll(ActiveSegment active, long baseOffset) throws IOException {
    if (unfinishedRoll != NO_ROLL && unfinishedRoll != baseOffset) {
      storage.delete(SegmentFile.name(unfinishedRoll, Kind.LOG));
    }
    unfinishedRoll = baseOffset;
    RolledSegment rolled = seal(active, baseOffset);
    ActiveSegment next = active.next(baseOffset, options.clock().time());
    boolean done = false;
    try {
      segments = segments.rolled(rolled, next);
      done = true;
    } finally {
      if (!done) {
        next.discard();
      }
    }
    unfinishedRoll = NO_ROLL;
    options.listener().segmentRolled(next.baseOffset());
    return next;
  }

  @GuardedBy("writeLock")
  private RolledSegment seal(ActiveSegment active, long nextBaseOffset) {
    return active.roll(nextBaseOffset, state.producers().snapshot());
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
      throw new LogClosedException(directory() + " was closed");
    }
    failure.check();
  }

  /** The file of a mapping has lost a page: the log stops, the process goes on. */
  LogException lostMemory(InternalError e) {
    return failure.fail("a load from mapped memory", e);
  }

  /** The directory, for messages. */
  String directory() {
    return storage.directory().toString();
  }

  /** Whether a transaction may be open that readers can see. */
  boolean mayHaveOpenTransaction() {
    return firstUndecided.get() != FirstUndecided.NONE;
  }

  /** Puts another list in the place of the list of segments, which does not change meanwhile. */
  void change(UnaryOperator<SegmentList> change) {
    writeLock.lock();
    try {
      segments = change.apply(segments);
    } finally {
      writeLock.unlock();
    }
  }

  /** The offset below which nothing is ever truncated. */
  long highWatermark() {
    return options.replicated() ? highWatermark : endOffset();
  }

  /** What the checkpoint keeps of the high watermark. */
  long keptHighWatermark() {
    return Math.min(highWatermark, endOffset());
  }

  /** Moves the high watermark of a replicated log up; one that is lower changes nothing. */
  void advanceHighWatermark(long offset) {
    if (!options.replicated()) {
      throw new IllegalStateException(
          directory() + " is not replicated, so that its high watermark is its end");
    }
    writeLock.lock();
    try {
      checkOpen();
      if (offset < 0 || offset > endOffset()) {
        throw new OffsetOutOfRangeException(offset, highWatermark, endOffset());
      }
      highWatermark = Math.max(highWatermark, offset);
      state.producers().replicatedTo(highWatermark);
      releaseReaders();
    } finally {
      writeLock.unlock();
    }
  }

  /** Keeps the log from changing until {@link #releaseAppends}, but for what is done here. */
  void holdAppends() {
    writeLock.lock();
  }

  /** Lets appends go on that {@link #holdAppends} has kept waiting. */
  void releaseAppends() {
    writeLock.unlock();
  }

  /** What the log remembers of its batches, for whoever holds appends. */
  @SuppressWarnings("GuardedBy") // the caller has the lock
  PartitionState heldState() {
    return state;
  }

  /** Does something with what the log remembers while it does not change otherwise. */
  <T extends @Nullable Object> T inTurn(Function<PartitionState, T> action) {
    writeLock.lock();
    try {
      return action.apply(state);
    } finally {
      writeLock.unlock();
    }
  }

  /** Appends a marker, for whoever holds appends, and returns its offset. */
  @SuppressWarnings("GuardedBy") // the caller has the lock
  long appendHeld(EncodedBatch marker, TransactionVersion version) {
    rules.onMarker(marker);
    try {
      return appendLocked(marker, version);
    } catch (InternalError e) {
      throw failure.fail("a store into mapped memory", e);
    }
  }

  /** Lets the log end its transactions itself, as their leader. */
  void lead() {
    leads = true;
  }

  /** Leaves the ends of transactions to a leader, unless the log has no replicas. */
  void follow() {
    leads = !options.replicated();
  }

  /** Whether the log decides about its transactions itself. */
  boolean leads() {
    return leads;
  }

  /** Replaces the epochs, for whoever holds appends. */
  @SuppressWarnings("GuardedBy") // the caller has the lock
  void replaceEpochs(LeaderEpochs epochs) {
    state.replaceEpochs(epochs);
  }

  /** Puts what a truncation has left in the place of all there was, for whoever holds appends. */
  @SuppressWarnings("GuardedBy") // the caller has the lock
  void replaceAll(SegmentList left, PartitionState stateLeft, long startOffset) {
    follow();
    highWatermark = Math.max(highWatermark, startOffset);
    state.replaceBy(stateLeft);
    state.producers().timeTransactionsBy(options.clock());
    if (options.replicated()) {
      state.producers().replicatedTo(highWatermark);
    }
    holdBackReaders();
    left.active().configure(rules.options().segments());
    segments = left;
    releaseReaders();
    unfinishedRoll = NO_ROLL;
  }

  /** Refuses appends from now on; returns whether that is new. */
  boolean close() {
    return inTurn(_ -> {
      boolean wasOpen = !closed;
      closed = true;
      return wasOpen;
    });
  }

  /** Ends the last segment of a log that was closed; the list of segments stays as it is. */
  RolledSegment sealLast() {
    writeLock.lock();
    try {
      return seal(segments.active(), segments.active().endOffset());
    } finally {
      writeLock.unlock();
    }
  }
}
