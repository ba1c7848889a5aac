package dev.varve.jmh.peer;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;

/**
 * The flags that Chronicle's libraries ask for, and the ones that keep them from reporting usage
 * and from announcing themselves. They stand in a file that a JVM can read too: {@code
 * chronicle.args}.
 */
final class ChronicleFlags {
  static final List<String> FLAGS = read();

  private ChronicleFlags() {}

  private static List<String> read() {
    try (InputStream file =
        Objects.requireNonNull(ChronicleFlags.class.getResourceAsStream("chronicle.args"))) {
      return new String(file.readAllBytes(), US_ASCII).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
