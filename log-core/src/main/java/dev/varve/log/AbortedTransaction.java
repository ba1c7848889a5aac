package dev.varve.log;

/**
 * A transaction that was aborted, as a fetch of committed records names it.
 *
 * @param producerId whose transaction it was
 * @param firstOffset the base offset of its first batch
 */
public record AbortedTransaction(long producerId, long firstOffset) {}
