package dev.varve.jmh.suite;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Where and with what a run was made, in words, by name. */
record Machine(Map<String, String> facts) {

  /** Looks at this machine. What cannot be found out is left out. */
  static Machine here(Path directory, boolean quick) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("Time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    facts.put("Run", quick ? "quick: one process and three iterations each" : "full");
    facts.put(
        "Processor",
        valueOf("/proc/cpuinfo", "model name")
            + ", "
            + Runtime.getRuntime().availableProcessors()
            + " cores");
    facts.put("Memory", valueOf("/proc/meminfo", "MemTotal"));
    facts.put(
        "System",
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + ", "
            + System.getProperty("os.arch"));
    try {
      facts.put("File system", Files.getFileStore(directory).type());
    } catch (IOException e) {
      facts.put("File system", "unknown");
    }
    facts.put(
        "JDK", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
    facts.put("JVM flags", String.join(" ", Job.JVM_ARGUMENTS) + "; Varve needs none");
    facts.put("Commit", commit());
    return new Machine(facts);
  }

  private static String valueOf(String file, String name) {
    try (Stream<String> lines = Files.lines(Path.of(file), UTF_8)) {
      return lines
          .filter(line -> line.startsWith(name))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unknown");
    } catch (IOException | RuntimeException e) {
      return "unknown";
    }
  }

  private static String commit() {
    String hash = git("rev-parse", "--short=12", "HEAD");
    if (hash.isEmpty()) {
      return "unknown";
    }
    return hash + (git("status", "--porcelain").isEmpty() ? "" : ", with changes");
  }

  private static String git(String... arguments) {
    try {
      Process git =
          new ProcessBuilder(Stream.concat(Stream.of("git"), Stream.of(arguments)).toList())
              .directory(checkout().toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String out = new String(git.getInputStream().readAllBytes(), UTF_8).strip();
      return git.waitFor() == 0 ? out : "";
    } catch (IOException e) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  /** Where the classes came from, or the current directory. */
  private static Path checkout() {
    Path jar = Path.of(System.getProperty("java.class.path").split(File.pathSeparator, 2)[0]);
    Path folder = jar.toAbsolutePath().getParent();
    return folder != null && Files.isDirectory(folder) ? folder : Path.of("");
  }

  List<List<String>> rows() {
    return facts.entrySet().stream().map(fact -> List.of(fact.getKey(), fact.getValue())).toList();
  }
}
