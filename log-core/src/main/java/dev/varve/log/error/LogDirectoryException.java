package dev.varve.log.error;

/** The directory cannot hold a log: it is a file, is missing, or may not be read or written. */
public final class LogDirectoryException extends LogException {
  private static final long serialVersionUID = 1L;

  /** Says what happened and where. */
  public LogDirectoryException(String message) {
    super(message);
  }

  /** As above, with what caused it. */
  public LogDirectoryException(String message, Throwable cause) {
    super(message, cause);
  }
}
