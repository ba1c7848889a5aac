package dev.varve.log.producer;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.varve.index.AbortedTransaction;
import dev.varve.index.TransactionIndex;
import dev.varve.log.record.CodecUnavailableException;
import dev.varve.log.record.EndTransactionMarker;
import dev.varve.log.record.InvalidBatchException;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordCursor;
import dev.varve.log.record.TransactionVersion;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a log remembers of its batches besides the batches: producers, transactions and leader
 * epochs. Fed with every batch in order, on append and on replay alike.
 *
 * <p>Thread safety: none; it belongs to whoever holds the log's write lock.
 */
public final class PartitionState {
  private final ProducerStates producers = new ProducerStates();
  private final ProducerOwners owners = new ProducerOwners(producers);
  private final RecordCursor markers = new RecordCursor();
  private LeaderEpochs epochs;

  /** Where the first batch that was seen begins; -1 if none was. */
  private long firstOffset = -1;

  private long nextOffset = -1;

  /** Where the last gap between two batches ends that were seen; -1 if there was none. */
  private long gapEnd = -1;

  /** Starts without producers and with the epochs that are known. */
  public PartitionState(LeaderEpochs epochs) {
    this.epochs = epochs;
  }

  /** The producers and their transactions. */
  public ProducerStates producers() {
    return producers;
  }

  /** Who appends as which producer in this process. */
  public ProducerOwners owners() {
    return owners;
  }

  /**
   * Decides whether a batch of a producer may be appended.
   *
   * @param version what a marker has to do with its producer's epoch
   * @return the base offset of the same batch in the log, or {@link ProducerStates#NEW}
   * @throws dev.varve.log.error.InvalidTransactionStateException if it is data that does not belong
   *     to the transaction that is open
   * @throws dev.varve.log.error.TransactionCoordinatorFencedException if it is a marker of a
   *     coordinator that was replaced
   * @throws dev.varve.log.record.InvalidBatchException if it is a control batch that marks nothing
   * @see ProducerStates#admit
   */
  public long admit(RecordBatch batch, TransactionVersion version) {
    owners.check(batch.producerId(), batch.producerEpoch());
    long original = producers.admit(batch);
    if (original == ProducerStates.NEW) {
      checkTransaction(batch, version);
    }
    return original;
  }

  private void checkTransaction(RecordBatch batch, TransactionVersion version) {
    EndTransactionMarker marker = batch.isControl() ? marker(batch) : null;
    if (marker != null) {
      producers.checkMarker(batch, marker, version);
    } else if (!batch.isControl()) {
      producers.checkData(batch, owners);
    }
  }

  /** The leader epochs, each with the offset at which it began. */
  public LeaderEpochs epochs() {
    return epochs;
  }

  /** The leader epochs, less those that begin below the start of the log. */
  public LeaderEpochs epochsFrom(long startOffset) {
    epochs = epochs.truncateFromStart(startOffset);
    return epochs;
  }

  /** Replaces the epochs, after the log lost its end or its beginning. */
  public void replaceEpochs(LeaderEpochs replacement) {
    epochs = replacement;
  }

  /**
   * Goes on with what batches have left in another state, which is not used any more. Who appends
   * as which producer stays.
   */
  public void replaceBy(PartitionState other) {
    producers.replaceBy(other.producers);
    epochs = other.epochs;
  }

  /**
   * Takes note of a batch.
   *
   * @param batch checked, not mapped; not kept
   * @param aborted takes the transaction that the batch, a marker, aborts
   */
  public void onBatch(RecordBatch batch, TransactionIndex aborted) {
    noteGap(batch);
    if (batch.leaderEpoch() > epochs.latestEpoch()) {
      epochs = epochs.assign(batch.leaderEpoch(), batch.baseOffset());
    }
    if (batch.hasProducerId()) {
      onProducerBatch(batch, aborted);
    }
  }

  private void noteGap(RecordBatch batch) {
    if (firstOffset < 0) {
      firstOffset = batch.baseOffset();
    } else if (batch.baseOffset() > nextOffset) {
      gapEnd = batch.baseOffset();
    }
    nextOffset = batch.nextOffset();
  }

  /**
   * Takes over from a snapshot of this moment what the batches that were seen cannot show: those of
   * before, and those that compaction took away, are not among them.
   *
   * @param offset where the log is
   * @param seenFrom from which offset on what there is was seen
   * @return what the snapshot says that cannot be, if so with what was expected; nothing is taken
   *     over then
   */
  public Optional<InvalidStateFileException> adopt(
      ProducerSnapshot snapshot, long offset, long seenFrom) {
    long inGaps = nextOffset < offset ? offset : Math.max(gapEnd, firstOffset);
    return producers.adopt(snapshot, Math.max(seenFrom, inGaps));
  }

  /**
   * Takes note of a batch that is in the log already, whatever it holds: a control batch that marks
   * nothing is passed over, as a checksum says only that these are the bytes somebody wrote.
   *
   * @return why it was passed over; null if it was not
   * @see #onBatch
   */
  @CanIgnoreReturnValue
  public @Nullable String replay(RecordBatch batch, TransactionIndex aborted) {
    try {
      onBatch(batch, aborted);
      return null;
    } catch (InvalidBatchException | CodecUnavailableException | IllegalArgumentException e) {
      return "a control batch that marks nothing: " + e.getMessage();
    }
  }

  /**
   * Takes note of a batch that another leader has written, with the epoch that it has: a lower one
   * than the latest cuts the history of epochs, as the log of that leader says.
   *
   * @see #replay
   */
  public void onReplicatedBatch(RecordBatch batch, TransactionIndex aborted) {
    if (batch.leaderEpoch() > LeaderEpochs.NO_EPOCH) {
      epochs = epochs.assign(batch.leaderEpoch(), batch.baseOffset());
    }
    replay(batch, aborted);
  }

  private void onProducerBatch(RecordBatch batch, TransactionIndex aborted) {
    EndTransactionMarker marker = batch.isControl() ? marker(batch) : null;
    if (marker == null) {
      producers.onBatch(batch);
      return;
    }
    AbortedTransaction transaction = producers.onMarker(batch, marker);
    // With a horizon, compaction has found that of the transaction there is nothing left.
    if (transaction != null && !batch.hasDeleteHorizon()) {
      aborted.append(transaction);
    }
  }

  /** The marker in a control batch; null if compaction emptied it, or if it is of another kind. */
  private @Nullable EndTransactionMarker marker(RecordBatch batch) {
    return markers.openUnchecked(batch).next() ? EndTransactionMarker.of(markers.record()) : null;
  }
}
