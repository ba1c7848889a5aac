package dev.varve.log.storage;

import dev.varve.log.error.DiskFullException;
import dev.varve.log.error.LogException;
import dev.varve.log.error.LogIOException;
import java.io.IOException;
import java.util.List;

/**
 * Tells a full disk from other errors. Java gives no more than the system's words, which are those
 * of {@code strerror} for ENOSPC and EDQUOT, and those of Windows.
 */
public final class DiskFull {
  private static final List<String> WORDS =
      List.of("No space left on device", "Disk quota exceeded", "not enough space on the disk");

  private DiskFull() {}

  /** What a call throws that met a disk which is full, or fails. */
  public static LogException exception(String message, IOException e) {
    String whole = message + ": " + e.getMessage();
    return isCauseOf(e) ? new DiskFullException(whole, e) : new LogIOException(whole, e);
  }

  /** Whether a call failed for want of room. */
  public static boolean isCauseOf(IOException e) {
    String message = String.valueOf(e.getMessage());
    return WORDS.stream().anyMatch(message::contains);
  }
}
