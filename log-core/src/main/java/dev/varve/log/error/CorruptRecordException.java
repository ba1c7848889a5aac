package dev.varve.log.error;

import org.jspecify.annotations.Nullable;

/** Bytes that were to be appended are not whole and undamaged batches. Nothing was appended. */
public final class CorruptRecordException extends LogException {
  private static final long serialVersionUID = 1L;

  /** Says where what was found and expected, and what found it. */
  public CorruptRecordException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
