package dev.varve.log.inspect;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/** The content of an index file, in memory of the heap. */
final class IndexBytes {
  /** More than the index of a segment of 2 GiB has, were there an entry for each smallest batch. */
  static final long BYTES_MAX = 512L << 20;

  private IndexBytes() {}

  static boolean isTooLarge(Path file) throws IOException {
    return Files.size(file) > BYTES_MAX;
  }

  static MemorySegment read(Path file) throws IOException {
    return MemorySegment.ofArray(Files.readAllBytes(file));
  }
}
