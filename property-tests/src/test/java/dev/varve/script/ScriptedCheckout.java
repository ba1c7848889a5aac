package dev.varve.script;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A checkout in a temporary folder: the real {@code varve} script, modules with one source each,
 * and a PATH on which stand only the tools that the script says it needs. JDKs and Maven are
 * scripts of a few lines that write down how they were called.
 *
 * <p>Thread safety: none, but {@link #start} may be called again while a process runs.
 */
final class ScriptedCheckout {
  static final List<String> MODULES =
      List.of("index", "log-core", "retention", "compaction", "cli");

  static final List<String> BENCH_MODULES = List.of("index", "log-core", "jmh");

  private static final List<String> TOOLS =
      List.of("cat", "find", "ln", "mkdir", "mv", "readlink", "rm", "sleep");
  private static final long RUN_SECONDS_MAX = 60;

  private final Path root;
  private final Path checkout;
  private final Path tools;

  ScriptedCheckout(Path root) throws IOException {
    this.root = root;
    // A space in the path, because somebody has one.
    this.checkout = Files.createDirectories(root.resolve("my checkout"));
    this.tools = Files.createDirectories(root.resolve("tools"));
    Files.createDirectories(root.resolve("jdks"));
    for (String tool : TOOLS) {
      executable(tools.resolve(tool), "exec " + systemTool(tool) + " \"$@\"");
    }
    Files.copy(Path.of(System.getProperty("varve.checkout"), "varve"), script());
    Files.writeString(checkout.resolve("pom.xml"), "<project/>");
    Set<String> modules = new TreeSet<>(MODULES);
    modules.addAll(BENCH_MODULES);
    for (String module : modules) {
      Files.createDirectories(source(module).getParent());
      Files.writeString(checkout.resolve(module).resolve("pom.xml"), "<project/>");
      Files.writeString(source(module), "class Source {}");
    }
  }

  Path script() {
    return checkout.resolve("varve");
  }

  Path source(String module) {
    return checkout.resolve(module).resolve("src/main/java/Source.java");
  }

  Path buildLock() {
    return checkout.resolve("cli/target/varve.building");
  }

  /** Where the script is told to look for JDKs in place of the usual folders. */
  Path jdk(String name) {
    return root.resolve("jdks").resolve(name);
  }

  /** Makes a JDK whose java prints its arguments, one a line, and ends with status 3. */
  ScriptedCheckout withJdk(Path home, String version) throws IOException {
    withJdkWithoutReleaseFile(home, version);
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    return this;
  }

  /** The same, but only its java knows its version. */
  ScriptedCheckout withJdkWithoutReleaseFile(Path home, String version) throws IOException {
    Files.createDirectories(home.resolve("bin"));
    executable(home.resolve("bin/javac"), "exit 0");
    executable(
        home.resolve("bin/java"),
        String.format(
            Locale.ROOT,
            """
            case $* in
              *-version) printf '    java.home = %s\\n    java.io.tmpdir = /tmp\\nopenjdk version "%s" 2025-09-16\\n' >&2 ;;
              *) printf '%%s\\n' "$@"; exit 3 ;;
            esac
            """,
            home,
            version));
    return this;
  }

  ScriptedCheckout withJavaOnPath(Path home) throws IOException {
    Files.createSymbolicLink(tools.resolve("java"), home.resolve("bin/java"));
    return this;
  }

  /** Makes a Maven that writes down its call and puts a jar where the cli module would. */
  ScriptedCheckout withMaven() throws IOException {
    executable(
        tools.resolve("mvn"),
        String.format(
            Locale.ROOT,
            """
            printf '%%s %%s\\n' "$JAVA_HOME" "$*" >>'%1$s/mvn.calls'
            if [ -e '%1$s/mvn.fails' ]; then echo 'Source.java:1: expected ;'; exit 1; fi
            if [ -e '%1$s/mvn.is-slow' ]; then sleep 1; fi
            mkdir -p cli/target/app
            : >cli/target/app/varve-cli.jar
            """,
            root));
    return this;
  }

  void breakSource() throws IOException {
    Files.writeString(root.resolve("mvn.fails"), "");
  }

  void mendSource() throws IOException {
    Files.delete(root.resolve("mvn.fails"));
  }

  /** Makes a build last long enough for another process to meet it. */
  void slowMavenDown() throws IOException {
    Files.writeString(root.resolve("mvn.is-slow"), "");
  }

  List<String> mavenCalls() throws IOException {
    try {
      return Files.readAllLines(root.resolve("mvn.calls"));
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  /** Makes all files and folders an hour older, so that a later change is newer beyond doubt. */
  void passAnHour() throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(checkout)) {
      files = walk.toList();
    }
    for (Path file : files) {
      long millis = Files.getLastModifiedTime(file).toMillis() - Duration.ofHours(1).toMillis();
      Files.setLastModifiedTime(file, FileTime.fromMillis(millis));
    }
  }

  Result run(String... arguments) throws Exception {
    return finish(start(script(), Map.of(), arguments));
  }

  Process start(Path script, Map<String, String> environment, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(script.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(root.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", tools.toString());
    builder.environment().put("HOME", root.resolve("home").toString());
    builder.environment().put("VARVE_JDK_FOLDERS", root.resolve("jdks").toString());
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** Waits for the end; the script prints little enough for the pipes to hold it. */
  static Result finish(Process process) throws Exception {
    if (!process.waitFor(RUN_SECONDS_MAX, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("the script still runs after " + RUN_SECONDS_MAX + " s");
    }
    return new Result(
        process.exitValue(),
        new String(process.getInputStream().readAllBytes(), UTF_8),
        new String(process.getErrorStream().readAllBytes(), UTF_8));
  }

  /** How a run of the script ended and what it printed. */
  record Result(int exit, String out, String err) {}

  private static Path systemTool(String name) {
    return Stream.of("/usr/bin", "/bin")
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + name + " in /usr/bin or /bin"));
  }

  private static void executable(Path file, String body) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + body + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
