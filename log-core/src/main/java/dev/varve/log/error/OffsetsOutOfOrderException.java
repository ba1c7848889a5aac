package dev.varve.log.error;

/** Of batches that were to be appended together, one begins below the end of the one before it. */
public final class OffsetsOutOfOrderException extends LogException {
  private static final long serialVersionUID = 1L;

  /** Says what happened and where. */
  public OffsetsOutOfOrderException(String message) {
    super(message);
  }
}
