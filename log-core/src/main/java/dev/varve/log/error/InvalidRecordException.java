package dev.varve.log.error;

/** A record is one that the log does not take, as its topic is configured. Nothing was appended. */
public final class InvalidRecordException extends LogException {
  private static final long serialVersionUID = 1L;

  /** Says what was found in which record, and what was expected. */
  public InvalidRecordException(String message) {
    super(message);
  }
}
