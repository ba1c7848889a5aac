package dev.varve.cli;

/** What the command line tells its caller. A signal gives 128 plus its number, as usual. */
final class ExitCode {
  static final int FINE = 0;

  /** Something is damaged, missing, or could not be done; a line on standard error says what. */
  static final int FAILED = 1;

  /** The command was called wrongly. */
  static final int USAGE = 2;

  private ExitCode() {}
}
