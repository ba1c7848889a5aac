package dev.varve.log.error;

/** Another process, or another log of this process, has the directory open. */
public final class LogLockedException extends LogException {
  private static final long serialVersionUID = 1L;

  /** Says what happened and where. */
  public LogLockedException(String message) {
    super(message);
  }
}
