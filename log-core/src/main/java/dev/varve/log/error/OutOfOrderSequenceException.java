package dev.varve.log.error;

/**
 * A batch of an idempotent producer does not follow the producer's last one, and repeats none of
 * its last five: one in between was lost, or it comes too late. It was not appended.
 */
public final class OutOfOrderSequenceException extends LogException {
  private static final long serialVersionUID = 1L;

  private final long producerId;
  private final int sequence;
  private final int expectedSequence;

  /**
   * Names what was found and what would have been appended.
   *
   * @param producerId the producer
   * @param epoch the epoch of the batch
   * @param sequence the sequence of the first record of the batch
   * @param expectedSequence the sequence that comes next
   */
  public OutOfOrderSequenceException(
      long producerId, short epoch, int sequence, int expectedSequence) {
    super(
        "producer "
            + producerId
            + " epoch "
            + epoch
            + ": found sequence "
            + sequence
            + ", expected "
            + expectedSequence
            + " or one of its last batches again");
    this.producerId = producerId;
    this.sequence = sequence;
    this.expectedSequence = expectedSequence;
  }

  /** The producer. */
  public long producerId() {
    return producerId;
  }

  /** The sequence of the first record of the batch. */
  public int sequence() {
    return sequence;
  }

  /** The sequence that the producer's next batch begins with. */
  public int expectedSequence() {
    return expectedSequence;
  }
}
