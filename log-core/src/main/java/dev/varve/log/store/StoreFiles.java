package dev.varve.log.store;

import dev.varve.log.storage.Storage;
import dev.varve.log.storage.WholeFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Small files that are read and replaced as a whole.
 *
 * <p>Thread safety: safe, but for calls on the same name.
 */
final class StoreFiles {
  private static final String SET_ASIDE_SUFFIX = ".set-aside";

  /** Room for a million logs; what is longer is none of these files. */
  private static final int FILE_BYTES_MAX = 256 << 20;

  private StoreFiles() {}

  /** The content of a file; empty if there is none. */
  static Optional<byte[]> read(Storage storage, String name) throws IOException {
    if (!storage.exists(name)) {
      return Optional.empty();
    }
    return Optional.of(WholeFile.read(storage, name, FILE_BYTES_MAX));
  }

  /** The same of a directory that somebody else may have open; it is only read. */
  static Optional<byte[]> read(Path directory, String name) throws IOException {
    try (InputStream file = Files.newInputStream(directory.resolve(name))) {
      return Optional.of(file.readNBytes(FILE_BYTES_MAX));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
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
