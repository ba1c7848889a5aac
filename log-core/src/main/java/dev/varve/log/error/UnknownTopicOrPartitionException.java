package dev.varve.log.error;

/** A store does not have this log. */
public final class UnknownTopicOrPartitionException extends LogException {
  private static final long serialVersionUID = 1L;

  /** Says which, and where. */
  public UnknownTopicOrPartitionException(String message) {
    super(message);
  }
}
