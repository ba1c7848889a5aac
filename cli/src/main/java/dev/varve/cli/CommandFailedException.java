package dev.varve.cli;

/** A command could not do what it was asked for; the message is all that the user needs. */
final class CommandFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CommandFailedException(String message) {
    super(message);
  }
}
