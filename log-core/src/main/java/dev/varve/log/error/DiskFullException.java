package dev.varve.log.error;

/**
 * There was no room on the disk for the next batch. Nothing of it is visible, the log stays
 * readable, and appends go on when there is space again.
 */
public final class DiskFullException extends LogException {
  private static final long serialVersionUID = 1L;

  /** Says what happened and where. */
  public DiskFullException(String message) {
    super(message);
  }

  /** As above, with what caused it. */
  public DiskFullException(String message, Throwable cause) {
    super(message, cause);
  }
}
