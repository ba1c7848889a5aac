package dev.varve.cli;

/** A line of the input is not what the format asks for. */
final class MalformedLineException extends Exception {
  private static final long serialVersionUID = 1L;

  MalformedLineException(String found, String expected) {
    super("found " + found + ", expected " + expected);
  }
}
