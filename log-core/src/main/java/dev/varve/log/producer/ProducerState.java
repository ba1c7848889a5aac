package dev.varve.log.producer;

import dev.varve.log.error.OutOfOrderSequenceException;
import dev.varve.log.error.ProducerFencedException;
import dev.varve.log.error.TransactionCoordinatorFencedException;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.TransactionVersion;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one producer now. Changed in place, so that following the batches of a known
 * producer makes no garbage.
 */
final class ProducerState {
  private final long producerId;
  private short epoch;
  private int lastSequence = ProducerEntry.NONE;
  private long lastOffset = ProducerEntry.NONE;
  private int offsetDelta;
  private long timestamp = ProducerEntry.NONE;
  private int coordinatorEpoch = ProducerEntry.NONE;
  private long currentTxnFirstOffset = ProducerEntry.NONE;
  private long transactionSinceMillis;

  /** Made with the second batch: of many producers only one is ever seen, in a snapshot. */
  private @Nullable EarlierBatches earlier;

  /** The next in the chain of all producers of a log. */
  private @Nullable ProducerState next;

  ProducerState(long producerId, short epoch) {
    this.producerId = producerId;
    this.epoch = epoch;
  }

  static ProducerState of(ProducerEntry entry) {
    ProducerState state = new ProducerState(entry.producerId(), entry.epoch());
    if (entry.hasBatch()) {
      state.lastSequence = entry.lastSequence();
      state.lastOffset = entry.lastOffset();
      state.offsetDelta = entry.offsetDelta();
    }
    state.timestamp = entry.timestamp();
    state.coordinatorEpoch = entry.coordinatorEpoch();
    state.currentTxnFirstOffset =
        entry.hasOpenTransaction() ? entry.currentTxnFirstOffset() : ProducerEntry.NONE;
    state.transactionSinceMillis = entry.timestamp();
    return state;
  }

  ProducerEntry toEntry() {
    return new ProducerEntry(
        producerId,
        epoch,
        lastSequence,
        lastOffset,
        offsetDelta,
        timestamp,
        coordinatorEpoch,
        currentTxnFirstOffset);
  }

  /**
   * Decides about a data batch that somebody wants to append.
   *
   * @return the base offset that it has, if it is one of the last five; -1 if it may be appended
   */
  long admit(RecordBatch batch) {
    checkEpoch(batch.producerEpoch());
    boolean sameEpoch = batch.producerEpoch() == epoch;
    if (sameEpoch && hasBatch()) {
      long original = baseOffsetOf(batch.lastSequence(), batch.lastOffsetDelta());
      if (original >= 0) {
        return original;
      }
    }
    int expected = sameEpoch ? nextSequence() : 0;
    if (batch.baseSequence() != expected) {
      throw new OutOfOrderSequenceException(
          producerId, batch.producerEpoch(), batch.baseSequence(), expected);
    }
    return ProducerEntry.NONE;
  }

  void checkEpoch(short found) {
    if (found < epoch) {
      throw new ProducerFencedException(producerId, found, epoch);
    }
  }

  private long baseOffsetOf(int last, int delta) {
    if (last == lastSequence && delta == offsetDelta) {
      return lastOffset - offsetDelta;
    }
    return earlier == null ? ProducerEntry.NONE : earlier.baseOffsetOf(last, delta);
  }

  private boolean hasBatch() {
    return lastOffset >= 0;
  }

  short epoch() {
    return epoch;
  }

  /** The offset of the last record in this epoch; -1 if there is none. */
  long lastOffset() {
    return lastOffset;
  }

  /** The sequence that the next batch of this epoch begins with. */
  int nextSequence() {
    return (lastSequence + 1) & Integer.MAX_VALUE; // 0 behind none, and behind the greatest
  }

  void onDataBatch(RecordBatch batch) {
    if (batch.producerEpoch() != epoch) {
      moveTo(batch.producerEpoch());
    } else if (hasBatch()) {
      remember();
    }
    lastSequence = batch.lastSequence();
    lastOffset = batch.lastOffset();
    offsetDelta = batch.lastOffsetDelta();
    timestamp = batch.maxTimestamp();
  }

  private void remember() {
    if (earlier == null) {
      earlier = new EarlierBatches();
    }
    earlier.add(lastSequence, lastOffset, offsetDelta);
  }

  /** Sequences begin anew with an epoch, so nothing of another one is a duplicate. */
  private void moveTo(short newEpoch) {
    epoch = newEpoch;
    lastSequence = ProducerEntry.NONE;
    lastOffset = ProducerEntry.NONE;
    offsetDelta = 0;
    if (earlier != null) {
      earlier.clear();
    }
  }

  void beginTransaction(long firstOffset, long sinceMillis) {
    assert !hasOpenTransaction() : "a producer has one transaction at a time";
    currentTxnFirstOffset = firstOffset;
    transactionSinceMillis = sinceMillis;
  }

  /** A marker with a new epoch forgets the last batch; one with the same epoch keeps it. */
  void onMarker(RecordBatch marker, int coordinatorEpoch) {
    if (epoch != marker.producerEpoch()) {
      moveTo(marker.producerEpoch());
    }
    timestamp = marker.maxTimestamp();
    this.coordinatorEpoch = coordinatorEpoch;
    currentTxnFirstOffset = ProducerEntry.NONE;
  }

  /**
   * Under the second version a marker has to bring a new epoch. It may come again, as the answer to
   * the first may have been lost; and the greatest epoch has none above it.
   */
  void checkMarker(short markerEpoch, int markerCoordinatorEpoch, TransactionVersion version) {
    boolean mayStay =
        version == TransactionVersion.TV1 || !hasOpenTransaction() || epoch == Short.MAX_VALUE;
    int lowest = mayStay ? epoch : epoch + 1;
    if (markerEpoch < lowest) {
      throw new ProducerFencedException(producerId, markerEpoch, lowest);
    }
    if (markerCoordinatorEpoch < coordinatorEpoch) {
      throw new TransactionCoordinatorFencedException(
          producerId, markerCoordinatorEpoch, coordinatorEpoch);
    }
  }

  boolean hasOpenTransaction() {
    return currentTxnFirstOffset != ProducerEntry.NONE;
  }

  /** The transaction that is open. */
  OpenTransaction openTransaction() {
    return new OpenTransaction(
        producerId,
        epoch,
        coordinatorEpoch,
        currentTxnFirstOffset,
        lastOffset,
        transactionSinceMillis);
  }

  long transactionSinceMillis() {
    return transactionSinceMillis;
  }

  /** A clock has begun to run, on which nothing has happened later than now. */
  void limitTransactionAge(long nowMillis) {
    boolean known = transactionSinceMillis >= 0 && transactionSinceMillis <= nowMillis;
    transactionSinceMillis = known ? transactionSinceMillis : nowMillis;
  }

  long currentTxnFirstOffset() {
    return currentTxnFirstOffset;
  }

  /**
   * Whether a snapshot may be right about the producer: it may know of a marker, of the beginning
   * of a transaction, or of later batches that are not in the log any more.
   *
   * @param unseenBelow the offset below which batches may have been that were not seen
   */
  boolean mayBe(ProducerEntry entry, long unseenBelow) {
    if (isBefore(entry) && entry.lastOffset() < unseenBelow) {
      return true;
    }
    boolean sameBatch =
        epoch == entry.epoch()
            && lastSequence == entry.lastSequence()
            && lastOffset == entry.lastOffset()
            && offsetDelta == entry.offsetDelta();
    boolean raisedByMarker = entry.epoch() > epoch && !entry.hasBatch();
    boolean emptied = timestamp == ProducerEntry.NONE; // the marker behind it may be, too
    boolean sameTransaction =
        currentTxnFirstOffset == entry.currentTxnFirstOffset()
            || (hasOpenTransaction()
                && (entry.hasOpenTransaction()
                    ? entry.currentTxnFirstOffset() < unseenBelow
                    : raisedByMarker || emptied));
    return (sameBatch || raisedByMarker) && sameTransaction;
  }

  /** Whether a snapshot knows of a later batch than the last that was seen. */
  private boolean isBefore(ProducerEntry entry) {
    return entry.lastOffset() > lastOffset && entry.epoch() >= epoch;
  }

  /** Takes over what a snapshot says that may be right. */
  void take(ProducerEntry entry) {
    boolean later = isBefore(entry);
    if (entry.epoch() != epoch) {
      moveTo(entry.epoch());
    }
    if (later) {
      lastSequence = entry.lastSequence();
      lastOffset = entry.lastOffset();
      offsetDelta = entry.offsetDelta();
      if (earlier != null) {
        earlier.clear(); // there may have been others between
      }
    }
    timestamp = entry.timestamp();
    transactionSinceMillis = entry.timestamp();
    coordinatorEpoch = entry.coordinatorEpoch();
    currentTxnFirstOffset =
        entry.hasOpenTransaction() ? entry.currentTxnFirstOffset() : ProducerEntry.NONE;
  }

  @Nullable ProducerState next() {
    return next;
  }

  void setNext(@Nullable ProducerState state) {
    next = state;
  }

  long producerId() {
    return producerId;
  }

  boolean isExpired(long nowMillis, long expirationMillis) {
    return !hasOpenTransaction() && nowMillis - timestamp >= expirationMillis;
  }
}
