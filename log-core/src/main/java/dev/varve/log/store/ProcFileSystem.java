package dev.varve.log.store;

import dev.varve.log.store.ProcessLimit.Resource;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where Linux tells a process what it uses and what it may use. Elsewhere nothing is known, and no
 * limit is near.
 */
final class ProcFileSystem {
  private static final Pattern DESCRIPTORS_MAX =
      Pattern.compile("(?m)^Max open files\\s+(\\d+|unlimited)\\s");

  private static final int NUMBER_BYTES_MAX = 64;

  private final Path root;

  ProcFileSystem(Path root) {
    this.root = root;
  }

  static ProcFileSystem ofThisProcess() {
    return new ProcFileSystem(Path.of("/proc"));
  }

  /** How near each limit is. */
  List<ProcessLimit> limits() {
    return List.of(
        limit(Resource.FILE_DESCRIPTORS, this::descriptors, this::descriptorsMax),
        limit(Resource.MAPPINGS, this::mappings, this::mappingsMax));
  }

  private static ProcessLimit limit(Resource resource, Reading used, Reading max) {
    try {
      return new ProcessLimit(resource, used.read(), 0, max.read());
    } catch (IOException | UncheckedIOException | NumberFormatException e) {
      return new ProcessLimit(resource, 0, 0, Long.MAX_VALUE);
    }
  }

  private long descriptors() throws IOException {
    try (Stream<Path> open = Files.list(root.resolve("self/fd"))) {
      return open.count();
    }
  }

  private long descriptorsMax() throws IOException {
    String limits = Files.readString(root.resolve("self/limits"));
    Matcher matcher = DESCRIPTORS_MAX.matcher(limits);
    return matcher.find() && !matcher.group(1).equals("unlimited")
        ? Long.parseLong(matcher.group(1))
        : Long.MAX_VALUE;
  }

  /** A line for each; names of files may be in any encoding. */
  private long mappings() throws IOException {
    try (Stream<String> lines =
        Files.lines(root.resolve("self/maps"), StandardCharsets.ISO_8859_1)) {
      return lines.count();
    }
  }

  /** In one read: a file of this kind gives nothing to a second one. */
  private long mappingsMax() throws IOException {
    try (InputStream file = Files.newInputStream(root.resolve("sys/vm/max_map_count"))) {
      byte[] text = file.readNBytes(NUMBER_BYTES_MAX);
      return Long.parseLong(new String(text, StandardCharsets.US_ASCII).strip());
    }
  }

  /** Reads a number. */
  @FunctionalInterface
  private interface Reading {
    long read() throws IOException;
  }
}
