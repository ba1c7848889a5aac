package dev.varve.log.inspect;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The content of a checkpoint or snapshot, which are small. */
final class StateFile {
  /** A snapshot of more than a million producers; Kafka keeps those of one day. */
  private static final int BYTES_MAX = 64 << 20;

  private StateFile() {}

  /**
   * Reads a file.
   *
   * @throws IOException also if it is far too large to be what it should be
   */
  static byte[] read(Path file) throws IOException {
    long size = Files.size(file);
    if (size > BYTES_MAX) {
      throw new IOException(
          file + " at position 0: found " + size + " bytes, expected at most " + BYTES_MAX);
    }
    return Files.readAllBytes(file);
  }
}
