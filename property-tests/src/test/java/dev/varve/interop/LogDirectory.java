package dev.varve.interop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The directory of one partition in a temporary folder: copies of it, and damage to its files.
 * Closing deletes it, but not its copies, which are closed by whoever made them.
 */
final class LogDirectory implements AutoCloseable {
  private final Path root;
  private final Path path;

  private LogDirectory(Path root) {
    this.root = root;
    this.path = root.resolve("topic-0");
  }

  static LogDirectory create() throws IOException {
    return new LogDirectory(Files.createTempDirectory("varve-interop"));
  }

  Path path() {
    return path;
  }

  /** The file of a segment, say {@code file(0, ".index")}. */
  Path file(long baseOffset, String suffix) {
    return path.resolve(String.format(Locale.ROOT, "%020d%s", baseOffset, suffix));
  }

  /** The offset in the name of a segment's file. */
  static long baseOffsetOf(String name) {
    return Long.parseLong(name.substring(0, name.indexOf('.')));
  }

  /** All plain files, by name. */
  List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  /** What is in the files that Kafka looks at, by name: all but those of Varve's own. */
  SortedMap<String, Bytes> kafkaFiles() throws IOException {
    SortedMap<String, Bytes> contents = new TreeMap<>();
    for (Path file : files()) {
      String name = file.getFileName().toString();
      if (!name.startsWith("varve.")) {
        contents.put(name, Bytes.of(Files.readAllBytes(file)));
      }
    }
    return contents;
  }

  /**
   * A copy of the files as they are now, modification times kept. Taken while a log is open, it is
   * what a killed process leaves.
   */
  LogDirectory copy() throws IOException {
    LogDirectory copy = create();
    Files.createDirectory(copy.path);
    for (Path file : files()) {
      Files.copy(file, copy.path.resolve(file.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
    }
    return copy;
  }

  void deleteFilesEndingIn(String... suffixes) throws IOException {
    for (Path file : files()) {
      if (Arrays.stream(suffixes).anyMatch(file.toString()::endsWith)) {
        Files.delete(file);
      }
    }
  }

  /** Flips the lowest bit of the byte at a position. */
  static void flipBit(Path file, int position) throws IOException {
    byte[] content = Files.readAllBytes(file);
    content[position] ^= 1;
    Files.write(file, content);
  }

  static void appendZeros(Path file, int count) throws IOException {
    Files.write(file, new byte[count], StandardOpenOption.APPEND);
  }

  static void cutOff(Path file, int count) throws IOException {
    byte[] content = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(content, content.length - count));
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> tree = Files.walk(root)) {
      tree.sorted(Comparator.reverseOrder()).forEach(LogDirectory::delete);
    }
  }

  private static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
