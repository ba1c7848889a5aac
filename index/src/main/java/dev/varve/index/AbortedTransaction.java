package dev.varve.index;

/**
 * A transaction that was aborted and had data in the log: what readers of committed records skip.
 *
 * @param producerId the producer whose transaction it was, 0 or more
 * @param firstOffset the base offset of its first batch; may lie segments before the marker
 * @param lastOffset the offset of its ABORT marker
 * @param lastStableOffset the first offset of the earliest transaction of another producer that was
 *     still open when the marker came, else {@code lastOffset + 1}
 */
public record AbortedTransaction(
    long producerId, long firstOffset, long lastOffset, long lastStableOffset) {}
