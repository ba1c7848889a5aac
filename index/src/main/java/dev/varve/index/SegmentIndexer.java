package dev.varve.index;

/**
 * Decides which batches of one segment get index entries, and makes them.
 *
 * <p>The rule is Kafka's. For each batch, in this order:
 *
 * <ol>
 *   <li>the batch is counted into the largest timestamp so far; an equal one changes nothing, so
 *       the earlier batch keeps it;
 *   <li>if strictly more than the interval was appended since the last entry, not counting this
 *       batch: an offset entry for this batch, a time entry for the largest timestamp so far (left
 *       out unless it is greater than that of the last entry), and the count of bytes begins anew;
 *   <li>the batch's size is added to the bytes since the last entry.
 * </ol>
 *
 * <p>So the first batch of a segment has no entry. When the segment stops being active, {@link
 * #closingEntry} makes the last time entry, which carries the segment's largest timestamp.
 *
 * <p>The same object serves the append to an active segment and the rebuild from a scan. The two
 * give the same bytes, unless the log was reopened or truncated between: the bytes since the last
 * entry are known to this object alone and then begin at 0. Both results are lawful.
 *
 * <p>An index that is full is left as it is: lookups then walk further through the log, and nothing
 * is lost but their speed. The log rolls its segment before it comes to this; see {@link #isFull}.
 *
 * <p>Thread safety: for the one thread at a time that writes the segment. Allocates nothing but
 * what the indexes grow by.
 */
public final class SegmentIndexer {
  private final OffsetIndex offsets;
  private final TimeIndex times;
  private final int intervalBytes;

  /** A long, as batches of up to 2³¹-1 bytes are added to it before it is compared. */
  private long bytesSinceEntry;

  private long timestampMax;
  private long offsetOfTimestampMax;

  /**
   * Goes on where the two indexes end: the largest timestamp so far is that of the last time entry.
   * If the log has batches beyond that entry, they are to be handed to {@link #onUnindexedBatch}.
   *
   * @param offsets takes the offset entries; growing
   * @param times takes the time entries; growing, with the same base offset
   * @param intervalBytes the bytes of batches between entries (Kafka's {@code
   *     index.interval.bytes}), 0 or more
   */
  public SegmentIndexer(OffsetIndex offsets, TimeIndex times, int intervalBytes) {
    if (intervalBytes < 0) {
      throw new IllegalArgumentException(
          "index interval of " + intervalBytes + " bytes, expected 0 or more");
    }
    if (offsets.baseOffset() != times.baseOffset()) {
      throw new IllegalArgumentException(
          "time index with base offset "
              + times.baseOffset()
              + ", expected the offset index's "
              + offsets.baseOffset());
    }
    this.offsets = offsets;
    this.times = times;
    this.intervalBytes = intervalBytes;
    this.timestampMax = times.lastTimestamp();
    this.offsetOfTimestampMax = times.lastOffset();
  }

  /**
   * Takes note of the next batch of the segment.
   *
   * @param lastOffset the offset of its last record
   * @param position the position of its first byte in the {@code .log}
   * @param sizeBytes its size, header included
   * @param maxTimestamp its largest timestamp in milliseconds, or -1 if it has none
   */
  public void onBatch(long lastOffset, int position, int sizeBytes, long maxTimestamp) {
    assert sizeBytes > 0 : "a batch has a header";
    onUnindexedBatch(lastOffset, maxTimestamp);
    if (bytesSinceEntry > intervalBytes) {
      if (!offsets.isFull()) {
        offsets.append(lastOffset, position);
      }
      if (!times.isFull()) {
        times.append(timestampMax, offsetOfTimestampMax);
      }
      bytesSinceEntry = 0;
    }
    bytesSinceEntry += sizeBytes;
  }

  /**
   * Has the next batch make an entry, however near the last one is: nothing but an entry may lead
   * to it again.
   */
  public void entryIsDue() {
    bytesSinceEntry = Math.max(bytesSinceEntry, intervalBytes + 1L);
  }

  /**
   * Counts a batch into the largest timestamp so far and makes no entry for it: the batch was in
   * the log when it was reopened or truncated.
   *
   * @param lastOffset the offset of its last record
   * @param maxTimestamp its largest timestamp in milliseconds, or -1 if it has none
   */
  public void onUnindexedBatch(long lastOffset, long maxTimestamp) {
    if (maxTimestamp > timestampMax) {
      timestampMax = maxTimestamp;
      offsetOfTimestampMax = lastOffset;
    }
  }

  /**
   * Makes the time entry for the largest timestamp so far, unless the last entry has it already:
   * when the segment stops being active, at the end of its rebuild, and at an orderly close.
   */
  public void closingEntry() {
    times.append(timestampMax, offsetOfTimestampMax);
  }

  /**
   * Takes away the entries at or above an offset, and goes on as after a reopening: batches that
   * remain beyond the last time entry are to be handed to {@link #onUnindexedBatch}.
   */
  public void truncateTo(long offset) {
    offsets.truncateTo(offset);
    times.truncateTo(offset);
    bytesSinceEntry = 0;
    timestampMax = times.lastTimestamp();
    offsetOfTimestampMax = times.lastOffset();
  }

  /** Whether either index is full, so that the segment has to be rolled before the next append. */
  public boolean isFull() {
    return offsets.isFull() || times.isFull();
  }

  /** The largest timestamp of the segment so far, in milliseconds, or -1 if there is none. */
  public long timestampMax() {
    return timestampMax;
  }

  /** The offset of the last record of the first batch that had it, or -1 if there is none. */
  public long offsetOfTimestampMax() {
    return offsetOfTimestampMax;
  }
}
