package dev.varve.jmh;

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
final class BenchmarkDirectory implements AutoCloseable {
  private static final String PARENT_PROPERTY = "varve.benchmark.directory";

  private final Path path;

  private BenchmarkDirectory(Path path) {
    this.path = path;
  }

  static BenchmarkDirectory create() {
    String parent = System.getProperty(PARENT_PROPERTY, System.getProperty("java.io.tmpdir"));
    try {
      return new BenchmarkDirectory(Files.createTempDirectory(Path.of(parent), "varve-benchmark-"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path path() {
    return path;
  }

  @Override
  public void close() {
    try (Stream<Path> tree = Files.walk(path)) {
      for (Path file : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
