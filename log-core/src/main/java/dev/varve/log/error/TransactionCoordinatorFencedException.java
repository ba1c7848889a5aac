package dev.varve.log.error;

/**
 * A transaction was to be ended by a coordinator in whose place a newer one has come. Nothing was
 * appended.
 */
public final class TransactionCoordinatorFencedException extends LogException {
  private static final long serialVersionUID = 1L;

  private final long producerId;
  private final int coordinatorEpoch;
  private final int currentEpoch;

  /** Names the coordinator's epoch that was found and the one of the producer's last marker. */
  public TransactionCoordinatorFencedException(
      long producerId, int coordinatorEpoch, int currentEpoch) {
    super(
        "producer "
            + producerId
            + ": found coordinator epoch "
            + coordinatorEpoch
            + ", expected at least "
            + currentEpoch
            + ": a newer coordinator has ended a transaction");
    this.producerId = producerId;
    this.coordinatorEpoch = coordinatorEpoch;
    this.currentEpoch = currentEpoch;
  }

  /** The producer whose transaction was to be ended. */
  public long producerId() {
    return producerId;
  }

  /** The epoch of the coordinator that is fenced. */
  public int coordinatorEpoch() {
    return coordinatorEpoch;
  }

  /** The lowest epoch of a coordinator that may end the producer's transactions. */
  public int currentEpoch() {
    return currentEpoch;
  }
}
