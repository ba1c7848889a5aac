package dev.varve.compaction;

import dev.varve.log.SegmentRewriter;
import dev.varve.log.record.EndTransactionMarker;
import dev.varve.log.record.EndTransactionMarker.Outcome;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordCursor;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongHashSet;
import org.jspecify.annotations.Nullable;

/**
 * Follows the transactions of a log while a pass walks over its batches in order, as Kafka's
 * cleaner does. It tells which data was aborted, and which markers end a transaction of which the
 * pass has seen no data, so that they are not needed any more.
 *
 * <pre>
 *   aborted transactions    producer 7 from 100, producer 8 from 130, ...
 *   batch 100-109 of 7      aborted
 *   batch 110-119 of 9      not; a transaction of 9 has data
 *   marker 120 of 9         COMMIT, needed as there was data
 *   marker 121 of 7         ABORT, needed too: its batches were there until this pass
 *   marker 122 of 5         COMMIT, of nothing
 * </pre>
 *
 * <p>An ABORT marker and its entry in the transaction index stay together, for one pass longer than
 * the data: a reader may still be on the old segments.
 *
 * <p>Makes garbage for a transaction that was aborted, none for a batch of data.
 *
 * <p>Thread safety: for one thread.
 */
final class CleanedTransactions {

  /** Is told of aborted transactions that a rewritten segment still has to name. */
  @FunctionalInterface
  interface StillAborted {

    /**
     * Puts a transaction into the index of the segment that its marker is written to.
     *
     * @param producerId whose it was
     * @param firstOffset the base offset of its first batch, which may be gone
     * @param lastOffset the offset of its ABORT marker
     * @param lastStableOffset the last stable offset when it ended
     */
    void keep(long producerId, long firstOffset, long lastOffset, long lastStableOffset);
  }

  private static final StillAborted NOWHERE = (id, first, last, stable) -> {};

  /** Those that begin behind the pass. */
  private final PriorityQueue<Aborted> pending =
      new PriorityQueue<>(Comparator.comparingLong((Aborted aborted) -> aborted.firstOffset));

  /** Those that the pass is in, by producer. */
  private final Long2ObjectHashMap<Aborted> begun = new Long2ObjectHashMap<>();

  /** Producers with data since their last marker that was not aborted. */
  private final LongHashSet committed = new LongHashSet();

  /** Producers with a marker since a segment was passed over, if one was. */
  private final LongHashSet decidedSince = new LongHashSet();

  private boolean passedOver;
  private StillAborted stillAborted = NOWHERE;

  private static final class Aborted {
    private final long producerId;
    private final long firstOffset;
    private final long lastOffset;
    private final long lastStableOffset;
    private boolean hasData;

    Aborted(long producerId, long firstOffset, long lastOffset, long lastStableOffset) {
      this.producerId = producerId;
      this.firstOffset = firstOffset;
      this.lastOffset = lastOffset;
      this.lastStableOffset = lastStableOffset;
    }
  }

  /** Who is told of what stays aborted from now on: the next segment that is written. */
  void keepIn(StillAborted index) {
    stillAborted = index;
  }

  /**
   * Learns of an aborted transaction, before the pass comes to its first batch. One may be named
   * again with each segment that it lies in, as long as the pass is not behind it.
   */
  void addAborted(long producerId, long firstOffset, long lastOffset, long lastStableOffset) {
    pending.add(new Aborted(producerId, firstOffset, lastOffset, lastStableOffset));
  }

  /** As {@link #addAborted(long, long, long, long)}. */
  void addAborted(SegmentRewriter.Aborted aborted) {
    addAborted(
        aborted.producerId(),
        aborted.firstOffset(),
        aborted.lastOffset(),
        aborted.lastStableOffset());
  }

  /** Whether the next batch, one of data, was aborted, so that its records go. */
  boolean isAborted(RecordBatch batch) {
    begin(batch.lastOffset());
    if (!batch.isTransactional()) {
      return false;
    }
    @Nullable Aborted aborted = begun.get(batch.producerId());
    if (aborted == null || aborted.lastOffset < batch.baseOffset()) {
      committed.add(batch.producerId());
      return false;
    }
    aborted.hasData = true;
    return true;
  }

  /**
   * Whether the next batch, one of control records, says nothing any more: because it is empty, or
   * ends a transaction without data.
   *
   * @param records stands before the records of the batch; moved to the first
   * @throws dev.varve.log.record.InvalidBatchException if that is no control record
   */
  boolean isDiscardable(RecordBatch batch, RecordCursor records) {
    begin(batch.lastOffset());
    if (!records.next()) {
      return true;
    }
    @Nullable EndTransactionMarker marker = EndTransactionMarker.of(records.record());
    if (marker == null) {
      return false; // not of a transaction
    }
    boolean surelySeen = !passedOver || !decidedSince.add(batch.producerId());
    boolean hadData =
        marker.outcome() == Outcome.COMMIT
            ? committed.remove(batch.producerId())
            : endAborted(batch.producerId(), batch.lastOffset());
    return surelySeen && !hadData;
  }

  /** Whether a transaction ends here of which the pass has seen data. */
  private boolean endAborted(long producerId, long markerOffset) {
    @Nullable Aborted aborted = begun.remove(producerId);
    if (aborted == null || !aborted.hasData || aborted.lastOffset < markerOffset) {
      return false;
    }
    stillAborted.keep(
        producerId, aborted.firstOffset, aborted.lastOffset, aborted.lastStableOffset);
    return true;
  }

  /** Whether a segment was passed over, so that nobody knows what is in it. */
  boolean hasPassedOver() {
    return passedOver;
  }

  /**
   * Passes over a segment that cannot be read and stays as it is. Every transaction that is not
   * known to have ended before may have data in it, so its marker and its entry in the index stay.
   *
   * @param baseOffset the first offset of the segment
   * @param endOffset the offset behind it
   */
  void passOver(long baseOffset, long endOffset) {
    begin(endOffset - 1);
    for (Aborted aborted : begun.values()) {
      aborted.hasData |= aborted.lastOffset >= baseOffset;
    }
    passedOver = true;
    decidedSince.clear();
  }

  private void begin(long lastOffset) {
    while (!pending.isEmpty() && pending.peek().firstOffset <= lastOffset) {
      Aborted aborted = pending.remove();
      @Nullable Aborted before = begun.get(aborted.producerId);
      if (before == null || before.lastOffset < aborted.firstOffset) {
        begun.put(aborted.producerId, aborted);
      }
    }
  }
}
