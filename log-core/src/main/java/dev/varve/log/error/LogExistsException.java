package dev.varve.log.error;

/** A log of a store was to be created that is there already. */
public final class LogExistsException extends LogException {
  private static final long serialVersionUID = 1L;

  /** Says which, and where. */
  public LogExistsException(String message) {
    super(message);
  }
}
