package dev.varve.log;

import dev.varve.log.error.LogDirectoryException;
import dev.varve.log.error.LogIOException;
import dev.varve.log.segment.LogCheckpoint;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.storage.DirectoryStorage;
import dev.varve.log.storage.Storage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Recovery of a log by hand: first says what it will do, then does it, and sets aside what it takes
 * away. The decisions are those of {@link CommitLog#open}, because they come from the same code,
 * which for the plan runs on a view of the directory that keeps all changes in memory.
 *
 * {@snippet :
 * try (OfflineRecovery recovery = OfflineRecovery.of(directory, LogOptions.defaults())) {
 *   recovery.plan().decisions().forEach(System.out::println);
 *   if (!recovery.hasNothingToDo()) {
 *     recovery.run();
 *   }
 * }
 * }
 *
 * <p>Has the directory locked from its making to {@link #run} or {@link #close}, so that what was
 * planned is what is done. Killed in the midst of it, nothing is lost, and it can be made again.
 *
 * <p>Thread safety: for one thread.
 */
public final class OfflineRecovery implements AutoCloseable {
  private final Storage storage;
  private final LogOptions options;
  private final OpenReport plan;
  private boolean released;

  /**
   * What was done.
   *
   * @param report what opening the log found and did, which is what was planned
   * @param setAside the directory with what was taken away; null if nothing was
   * @param setAsideNames the files in it
   */
  public record Outcome(OpenReport report, @Nullable Path setAside, List<String> setAsideNames) {
    /** Keeps a copy of the names. */
    public Outcome {
      setAsideNames = List.copyOf(setAsideNames);
    }
  }

  private OfflineRecovery(Storage storage, LogOptions options, OpenReport plan) {
    this.storage = storage;
    this.options = options;
    this.plan = plan;
  }

  /**
   * Locks the directory of a log and makes the plan. Nothing in it is changed.
   *
   * @param options those with which the log is opened; the listener hears of the progress
   * @throws LogDirectoryException if there is no such directory, or no log in it
   * @throws dev.varve.log.error.LogLockedException if the directory is open
   * @throws LogIOException if the disk fails
   */
  public static OfflineRecovery of(Path directory, LogOptions options) {
    if (Files.notExists(directory)) {
      throw new LogDirectoryException(
          directory + ": found no such directory, expected that of a log");
    }
    return of(DirectoryStorage.open(directory), options);
  }

  static OfflineRecovery of(Storage storage, LogOptions options) {
    boolean planned = false;
    try {
      if (!holdsLog(storage)) {
        throw new LogDirectoryException(
            storage.directory() + ": found no file of a log, expected at least one segment");
      }
      OfflineRecovery recovery = new OfflineRecovery(storage, options, plan(storage, options));
      planned = true;
      return recovery;
    } catch (IOException e) {
      throw new LogIOException(storage.directory() + " cannot be read: " + e.getMessage(), e);
    } finally {
      if (!planned) {
        release(storage);
      }
    }
  }

  private static boolean holdsLog(Storage storage) throws IOException {
    return storage.list().stream()
        .anyMatch(
            name -> SegmentFile.parse(name).isPresent() || name.equals(LogCheckpoint.FILE_NAME));
  }

  private static OpenReport plan(Storage storage, LogOptions options) throws IOException {
    try (OverlayStorage overlay = new OverlayStorage(storage)) {
      LogRecovery.Recovered recovered = LogRecovery.recover(overlay, options);
      recovered.active().discard();
      return recovered.report();
    }
  }

  /** What opening the log will find and do. */
  public OpenReport plan() {
    return plan;
  }

  /** Whether the log was closed in order and needs nothing. */
  public boolean hasNothingToDo() {
    return plan.closedInOrder() && plan.decisions().isEmpty();
  }

  /**
   * Opens the log and closes it in order. Bytes that go are copied to a subdirectory before.
   *
   * @throws LogIOException if the disk fails, or has no room for what is to be set aside; what was
   *     not set aside is still in its place
   */
  public Outcome run() {
    if (released) {
      throw new IllegalStateException(storage.directory() + " was recovered or given up already");
    }
    released = true; // by the log, however it ends
    SetAsideStorage keeping = new SetAsideStorage(storage);
    OpenReport report;
    try (CommitLog log = CommitLog.open(keeping, options)) {
      report = log.openReport();
    }
    try {
      return new Outcome(report, keeping.asideDirectory(), keeping.asideNames());
    } catch (IOException e) {
      throw new LogIOException(
          keeping.asideDirectory() + " cannot be listed: " + e.getMessage(), e);
    }
  }

  /** Gives the directory up, if that has not happened. */
  @Override
  public void close() {
    if (!released) {
      released = true;
      release(storage);
    }
  }

  /** Gives the directory of a log up. */
  static void release(Storage storage) {
    try {
      storage.close();
    } catch (IOException e) {
      throw new LogIOException(storage.directory() + " cannot be released: " + e.getMessage(), e);
    }
  }
}
