package dev.varve.compaction;

import java.io.Serial;

/**
 * The log no longer has the segments that a pass was planned for; the next pass sees it as it is.
 */
final class LogChangedException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  LogChangedException(String message) {
    super(message);
  }
}
