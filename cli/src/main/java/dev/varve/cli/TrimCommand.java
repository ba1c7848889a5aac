package dev.varve.cli;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOffsets;
import dev.varve.log.SegmentInfo;
import dev.varve.log.error.DiskFullException;
import dev.varve.log.inspect.LogDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.OptionalLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Moves the start of a log. */
@Command(
    name = "trim",
    header = "Give up the records before an offset or a time.",
    description = {
      "Moves the start of the log, durably, and deletes the segments that hold nothing else.",
      "With a time, it moves to the first record with that timestamp or a later one, so that",
      "no such record goes. The log must be nobody else's at the time.",
      "",
      "Status 1 if the log does not reach to the offset."
    },
    footer = {
      "  varve trim orders-0 --before 120000",
      "  varve trim orders-0 --before 2020-01-01T00:00:00Z"
    })
final class TrimCommand extends LogCommand {
  @Parameters(paramLabel = "DIR", description = "The directory of the log.")
  private Path directory = Path.of("");

  @Option(
      names = "--before",
      paramLabel = "OFFSET|TIME",
      required = true,
      description = "An offset, or an ISO 8601 time such as 2020-01-01T00:00:00Z.")
  private String before = "";

  TrimCommand() {}

  @Override
  public Integer call() throws IOException {
    boolean isOffset = before.matches("\\d{1,18}");
    long number = isOffset ? Long.parseLong(before) : millis();
    LogDirectory files = filesOfLog(directory);
    try (CommitLog log = openForMaintenance(files)) {
      LogOffsets found = log.offsets();
      trim(log, isOffset ? number : offsetOf(log, number), found);
    }
    return ExitCode.FINE;
  }

  private long millis() {
    try {
      return OffsetDateTime.parse(before).toInstant().toEpochMilli();
    } catch (DateTimeException | ArithmeticException e) {
      throw usage(
          "--before is " + before + ", expected an offset, or a time such as 2020-01-01T00:00:00Z");
    }
  }

  /** The end if all records are older. */
  private static long offsetOf(CommitLog log, long timestamp) {
    OptionalLong first = log.offsetForTimestamp(timestamp);
    return first.orElse(log.offsets().endOffset());
  }

  private void trim(CommitLog log, long offset, LogOffsets found) {
    if (offset <= found.startOffset()) {
      streams()
          .err()
          .println(
              "nothing lies before offset "
                  + offset
                  + ": the log begins at offset "
                  + found.startOffset());
      return;
    }
    long bytesBefore = sizeBytes(log);
    if (offset == found.endOffset() && offset <= found.highWatermark()) {
      rollIfThereIsRoom(log); // so that the last segment goes, too
    }
    log.advanceStartOffset(offset);
    streams()
        .err()
        .println(
            "gave up offsets "
                + found.startOffset()
                + " to "
                + (offset - 1)
                + " ("
                + Text.bytes(bytesBefore - sizeBytes(log))
                + " of segments); the log begins at offset "
                + offset);
  }

  private static void rollIfThereIsRoom(CommitLog log) {
    try {
      log.roll();
    } catch (DiskFullException e) {
      // The last segment stays, with nothing in it that can be read; the others make room.
    }
  }

  private static long sizeBytes(CommitLog log) {
    return log.segments().stream().mapToLong(SegmentInfo::sizeBytes).sum();
  }
}
