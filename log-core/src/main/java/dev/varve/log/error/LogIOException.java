package dev.varve.log.error;

/** Reading or writing the files of the log failed; the log goes on unless it says otherwise. */
public final class LogIOException extends LogException {
  private static final long serialVersionUID = 1L;

  /** Says what happened and where. */
  public LogIOException(String message) {
    super(message);
  }

  /** As above, with what caused it. */
  public LogIOException(String message, Throwable cause) {
    super(message, cause);
  }
}
