package dev.varve.log.producer;

/**
 * What a snapshot keeps of one producer.
 *
 * @param producerId the producer, 0 or more
 * @param epoch the epoch of its last batch or marker
 * @param lastSequence the sequence of the last record of its last batch in that epoch, or -1
 * @param lastOffset the offset of that record; negative if it has no batch in that epoch
 * @param offsetDelta how far that batch's base offset lies below {@code lastOffset}; 0 if there is
 *     none
 * @param timestamp that batch's largest timestamp, or the timestamp of a marker that came after it;
 *     milliseconds
 * @param coordinatorEpoch the epoch of the transaction coordinator in the last marker, or -1
 * @param currentTxnFirstOffset the base offset of the first batch of its open transaction, or -1
 */
public record ProducerEntry(
    long producerId,
    short epoch,
    int lastSequence,
    long lastOffset,
    int offsetDelta,
    long timestamp,
    int coordinatorEpoch,
    long currentTxnFirstOffset) {

  /** Stands for "none" in every field that may have nothing to say but {@code offsetDelta}. */
  public static final int NONE = -1;

  /** Whether the producer has a batch in its epoch. */
  public boolean hasBatch() {
    return lastOffset >= 0;
  }

  /** Whether a transaction of the producer is open. */
  public boolean hasOpenTransaction() {
    return currentTxnFirstOffset >= 0;
  }
}
