package dev.varve.realfaults;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.error.LogIOException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;

/**
 * The directory of an open log loses its write permission: appends go on until they need a new
 * file, readers all the time, and appends again when the permission is back.
 */
final class LockedDirectory implements Scenario {
  private static final int MORE_RECORDS = 5000;

  @Override
  public String run(Path parent, LogState state) throws IOException {
    Path directory = parent.resolve("log-0");
    LogOptions options = LogOptions.builder().segmentBytesMax(256 << 10).build();
    LogIOException refusal;
    long refusedAt;
    long end;
    try (CommitLog log = CommitLog.open(directory, options)) {
      state.prepare(log);
      permit(directory, "r-xr-xr-x");
      refusal = appendUntilRefused(log);
      refusedAt = log.offsets().endOffset();
      NumberedRecords.assertEndsAt(log, refusedAt);
      permit(directory, "rwxr-xr-x");
      NumberedRecords.append(log, MORE_RECORDS);
      log.flush();
      end = log.offsets().endOffset();
      NumberedRecords.assertEndsAt(log, end);
    } finally {
      permit(directory, "rwxr-xr-x");
    }
    try (CommitLog reopened = CommitLog.open(directory, options)) {
      NumberedRecords.assertEndsAt(reopened, end);
    }
    return "refused at record "
        + refusedAt
        + " ("
        + Objects.requireNonNull(refusal.getCause()).getClass().getSimpleName()
        + "), all of them read; appended on to "
        + end
        + ", all there after reopening";
  }

  private static void permit(Path directory, String permissions) throws IOException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(permissions));
  }

  private static LogIOException appendUntilRefused(CommitLog log) {
    for (int i = 0; i < 100_000; i++) {
      try {
        NumberedRecords.append(log);
      } catch (LogIOException e) {
        return e;
      }
    }
    throw new AssertionError("a file was made in a directory without the permission");
  }
}
