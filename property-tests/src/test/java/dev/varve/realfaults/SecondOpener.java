package dev.varve.realfaults;

import dev.varve.log.CommitLog;
import dev.varve.log.error.LogLockedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A log is open; nobody else gets in by any path, in this process or in another. */
final class SecondOpener implements Scenario {
  private static final String REFUSED = "refused";

  @Override
  public String run(Path parent, LogState state) throws IOException, InterruptedException {
    Path directory = parent.resolve("log-0");
    Path link = Files.createSymbolicLink(parent.resolve("link"), directory);
    List<Path> paths = List.of(directory, link);
    long end;
    try (CommitLog log = CommitLog.open(directory)) {
      state.prepare(log);
      for (Path path : paths) {
        assertRefused(attempt(path), path);
        assertRefused(attemptOfOther(path), path);
      }
      NumberedRecords.append(log, 1000);
      end = log.offsets().endOffset();
    }
    try (CommitLog next = CommitLog.open(link)) {
      NumberedRecords.assertEndsAt(next, end);
    }
    return "by its path and by a link, in this process and in another: 4 times refused; the log"
        + " goes on; free when it is closed";
  }

  private static void assertRefused(String answer, Path path) {
    if (!answer.equals(REFUSED)) {
      throw new AssertionError(path + ": " + answer);
    }
  }

  private static String attempt(Path directory) {
    try {
      CommitLog.open(directory).close();
      return "opened a second time";
    } catch (LogLockedException e) {
      String holder = "process " + ProcessHandle.current().pid();
      String parent =
          "process " + ProcessHandle.current().parent().map(ProcessHandle::pid).orElse(0L);
      String message = String.valueOf(e.getMessage());
      return message.contains(holder) || message.endsWith(parent) ? REFUSED : message;
    }
  }

  private static String attemptOfOther(Path directory) throws IOException, InterruptedException {
    Process other =
        new ProcessBuilder(TestProcess.java(SecondOpener.class, directory.toString()))
            .redirectErrorStream(true)
            .start();
    String said = new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    other.waitFor();
    return said;
  }

  /** The other process: takes a directory, and says what became of it. */
  public static void main(String[] arguments) {
    System.out.println(attempt(Path.of(arguments[0])));
  }
}
