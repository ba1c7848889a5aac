package dev.varve.log.error;

/**
 * Another log would bring the process near a limit of the system, beyond which nothing in it could
 * open a file or map memory any more. Nothing was done.
 */
public final class ProcessLimitException extends LogException {
  private static final long serialVersionUID = 1L;

  /** Says which limit, how much is used and how much would be needed. */
  public ProcessLimitException(String message) {
    super(message);
  }
}
