package dev.varve.log;

import dev.varve.log.error.LogFailedException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Remembers why a log stopped. After a failed force or a lost page, what is in memory may be ahead
 * of what is on disk, although the next call might succeed; so every later call is told the first
 * cause, until the log is opened again and the disk decides.
 *
 * <p>Thread safety: safe for use by several threads.
 */
final class FailureLatch {
  private final AtomicReference<@Nullable LogFailedException> failure = new AtomicReference<>();
  private final String log;
  private final LogListener listener;

  FailureLatch(String log, LogListener listener) {
    this.log = log;
    this.listener = listener;
  }

  /** Passes unless the log has failed. */
  void check() {
    LogFailedException first = failure.get();
    if (first != null) {
      throw repeated(first);
    }
  }

  /** Why the log stopped; empty if it has not. */
  Optional<LogFailedException> first() {
    return Optional.ofNullable(failure.get());
  }

  boolean isSet() {
    return failure.get() != null;
  }

  /** Stops the log, and returns the exception to throw. */
  LogFailedException fail(String what, Throwable cause) {
    LogFailedException exception =
        new LogFailedException(log + " stopped: " + what + " failed with " + cause, cause);
    LogFailedException first = failure.compareAndExchange(null, exception);
    if (first != null) {
      return repeated(first);
    }
    listener.failed(cause);
    return exception;
  }

  /** A new exception, so that its stack trace is that of the call that is refused. */
  private static LogFailedException repeated(LogFailedException first) {
    return new LogFailedException(String.valueOf(first.getMessage()), first.getCause());
  }
}
