package dev.varve.log.error;

/** The log, or the reader, was closed before the call. */
public final class LogClosedException extends LogException {
  private static final long serialVersionUID = 1L;

  /** Says what happened and where. */
  public LogClosedException(String message) {
    super(message);
  }
}
