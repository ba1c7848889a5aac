package dev.varve.log.producer;

/**
 * With what an owner of a producer goes on.
 *
 * @param producerId the id to append with
 * @param epoch the epoch to append with
 * @param nextSequence the sequence of the next record
 */
public record ProducerClaim(long producerId, short epoch, int nextSequence) {}
