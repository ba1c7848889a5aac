package dev.varve.log.error;

/**
 * A batch carries an epoch of its producer that is over: a newer owner of the producer has taken
 * its place. Nothing was appended, and nothing that carries this epoch ever will be.
 */
public final class ProducerFencedException extends LogException {
  private static final long serialVersionUID = 1L;

  private final long producerId;
  private final int epoch;
  private final int currentEpoch;

  /**
   * Names the epoch that was found and the lowest that may append.
   *
   * @param currentEpoch one above the greatest epoch there is, if the producer has used them all
   */
  public ProducerFencedException(long producerId, int epoch, int currentEpoch) {
    super(
        "producer "
            + producerId
            + ": found epoch "
            + epoch
            + ", expected at least "
            + currentEpoch
            + ": a newer owner has taken its place");
    this.producerId = producerId;
    this.epoch = epoch;
    this.currentEpoch = currentEpoch;
  }

  /** The producer. */
  public long producerId() {
    return producerId;
  }

  /** The epoch that the batch carries. */
  public int epoch() {
    return epoch;
  }

  /** The lowest epoch that may append. */
  public int currentEpoch() {
    return currentEpoch;
  }
}
