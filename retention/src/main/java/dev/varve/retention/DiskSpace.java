package dev.varve.retention;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** What a disk has left. */
final class DiskSpace {
  private static final String SET_ASIDE = "*.deleted";

  private DiskSpace() {}

  /** How much of the disk is free that a directory lies on; throws if that is not known. */
  static long free(Path directory) {
    try {
      return Files.getFileStore(directory).getUsableSpace();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The bytes of the files of a log that are set aside, and go sooner or later. */
  static long going(Path directory) {
    long bytes = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, SET_ASIDE)) {
      for (Path file : files) {
        bytes += sizeOf(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (DirectoryIteratorException e) {
      throw new UncheckedIOException(e.getCause());
    }
    return bytes;
  }

  /** None if it has gone since. */
  private static long sizeOf(Path file) throws IOException {
    try {
      return Files.size(file);
    } catch (NoSuchFileException e) {
      return 0;
    }
  }
}
