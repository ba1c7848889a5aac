package dev.varve.log.error;

import org.jspecify.annotations.Nullable;

/** The base of everything that a log refuses or fails with. Unchecked: few callers can cure it. */
public class LogException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says what happened, where, what was found and what was expected. */
  public LogException(String message) {
    super(message);
  }

  /** As above, with what caused it. */
  public LogException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
