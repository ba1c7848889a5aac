package dev.varve.jmh.suite;

import dev.varve.jmh.peer.BenchmarkDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The directory that holds all logs of a run. It is deleted when the run ends, and also when it is
 * interrupted: then the measuring processes, which write to it, are ended first.
 */
final class RunDirectory implements AutoCloseable {
  private final Path path;
  private final Thread hook;

  private RunDirectory(Path path) {
    this.path = path;
    this.hook = new Thread(this::delete, "varve-bench-cleanup");
  }

  /** Makes one below a directory. */
  static RunDirectory below(Path parent) throws IOException {
    RunDirectory made = new RunDirectory(Files.createTempDirectory(parent, "varve-bench-"));
    Runtime.getRuntime().addShutdownHook(made.hook);
    return made;
  }

  Path path() {
    return path;
  }

  private void delete() {
    ProcessHandle.current().descendants().forEach(RunDirectory::end);
    try {
      if (Files.exists(path)) {
        BenchmarkDirectory.deleteTree(path);
      }
    } catch (UncheckedIOException e) {
      System.err.println("varve bench: " + path + " could not be deleted: " + e.getMessage());
    }
  }

  private static void end(ProcessHandle process) {
    process.destroyForcibly();
    process.onExit().join();
  }

  @Override
  public void close() {
    Runtime.getRuntime().removeShutdownHook(hook);
    delete();
  }
}
