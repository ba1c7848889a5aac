package dev.varve.log.producer;

import dev.varve.log.error.ProducerFencedException;
import dev.varve.log.error.TransactionCoordinatorFencedException;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.TransactionVersion;

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

  void onDataBatch(RecordBatch batch) {
    epoch = batch.producerEpoch();
    lastSequence = batch.lastSequence();
    lastOffset = batch.lastOffset();
    offsetDelta = batch.lastOffsetDelta();
    timestamp = batch.maxTimestamp();
  }

  void beginTransaction(long firstOffset) {
    assert !hasOpenTransaction() : "a producer has one transaction at a time";
    currentTxnFirstOffset = firstOffset;
  }

  /** A marker with a new epoch forgets the last batch; one with the same epoch keeps it. */
  void onMarker(RecordBatch marker, int coordinatorEpoch) {
    if (epoch != marker.producerEpoch()) {
      epoch = marker.producerEpoch();
      lastSequence = ProducerEntry.NONE;
      lastOffset = ProducerEntry.NONE;
      offsetDelta = 0;
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

  long currentTxnFirstOffset() {
    return currentTxnFirstOffset;
  }

  boolean isExpired(long nowMillis, long expirationMillis) {
    return !hasOpenTransaction() && nowMillis - timestamp >= expirationMillis;
  }
}
