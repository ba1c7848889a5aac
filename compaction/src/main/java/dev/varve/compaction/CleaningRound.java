package dev.varve.compaction;

import dev.varve.log.record.RecordBatch;

/**
 * What batches are judged by in one round: over a group of segments, or a few.
 *
 * @param latest what the pass has learnt of keys
 * @param producers the producers of the log when the round begins
 * @param transactions the transactions that the pass has come through
 * @param highWatermark the batch that ends there stays, if only as an empty one
 * @param nowMillis when the pass began, in milliseconds since the epoch
 * @param deleteRetentionMillis how long tombstones and markers of nothing stay from now on, where
 *     they have no delete horizon yet
 */
record CleaningRound(
    LatestOffsets latest,
    ActiveProducers producers,
    CleanedTransactions transactions,
    long highWatermark,
    long nowMillis,
    long deleteRetentionMillis) {

  /** Whether a batch stays although all of its records go. */
  boolean isKeptEmpty(RecordBatch batch) {
    return (batch.hasProducerId() && producers.isLast(batch))
        || batch.nextOffset() == highWatermark;
  }

  /** Whether what a batch's delete horizon is about goes now. */
  boolean isPastHorizon(RecordBatch batch) {
    return batch.hasDeleteHorizon() && batch.deleteHorizonMillis() <= nowMillis;
  }

  /**
   * The delete horizon of what gets one in this round, in milliseconds since the epoch; negative if
   * that is never.
   */
  long newHorizonMillis() {
    return nowMillis + deleteRetentionMillis; // negative past the end of time, as in Kafka
  }
}
