package dev.varve.log.error;

import org.jspecify.annotations.Nullable;

/**
 * The log stopped for good, because what is in memory may no longer be what is on disk. The cause
 * says why; reopening the log decides from the disk.
 */
public final class LogFailedException extends LogException {
  private static final long serialVersionUID = 1L;

  /** Says what happened and where. */
  public LogFailedException(String message) {
    super(message);
  }

  /** As above, with what caused it. */
  public LogFailedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
