package dev.varve.log.producer;

import dev.varve.index.AbortedTransaction;
import dev.varve.index.TransactionIndex;
import dev.varve.log.record.EndTransactionMarker;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordCursor;

/**
 * What a log remembers of its batches besides the batches: producers, transactions and leader
 * epochs. Fed with every batch in order, on append and on replay alike.
 *
 * <p>Thread safety: none; it belongs to whoever holds the log's write lock.
 */
public final class PartitionState {
  private final ProducerStates producers = new ProducerStates();
  private final RecordCursor markers = new RecordCursor();
  private LeaderEpochs epochs;

  /** Starts without producers and with the epochs that are known. */
  public PartitionState(LeaderEpochs epochs) {
    this.epochs = epochs;
  }

  /** The producers and their transactions. */
  public ProducerStates producers() {
    return producers;
  }

  /** The leader epochs, each with the offset at which it began. */
  public LeaderEpochs epochs() {
    return epochs;
  }

  /** Replaces the epochs, after the log lost its end or its beginning. */
  public void replaceEpochs(LeaderEpochs replacement) {
    epochs = replacement;
  }

  /**
   * Takes note of a batch.
   *
   * @param batch checked, not mapped; not kept
   * @param aborted takes the transaction that the batch, a marker, aborts
   */
  public void onBatch(RecordBatch batch, TransactionIndex aborted) {
    if (batch.leaderEpoch() > epochs.latestEpoch()) {
      epochs = epochs.assign(batch.leaderEpoch(), batch.baseOffset());
    }
    if (batch.hasProducerId()) {
      onProducerBatch(batch, aborted);
    }
  }

  private void onProducerBatch(RecordBatch batch, TransactionIndex aborted) {
    if (!batch.isControl()) {
      producers.onBatch(batch);
      return;
    }
    if (!markers.openUnchecked(batch).next()) {
      return; // compaction emptied it
    }
    EndTransactionMarker marker = EndTransactionMarker.of(markers.record());
    if (marker == null) {
      return; // a control record of another kind
    }
    if (marker.outcome() == EndTransactionMarker.Outcome.COMMIT) {
      producers.onCommitMarker(batch, marker.coordinatorEpoch());
      return;
    }
    AbortedTransaction transaction = producers.onAbortMarker(batch, marker.coordinatorEpoch());
    if (transaction != null) {
      aborted.append(transaction);
    }
  }
}
