package dev.varve.log.error;

/** A log of a store could not be opened; the cause says why. The others are there. */
public final class LogUnavailableException extends LogException {
  private static final long serialVersionUID = 1L;

  /** Says which, and where. */
  public LogUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
