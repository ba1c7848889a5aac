package dev.varve.realfaults;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.error.LogDirectoryException;
import dev.varve.log.error.LogException;
import dev.varve.log.error.LogFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The file system finds an error in itself and turns read-only under an open log, as ext4 does when
 * its disk dies: the log stops with the cause, nothing that was durable is lost, and it opens again
 * once the file system is repaired.
 */
final class FailedFileSystem implements Scenario {
  private static final int STEPS_MAX = 100_000;

  @Override
  public String run(Path disk, LogState state) throws IOException, InterruptedException {
    String device = deviceOf(disk);
    Path directory = disk.resolve("log-0");
    LogOptions options = LogOptions.builder().segmentBytesMax(256 << 10).build();
    long durable;
    LogFailedException failure;
    try (CommitLog log = CommitLog.open(directory, options)) {
      state.prepare(log);
      log.flush();
      durable = log.offsets().durableEnd();
      fail(device);
      failure = appendUntilStopped(log);
    }
    LogDirectoryException refusal = openRefused(directory, options);
    execute("umount", disk.toString());
    String image = Surroundings.imageOf(disk).toString();
    execute("e2fsck", "-fp", image);
    execute("mount", "-o", "loop", image, disk.toString());
    try (CommitLog reopened = CommitLog.open(directory, options)) {
      long end = NumberedRecords.readAll(reopened);
      if (end < durable) {
        throw new AssertionError("found " + end + " records, expected " + durable);
      }
      NumberedRecords.append(reopened, 1000);
      NumberedRecords.assertEndsAt(reopened, end + 1000);
      return "stopped: "
          + failure.getCause()
          + "; opening says \""
          + String.valueOf(refusal.getMessage()).replace(disk.toString(), "")
          + "\"; repaired, all "
          + durable
          + " durable records there, appends go on";
    }
  }

  /** Appends and flushes until something is refused. The log must stop, not only complain. */
  private static LogFailedException appendUntilStopped(CommitLog log) {
    for (int i = 0; i < STEPS_MAX; i++) {
      try {
        NumberedRecords.append(log);
        log.flush();
      } catch (LogFailedException e) {
        return e;
      } catch (LogException e) {
        // the roll that could not be done; a flush will tell
      }
    }
    throw new AssertionError("the log goes on without a file system");
  }

  private static LogDirectoryException openRefused(Path directory, LogOptions options) {
    try {
      CommitLog.open(directory, options).close();
    } catch (LogDirectoryException e) {
      return e;
    }
    throw new AssertionError("opened on a read-only file system");
  }

  private static String deviceOf(Path mountPoint) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/mounts")).stream()
        .map(line -> line.split(" ", -1))
        .filter(fields -> fields[1].equals(mountPoint.toString()))
        .map(fields -> fields[0])
        .findFirst()
        .orElseThrow();
  }

  private static void fail(String device) throws IOException {
    Path name = Path.of(device).getFileName();
    Files.writeString(
        Path.of("/sys/fs/ext4").resolve(name).resolve("trigger_fs_error"), "varve test");
  }

  private static void execute(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    // e2fsck says 1 when it has repaired something.
    if (process.waitFor() > 1) {
      throw new AssertionError(List.of(command) + ": " + said);
    }
  }
}
