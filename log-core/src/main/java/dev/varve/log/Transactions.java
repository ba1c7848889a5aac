package dev.varve.log;

import dev.varve.log.error.InvalidTransactionStateException;
import dev.varve.log.producer.OpenTransaction;
import dev.varve.log.producer.PartitionState;
import dev.varve.log.producer.ProducerClaim;
import dev.varve.log.producer.ProducerName;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.EndTransactionMarker;
import dev.varve.log.record.EndTransactionMarker.Outcome;
import dev.varve.log.record.TransactionVersion;
import java.util.List;
import java.util.function.Function;
import org.agrona.concurrent.EpochClock;
import org.jspecify.annotations.Nullable;

/**
 * The transactions of a log: which are open, and how they end. A {@link Producer} ends its own;
 * this is for those who coordinate transactions themselves, or end what nobody else will.
 *
 * <p>It decides and appends in one turn at the writer, so that nothing comes between.
 *
 * <p>Thread safety: safe for use by several threads.
 */
public final class Transactions {
  private final LogWriter writer;
  private final LogKeeper keeper;
  private final EpochClock clock;

  Transactions(LogWriter writer, LogKeeper keeper, LogOptions options) {
    this.keeper = keeper;
    this.writer = writer;
    this.clock = options.clock();
  }

  /**
   * Makes the caller the owner of a producer; whoever owned it before is fenced, and a transaction
   * that was left open is aborted.
   */
  ProducerClaim claim(ProducerName name) {
    return inTurn(state -> {
      OpenTransaction left = state.owners().openTransaction(name);
      if (left != null) {
        abortHeld(left);
      }
      return state.owners().claim(name);
    });
  }

  /** Takes note that one who claimed a producer will not append any more. */
  void release(ProducerName name) {
    writer.holdAppends();
    try {
      writer.heldState().owners().release(name);
    } finally {
      writer.releaseAppends();
    }
  }

  /**
   * Ends a producer's transaction by a control batch, for embedders that coordinate transactions
   * themselves, perhaps over several logs. A marker without an open transaction is lawful: the
   * coordinator need not know whether the producer has data in this log.
   *
   * @param producerId the producer, 0 or more
   * @param epoch what the marker carries: the producer's epoch, or a higher one, which the producer
   *     goes on with
   * @param outcome whether the transaction's records count
   * @param coordinatorEpoch the coordinator's epoch, 0 or more
   * @param version under {@link TransactionVersion#TV2} the epoch has to be higher than that of an
   *     open transaction
   * @return the offset of the marker
   * @throws dev.varve.log.error.ProducerFencedException if the producer has a newer epoch, or under
   *     {@link TransactionVersion#TV2} this very one
   * @throws dev.varve.log.error.TransactionCoordinatorFencedException if a coordinator with a
   *     higher epoch has ended a transaction of the producer
   * @throws dev.varve.log.error.DiskFullException if there is no room; the transaction stays open
   */
  public long end(
      long producerId,
      short epoch,
      Outcome outcome,
      int coordinatorEpoch,
      TransactionVersion version) {
    if (producerId < 0 || epoch < 0 || coordinatorEpoch < 0) {
      throw new IllegalArgumentException(
          "producer "
              + producerId
              + ", epoch "
              + epoch
              + ", coordinator epoch "
              + coordinatorEpoch
              + "; expected each 0 or more");
    }
    EncodedBatch marker =
        new EndTransactionMarker(outcome, coordinatorEpoch).encode(clock.time(), producerId, epoch);
    long offset = inTurn(state -> writer.appendHeld(marker, version));
    keeper.awaitAppended(offset + 1);
    return offset;
  }

  /**
   * Commits the transaction of an owner of a producer, if it is still all there.
   *
   * @param firstOffset where the owner has seen it begin
   * @throws InvalidTransactionStateException if it does not begin there any more: it was truncated,
   *     or ended by somebody else
   */
  void commit(long producerId, short epoch, long firstOffset, int coordinatorEpoch) {
    EncodedBatch marker =
        new EndTransactionMarker(Outcome.COMMIT, coordinatorEpoch)
            .encode(clock.time(), producerId, epoch);
    long offset =
        inTurn(state -> {
          state.admit(marker.batch(), TransactionVersion.TV1); // refuses who was fenced
          OpenTransaction open = state.producers().openTransaction(producerId);
          if (open == null || open.firstOffset() != firstOffset) {
            throw new InvalidTransactionStateException(
                "producer "
                    + producerId
                    + ": found "
                    + (open == null ? "no open transaction" : "one from " + open.firstOffset())
                    + ", expected that from offset "
                    + firstOffset);
          }
          return writer.appendHeld(marker, TransactionVersion.TV1);
        });
    keeper.awaitAppended(offset + 1);
  }

  /** The open transaction that began first on the clock; null if none is open. */
  @Nullable OpenTransaction oldest() {
    return inTurn(state -> state.producers().oldestTransaction());
  }

  /**
   * Aborts a transaction and fences its producer.
   *
   * @return false if it was ended meanwhile, or the log follows a leader now
   */
  boolean abort(OpenTransaction transaction) {
    return inTurn(state -> {
      OpenTransaction now = state.producers().openTransaction(transaction.producerId());
      if (!writer.leads() || now == null || now.firstOffset() != transaction.firstOffset()) {
        return false;
      }
      abortHeld(now);
      return true;
    });
  }

  /** The transactions that are open now, by first offset. */
  public List<TransactionInfo> open() {
    return inTurn(
        state -> state.producers().openTransactions().stream().map(TransactionInfo::of).toList());
  }

  /**
   * Aborts the open transaction of a producer, whoever owns it, and fences the producer: what a
   * time-out does, for a transaction that nobody will end any more.
   *
   * @return the transaction, as it was
   * @throws dev.varve.log.error.InvalidTransactionStateException if the producer has none open; the
   *     message names those who have
   * @throws dev.varve.log.error.DiskFullException if there is no room; the transaction stays open
   */
  public TransactionInfo abort(long producerId) {
    OpenTransaction aborted = abortOpen(producerId);
    keeper.awaitAppended(writer.endOffset());
    return TransactionInfo.of(aborted);
  }

  private OpenTransaction abortOpen(long producerId) {
    return inTurn(state -> {
      OpenTransaction open = state.producers().openTransaction(producerId);
      if (open == null) {
        throw noTransaction(producerId, state);
      }
      abortHeld(open);
      return open;
    });
  }

  private InvalidTransactionStateException noTransaction(long producerId, PartitionState state) {
    List<Long> others =
        state.producers().openTransactions().stream().map(OpenTransaction::producerId).toList();
    return new InvalidTransactionStateException(
        "producer "
            + producerId
            + ": found no open transaction, expected one; producers with one: "
            + (others.isEmpty() ? "none" : others));
  }

  private <T extends @Nullable Object> T inTurn(Function<PartitionState, T> action) {
    return writer.inTurn(state -> {
      writer.checkOpen();
      return action.apply(state);
    });
  }

  private void abortHeld(OpenTransaction transaction) {
    long producerId = transaction.producerId();
    int epochMin = writer.heldState().owners().epochMin(producerId);
    EncodedBatch marker =
        new EndTransactionMarker(Outcome.ABORT, Math.max(0, transaction.coordinatorEpoch()))
            .encode(clock.time(), producerId, transaction.fencingEpoch(epochMin));
    writer.appendHeld(marker, TransactionVersion.TV2);
  }
}
