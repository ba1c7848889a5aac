package dev.varve.log.producer;

/**
 * A transaction that nobody has ended yet.
 *
 * @param producerId whose it is
 * @param epoch the epoch of its newest batch
 * @param coordinatorEpoch the coordinator's epoch in the producer's last marker; -1 if there is
 *     none
 * @param firstOffset the base offset of its first batch
 * @param sinceMillis when that was appended; after a reopen, the largest timestamp of the
 *     producer's newest batch that was known then
 */
public record OpenTransaction(
    long producerId, short epoch, int coordinatorEpoch, long firstOffset, long sinceMillis) {

  /**
   * The epoch of a marker that ends it against its producer's will: the next, if there is one.
   *
   * @param epochMin of those who own the producer now, the lowest; they go on after the marker
   */
  public short fencingEpoch(int epochMin) {
    return (short) Math.min(Math.max(epoch + 1, epochMin), Short.MAX_VALUE);
  }
}
