package dev.varve.log.error;

/**
 * What was asked for does not fit the state of a producer's transaction: none is open where one is
 * needed, or one is where none may be. Nothing was appended.
 */
public final class InvalidTransactionStateException extends LogException {
  private static final long serialVersionUID = 1L;

  /** Says whose transaction is in which state, and in which it would have to be. */
  public InvalidTransactionStateException(String message) {
    super(message);
  }
}
