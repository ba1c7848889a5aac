package dev.varve.log;

import dev.varve.log.producer.OpenTransaction;

/**
 * A transaction that is open.
 *
 * @param producerId whose it is
 * @param epoch the epoch of the producer's newest batch
 * @param firstOffset the base offset of its first batch, at which readers of committed records wait
 * @param sinceMillis when that was appended; of one that an earlier process began, the largest
 *     timestamp of the producer's newest batch then
 */
public record TransactionInfo(long producerId, short epoch, long firstOffset, long sinceMillis) {
  static TransactionInfo of(OpenTransaction open) {
    return new TransactionInfo(
        open.producerId(), open.epoch(), open.firstOffset(), open.sinceMillis());
  }
}
