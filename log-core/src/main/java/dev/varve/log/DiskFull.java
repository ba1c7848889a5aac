package dev.varve.log;

import java.io.IOException;
import java.util.List;

/**
 * Tells a full disk from other errors. Java gives no more than the system's words, which are those
 * of {@code strerror} for ENOSPC and EDQUOT, and those of Windows.
 */
final class DiskFull {
  private static final List<String> WORDS =
      List.of("No space left on device", "Disk quota exceeded", "not enough space on the disk");

  private DiskFull() {}

  static boolean isCauseOf(IOException e) {
    String message = String.valueOf(e.getMessage());
    return WORDS.stream().anyMatch(message::contains);
  }
}
