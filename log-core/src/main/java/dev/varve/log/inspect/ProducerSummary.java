package dev.varve.log.inspect;

/**
 * What a log remembers of one producer.
 *
 * @param producerId the producer
 * @param epoch its newest epoch
 * @param lastSequence the sequence of its last record in that epoch, or -1
 * @param lastOffset the offset of that record, or -1
 * @param transactionOffset the offset at which its open transaction begins, or -1
 * @param timestamp of its last sign of life, in milliseconds since the epoch, or -1
 */
public record ProducerSummary(
    long producerId,
    short epoch,
    int lastSequence,
    long lastOffset,
    long transactionOffset,
    long timestamp) {}
