package dev.varve.cli;

import java.io.IOException;

/** Nobody reads standard output any more, as after {@code | head}: no reason to complain. */
final class OutputClosedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  OutputClosedException(IOException cause) {
    super(cause);
  }
}
