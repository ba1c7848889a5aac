package dev.varve.log;

import dev.varve.log.error.CorruptRecordException;
import dev.varve.log.error.FencedLeaderEpochException;
import dev.varve.log.error.OffsetsOutOfOrderException;
import dev.varve.log.error.TruncationBelowHighWatermarkException;
import dev.varve.log.producer.LeaderEpochs;
import dev.varve.log.producer.PartitionState;
import dev.varve.log.record.EpochEnd;
import dev.varve.log.record.InvalidBatchException;
import dev.varve.log.record.LeaderEpoch;
import dev.varve.log.segment.BatchRun;
import dev.varve.log.segment.BatchRun.OutOfOrder;
import dev.varve.log.storage.DiskFull;
import dev.varve.log.storage.Storage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * A log as one of several replicas: begins the epoch of a leader, takes the batches of another,
 * gives up what a new leader does not have. Who leads, and what a follower asks its leader, is the
 * business of whoever uses this; a follower does, for each new leader:
 *
 * {@snippet :
 * Replica replica = log.replica();
 * EpochEnd end = ask(leader, replica.latestEpoch()); // the leader's endOffsetForEpoch
 * long ownEnd = replica.endOffsetForEpoch(end.epoch()).endOffset();
 * replica.truncateTo(Math.min(end.endOffset(), ownEnd)); // again if it was another epoch
 * while (isFollowing()) {
 *   replica.appendAsFollower(fetch(leader, log.offsets().endOffset()));
 *   replica.advanceHighWatermark(committedEndOf(leader));
 * }
 * }
 *
 * <p>Thread safety: safe for use by several threads.
 */
public final class Replica {
  private final Storage storage;
  private final LogOptions options;
  private final LogWriter writer;
  private final LogKeeper keeper;
  private final StateFiles stateFiles;
  private final ThreadLocal<BatchRun> runs = ThreadLocal.withInitial(BatchRun::new);

  Replica(Storage storage, LogOptions options, LogWriter writer, LogKeeper keeper) {
    this.storage = storage;
    this.options = options;
    this.writer = writer;
    this.keeper = keeper;
    this.stateFiles = new StateFiles(storage, decision -> {});
  }

  /**
   * Lets a leader begin: batches that are appended from now on get its epoch. It is durable when
   * this returns, as is all of the log, at whose end it begins.
   *
   * @param epoch 0 or more, at least the latest that the log has; that one changes nothing
   * @throws dev.varve.log.error.FencedLeaderEpochException if the log has a later epoch
   * @throws dev.varve.log.error.LogIOException if the epoch cannot be written; it has not begun
   *     then
   */
  public void beginEpoch(int epoch) {
    if (epoch < 0) {
      throw new IllegalArgumentException("leader epoch " + epoch + ", expected 0 or more");
    }
    keeper.hold();
    writer.holdAppends();
    try {
      writer.checkOpen();
      LeaderEpochs epochs = writer.heldState().epochs().truncateFromStart(keeper.startOffset());
      if (epoch < epochs.latestEpoch()) {
        throw new FencedLeaderEpochException(
            writer.directory()
                + ": found leader epoch "
                + epoch
                + ", expected at least "
                + epochs.latestEpoch());
      }
      keeper.force(); // an epoch that begins behind the end would be cut when the log is opened
      LeaderEpochs begun = epochs.assign(epoch, writer.endOffset());
      keeper.writeEpochs(begun);
      writer.replaceEpochs(begun);
      writer.lead();
    } finally {
      writer.releaseAppends();
      keeper.release();
    }
  }

  /**
   * Appends the batches of a leader with the offsets, epochs and producers that they have, all or
   * none. Gaps between offsets are lawful: compaction makes them. The log has to be {@linkplain
   * LogOptions.Builder#replicated replicated}.
   *
   * @param batches whole batches back to back, as {@link PinnedBatches} ships them; may be mapped,
   *     and is not needed afterwards
   * @return the end of the log then
   * @throws dev.varve.log.error.UnexpectedAppendOffsetException if they begin below the end
   * @throws dev.varve.log.error.OffsetsOutOfOrderException if their offsets go back
   * @throws dev.varve.log.error.CorruptRecordException if one of them is not whole, or damaged
   * @throws dev.varve.log.error.BatchTooLargeException if together they are larger than a segment
   * @throws dev.varve.log.error.DiskFullException if there is no room; appends go on when there is
   */
  public long appendAsFollower(MemorySegment batches) {
    checkReplicated("an open would take a gap for lost records");
    BatchRun run = checked(batches);
    boolean done = false;
    while (!done) {
      switch (writer.appendAsFollower(run)) {
        case APPENDED -> done = true;
        case APPENDED_WITH_EPOCHS -> {
          keepEpochs();
          done = true;
        }
        case NEEDS_ROLL -> rollTo(run.firstOffset());
      }
    }
    long end = run.sizeBytes() == 0 ? writer.endOffset() : run.endOffset();
    keeper.awaitAppended(end);
    return end;
  }

  private void checkReplicated(String why) {
    if (!options.replicated()) {
      throw new IllegalStateException(writer.directory() + " is not replicated: " + why);
    }
  }

  /** Those of the latest append, whoever did it: another one may keep them at the same time. */
  private void keepEpochs() {
    keeper.hold();
    try {
      keeper.writeEpochs(writer.inTurn(state -> state.epochsFrom(keeper.startOffset())));
    } finally {
      keeper.release();
    }
  }

  private BatchRun checked(MemorySegment batches) {
    try {
      return runs.get().fill(batches);
    } catch (InvalidBatchException e) {
      String message = writer.directory() + ": batches of a leader, " + e.fault();
      throw new CorruptRecordException(message, e);
    } catch (OutOfOrder e) {
      throw new OffsetsOutOfOrderException(
          writer.directory() + ": batches of a leader, " + e.getMessage());
    }
  }

  /** Begins a segment behind a gap in the offsets, and makes both durable. */
  private void rollTo(long baseOffset) {
    keeper.hold();
    try {
      writer.rollTo(baseOffset);
      keeper.settleAndKeepRecoveryPoint();
    } catch (IOException e) {
      throw DiskFull.exception(
          writer.directory() + ": the log could not be rolled to offset " + baseOffset, e);
    } finally {
      keeper.release();
    }
  }

  /** The leaders of the log, oldest first, each with the offset where it began. */
  public List<LeaderEpoch> leaderEpochs() {
    return epochs().entries();
  }

  private LeaderEpochs epochs() {
    return writer.inTurn(PartitionState::epochs);
  }

  /** The latest leader epoch, or -1 if there is none. */
  public int latestEpoch() {
    return epochs().latestEpoch();
  }

  /**
   * Where an epoch ended in this log, so that a follower that asks can cut what it has beyond.
   *
   * <pre>
   *   epochs (3, 0) (5, 1200) (8, 2000), log end 2600
   *
   *   epoch asked for    2          3 or 4       5, 6, 7      8          9, -1
   *   answer             (2, 0)     (3, 1200)    (5, 2000)    (8, 2600)  unknown
   * </pre>
   */
  public EpochEnd endOffsetForEpoch(int epoch) {
    return writer.inTurn(state -> state.epochs().endOffsetFor(epoch, writer.endOffset()));
  }

  /**
   * Moves the high watermark of a {@linkplain LogOptions.Builder#replicated replicated} log up: all
   * replicas that count have what lies below. It is kept from time to time, and by {@link
   * CommitLog#close}; after a crash it may be lower than it was, as what a leader says next will
   * set right.
   *
   * @param offset an offset, or the end; one below the high watermark changes nothing
   * @throws dev.varve.log.error.OffsetOutOfRangeException if it lies past the end
   */
  public void advanceHighWatermark(long offset) {
    writer.advanceHighWatermark(offset);
  }

  /**
   * Takes the end off the log, durably: all records from an offset on. If the offset lies inside a
   * batch, the whole batch goes, and the log ends where it began. At or above the end no record
   * goes; but a leader that had begun there and written nothing is forgotten in any case.
   *
   * <p>It is done whole or not at all, whatever crashes. Who waits for one of the records to be
   * durable, and a reader that has read one, hears {@link
   * dev.varve.log.error.LogTruncatedException}. Memory that a reader has pinned stays until it lets
   * go.
   *
   * @return the end of the log then
   * @throws dev.varve.log.error.TruncationBelowHighWatermarkException if that would lie below the
   *     high watermark, which is the end of a log that is not {@linkplain
   *     LogOptions.Builder#replicated replicated}
   * @throws dev.varve.log.error.DiskFullException if there is no room for the little that it takes;
   *     nothing has changed
   * @throws dev.varve.log.error.LogIOException if the disk fails before anything has changed
   * @throws dev.varve.log.error.LogFailedException if the disk fails afterwards: opening the log
   *     again finishes it
   */
  public long truncateTo(long offset) {
    alone(() -> {
      check(offset, offset);
      if (offset >= writer.endOffset()) {
        writer.follow();
        cutEpochsAtEnd();
        return false;
      }
      LogTruncation truncation =
          LogTruncation.to(offset, keeper.startOffset(), storage, options, writer.segments());
      check(offset, truncation.endOffset());
      truncate(truncation, keeper.startOffset());
      return true;
    });
    return writer.endOffset();
  }

  /**
   * Gives up the whole log, durably, and lets it go on empty at an offset: what a follower does
   * when its leader begins only behind its end. The log has to be {@linkplain
   * LogOptions.Builder#replicated replicated}.
   *
   * @param offset at least the high watermark, which it becomes
   * @see #truncateTo
   */
  public void truncateFullyAndStartAt(long offset) {
    checkReplicated("nobody has the records that it would give up");
    alone(() -> {
      check(offset, offset);
      truncate(
          LogTruncation.ofAll(offset, writer.highWatermark(), storage, options, writer.segments()),
          offset);
      return true;
    });
  }

  /**
   * Does something while nobody else uses the files or appends.
   *
   * @param truncation returns whether it has let go of memory
   */
  private void alone(BooleanSupplier truncation) {
    keeper.hold();
    try {
      if (inTurn(truncation)) {
        keeper.tryReclaim();
      }
    } finally {
      keeper.release();
    }
  }

  private boolean inTurn(BooleanSupplier truncation) {
    writer.holdAppends();
    try {
      writer.checkOpen();
      return truncation.getAsBoolean();
    } catch (InternalError e) {
      throw writer.lostMemory(e);
    } finally {
      writer.releaseAppends();
    }
  }

  /** All or nothing: what has begun is finished, by whoever opens the log if need be. */
  private void truncate(LogTruncation truncation, long start) {
    try (truncation) {
      keeper.force(); // so that what stays is as durable as the end that is kept
      truncation.prepare(stateFiles, writer.heldState());
      keeper.commit(truncation, start);
      keeper.finish(truncation, start);
    } catch (IOException e) {
      throw DiskFull.exception(writer.directory() + ": the log could not be truncated", e);
    }
  }

  /** What lies below the high watermark, and so below the start, is never taken back. */
  private void check(long offset, long endOffset) {
    long highWatermark = writer.highWatermark();
    if (Math.min(offset, endOffset) < highWatermark) {
      throw new TruncationBelowHighWatermarkException(
          writer.directory(), offset, endOffset, highWatermark);
    }
  }

  /** An epoch in which nothing was written yet may be one that another leader never heard of. */
  private void cutEpochsAtEnd() {
    LeaderEpochs cut =
        writer
            .heldState()
            .epochs()
            .truncateFromStart(keeper.startOffset())
            .truncateFromEnd(writer.endOffset());
    keeper.writeEpochs(cut);
    writer.replaceEpochs(cut);
  }
}
