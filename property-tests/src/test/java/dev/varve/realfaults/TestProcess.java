package dev.varve.realfaults;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** How a test starts another JVM, with the classes that it has itself. */
final class TestProcess {
  private TestProcess() {}

  static List<String> java(Class<?> main, String... arguments) {
    return Stream.concat(
            Stream.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-ea",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()),
            Stream.of(arguments))
        .toList();
  }
}
