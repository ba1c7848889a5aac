package dev.varve.realfaults;

import dev.varve.log.CommitLog;
import dev.varve.log.Durability;
import dev.varve.log.LogOptions;
import dev.varve.log.error.DiskFullException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The disk fills up under a log: appends are refused, readers go on, and appends too once there is
 * space again.
 */
record FullDisk(Durability durability, Cure cure) implements Scenario {
  private static final int FILLER_BYTES = 1 << 20;
  private static final int MORE_RECORDS = 500;

  /** A forced append of each single record would take minutes. */
  private static final int BATCH_RECORDS = 100;

  private static final int REFUSALS = 3;
  private static final int TRIES_MAX = 100_000;

  /** What makes space. */
  enum Cure {
    A_FILE_IS_DELETED,
    THE_START_MOVES
  }

  @Override
  public String run(Path disk, LogState state) throws IOException {
    Path filler = Files.write(disk.resolve("filler"), new byte[FILLER_BYTES]);
    Path directory = disk.resolve("log-0");
    LogOptions options =
        LogOptions.builder().segmentBytesMax(256 << 10).durability(durability).build();
    long refusedAt;
    long end;
    try (CommitLog log = CommitLog.open(directory, options)) {
      state.prepare(log);
      refusedAt = appendUntilRefused(log);
      NumberedRecords.assertEndsAt(log, refusedAt);
      for (int i = 1; i < REFUSALS; i++) {
        // The background may have given space back that a rolled segment had reserved in vain.
        refusedAt = appendUntilRefused(log);
        NumberedRecords.assertEndsAt(log, refusedAt);
      }
      switch (cure) {
        case A_FILE_IS_DELETED -> Files.delete(filler);
        case THE_START_MOVES -> log.advanceStartOffset(refusedAt / 2);
      }
      resume(log);
      NumberedRecords.append(log, MORE_RECORDS);
      end = log.offsets().endOffset();
      NumberedRecords.assertEndsAt(log, end);
    }
    try (CommitLog reopened = CommitLog.open(directory, options)) {
      if (!reopened.openReport().closedInOrder()) {
        throw new AssertionError("the log was not closed in order");
      }
      NumberedRecords.assertEndsAt(reopened, end);
    }
    return "refused at record "
        + refusedAt
        + ", all of them read; appended on to "
        + end
        + ", all there after reopening";
  }

  private static long appendUntilRefused(CommitLog log) {
    while (true) {
      try {
        NumberedRecords.appendBatch(log, BATCH_RECORDS);
      } catch (DiskFullException e) {
        return log.offsets().endOffset();
      }
    }
  }

  /** The background deletes; it may not be done when the call that moved the start returns. */
  private static void resume(CommitLog log) {
    DiskFullException refusal = null;
    for (int i = 0; i < TRIES_MAX; i++) {
      try {
        NumberedRecords.append(log);
        return;
      } catch (DiskFullException e) {
        refusal = e;
        log.maintenance();
      }
    }
    throw new AssertionError("appends are still refused", refusal);
  }
}
