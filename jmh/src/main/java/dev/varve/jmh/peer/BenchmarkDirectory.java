package dev.varve.jmh.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * A fresh directory on the disk that is measured, deleted with all that it holds on close. It lies
 * below the directory that the system property {@code varve.benchmark.directory} names, and below
 * the one for temporary files without it; a file system in memory measures no log.
 */
public final class BenchmarkDirectory implements AutoCloseable {
  /** The system property that names the parent. */
  public static final String PARENT_PROPERTY = "varve.benchmark.directory";

  private final Path path;

  private BenchmarkDirectory(Path path) {
    this.path = path;
  }

  /** Where the directories of a run lie. */
  public static Path parent() {
    return Path.of(System.getProperty(PARENT_PROPERTY, System.getProperty("java.io.tmpdir")));
  }

  /** Makes one. */
  public static BenchmarkDirectory create() {
    try {
      return new BenchmarkDirectory(Files.createTempDirectory(parent(), "varve-benchmark-"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  /** Deletes it, and all that it holds. */
  @Override
  public void close() {
    deleteTree(path);
  }

  /** Deletes a directory and all that it holds. */
  public static void deleteTree(Path directory) {
    try (Stream<Path> tree = Files.walk(directory)) {
      for (Path file : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
