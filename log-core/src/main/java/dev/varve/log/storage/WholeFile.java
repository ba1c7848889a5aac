package dev.varve.log.storage;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Reads and replaces files that are small enough to be handled in one piece: checkpoints and the
 * like. A replacement is written beside the file and takes its name when it is durable, so that a
 * crash leaves the one or the other.
 *
 * <p>Thread safety: as that of the storage; two replacements of one file at a time are one too
 * many.
 */
public final class WholeFile {
  /** Behind the name of a file, the name under which its replacement is written. */
  public static final String REPLACEMENT_SUFFIX = ".tmp";

  private WholeFile() {}

  /** The content of a file, or as much of it as {@code bytesMax}. */
  public static byte[] read(Storage storage, String name, int bytesMax) throws IOException {
    try (StorageFile file = storage.open(name)) {
      byte[] bytes = new byte[(int) Math.min(file.size(), bytesMax)];
      file.read(0, MemorySegment.ofArray(bytes));
      return bytes;
    }
  }

  /** Replaces a file, atomically; durable once the caller has forced the directory. */
  public static void replace(Storage storage, String name, byte[] content) throws IOException {
    try (StorageFile file = storage.create(name + REPLACEMENT_SUFFIX)) {
      file.write(0, MemorySegment.ofArray(content));
      file.force();
    }
    storage.rename(name + REPLACEMENT_SUFFIX, name);
  }

  /**
   * Replaces a file unless it has this content.
   *
   * @return whether it had another, or was not there
   */
  public static boolean replaceIfDifferent(Storage storage, String name, byte[] content)
      throws IOException {
    boolean same =
        storage.exists(name)
            && storage.size(name) == content.length
            && Arrays.equals(read(storage, name, content.length), content);
    if (!same) {
      replace(storage, name, content);
    }
    return !same;
  }
}
