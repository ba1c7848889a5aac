package dev.varve.log.store;

import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * Small files that are read and replaced as a whole.
 *
 * <p>Thread safety: safe, but for calls on the same name.
 */
final class StoreFiles {
  private static final String REPLACEMENT_SUFFIX = ".tmp";
  private static final String SET_ASIDE_SUFFIX = ".set-aside";

  /** Room for a million logs; what is longer is none of these files. */
  private static final int FILE_BYTES_MAX = 256 << 20;

  private StoreFiles() {}

  /** The content of a file; empty if there is none. */
  static Optional<byte[]> read(Storage storage, String name) throws IOException {
    if (!storage.exists(name)) {
      return Optional.empty();
    }
    try (StorageFile file = storage.open(name)) {
      byte[] bytes = new byte[(int) Math.min(file.size(), FILE_BYTES_MAX)];
      file.read(0, MemorySegment.ofArray(bytes));
      return Optional.of(bytes);
    }
  }

  /** Replaces a file, atomically; durable once the caller has forced the directory. */
  static void replace(Storage storage, String name, byte[] content) throws IOException {
    try (StorageFile file = storage.create(name + REPLACEMENT_SUFFIX)) {
      file.write(0, MemorySegment.ofArray(content));
      file.force();
    }
    storage.rename(name + REPLACEMENT_SUFFIX, name);
  }

  /**
   * Replaces a file unless it has this content.
   *
   * @return whether it had another
   */
  static boolean replaceIfDifferent(Storage storage, String name, byte[] content)
      throws IOException {
    boolean same = read(storage, name).filter(found -> Arrays.equals(found, content)).isPresent();
    if (!same) {
      replace(storage, name, content);
    }
    return !same;
  }

  /** Gives a file a name under which nobody looks for it; returns the name. */
  static String setAside(Storage storage, String name) throws IOException {
    String aside = name + SET_ASIDE_SUFFIX;
    for (int i = 2; storage.exists(aside); i++) {
      aside = name + SET_ASIDE_SUFFIX + "-" + i;
    }
    storage.rename(name, aside);
    return aside;
  }
}
