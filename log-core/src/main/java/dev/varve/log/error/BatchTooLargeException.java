package dev.varve.log.error;

/** A batch is larger than {@code max.message.bytes}, or than a segment can hold. */
public final class BatchTooLargeException extends LogException {
  private static final long serialVersionUID = 1L;

  /** Says what happened and where. */
  public BatchTooLargeException(String message) {
    super(message);
  }
}
