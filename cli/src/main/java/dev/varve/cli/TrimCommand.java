package dev.varve.cli;

import dev.varve.log.CommitLog;
import dev.varve.log.SegmentInfo;
import dev.varve.log.error.DiskFullException;
import dev.varve.log.error.LogException;
import dev.varve.log.error.OffsetOutOfRangeException;
import dev.varve.log.inspect.DirectoryReader;
import dev.varve.log.inspect.LogDirectory;
import dev.varve.log.maintenance.Maintenance;
import dev.varve.log.store.LogStore;
import dev.varve.log.store.StoreListing;
import dev.varve.log.store.TopicPartition;
import dev.varve.retention.LogFacts;
import java.io.IOException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.agrona.concurrent.SystemEpochClock;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Moves the start of a log. */
@Command(
    name = "trim",
    header = "Give up the records before an offset or a time.",
    description = {
      "Moves the start of the log, durably, and deletes the segments that hold nothing else.",
      "With a time, it moves to the first record with that timestamp or a later one, so that",
      "no such record goes. The log must be nobody else's at the time; a dry run takes no",
      "lock.",
      "",
      "Of a data directory, does so with each log, or with those that are named; an offset",
      "is for one of them only.",
      "",
      "Status 1 if a log does not reach to the offset, or could not be opened."
    },
    footer = {
      "  varve trim orders-0 --before 120000",
      "  varve trim orders-0 --before 2020-01-01T00:00:00Z --dry-run",
      "  varve trim data --before 2020-01-01T00:00:00Z",
      "  varve trim data --log orders-0 --before 120000"
    })
final class TrimCommand extends LogCommand {
  @Parameters(paramLabel = "DIR", description = "The directory of the log, or of many logs.")
  private Path directory = Path.of("");

  @Option(
      names = "--before",
      paramLabel = "OFFSET|TIME",
      required = true,
      description = "An offset, or an ISO 8601 time such as 2020-01-01T00:00:00Z.")
  private String before = "";

  @Mixin private ChosenLogs chosen = new ChosenLogs();

  @Option(names = "--dry-run", description = "Only say what would go; change nothing.")
  private boolean dryRun;

  @Option(
      names = "--json",
      description = "Print what goes as one JSON object on a line, for each log.")
  private boolean json;

  private boolean isOffset;
  private long number;

  TrimCommand() {}

  @Override
  public Integer call() throws IOException {
    isOffset = before.matches("\\d{1,18}");
    number = isOffset ? Long.parseLong(before) : millis();
    Optional<StoreListing> store = StoreListing.of(directory);
    if (store.isPresent()) {
      return trim(store.get()) ? ExitCode.FINE : ExitCode.FAILED;
    }
    LogDirectory files = filesOfLog(directory);
    if (chosen.isAny()) {
      throw usage(directory + " is a log; expected a data directory for --topic and --log");
    }
    if (dryRun) {
      explain("", directory, 0);
      return ExitCode.FINE;
    }
    try (CommitLog log = openForMaintenance(files)) {
      trim("", log);
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

  /** Returns whether that went well with all logs. */
  private boolean trim(StoreListing store) throws IOException {
    Set<TopicPartition> logs = chosen.thatDelete(store, streams());
    if (isOffset && logs.size() != 1) {
      throw usage(
          "--before is an offset, and there are "
              + logs.size()
              + " logs; expected one, chosen by --log, or a time");
    }
    if (dryRun) {
      Map<TopicPartition, Long> noted = store.notedStartOffsets();
      return each(
          logs, log -> explain(log + ": ", store.directory(log), noted.getOrDefault(log, 0L)));
    }
    try (Maintenance maintenance = Maintenance.byCaller(SystemEpochClock.INSTANCE);
        LogStore open = openForMaintenance(store, maintenance)) {
      return each(logs, log -> trim(log + ": ", open.log(log)));
    }
  }

  /** Is done with a log. */
  @FunctionalInterface
  private interface Action {
    void on(TopicPartition log) throws IOException;
  }

  /** One that fails stops no other. */
  private boolean each(Set<TopicPartition> logs, Action action) {
    boolean complete = true;
    for (TopicPartition log : logs) {
      try {
        action.on(log);
      } catch (LogException | IOException e) {
        streams().warn(Varve.message(e));
        complete = false;
      }
    }
    return complete;
  }

  private void trim(String name, CommitLog log) throws IOException {
    LogFacts found = LogFacts.of(log, List.of(), LogFiles.now());
    long offset = isOffset ? number : orEnd(log.offsetForTimestamp(number), found);
    if (!liesBefore(name, offset, found)) {
      return;
    }
    if (takesAll(offset, found)) {
      rollIfThereIsRoom(log); // so that the last segment goes, too
    }
    log.advanceStartOffset(offset);
    long bytesLeft = log.segments().stream().mapToLong(SegmentInfo::sizeBytes).sum();
    tell(name, offset, found, found.sizeBytes() - bytesLeft);
  }

  /** Says what a trim would do, by the files of a log. */
  private void explain(String name, Path log, long notedStart) throws IOException {
    LogFacts found = LogFiles.facts(log, notedStart);
    long offset = isOffset ? number : orEnd(offsetForTimestamp(log), found);
    if (!liesBefore(name, offset, found)) {
      return;
    }
    if (offset > found.offsets().highWatermark()) {
      throw new OffsetOutOfRangeException(
          offset, found.offsets().startOffset(), found.offsets().highWatermark());
    }
    boolean all = takesAll(offset, found);
    long bytes =
        found.segments().stream()
            .filter(segment -> segment.endOffset() <= offset && (all || !segment.active()))
            .mapToLong(SegmentInfo::sizeBytes)
            .sum();
    tell(name, offset, found, bytes);
  }

  private OptionalLong offsetForTimestamp(Path log) throws IOException {
    try (DirectoryReader reader = DirectoryReader.open(log)) {
      return reader.offsetForTimestamp(number);
    }
  }

  /** The end if all records are older. */
  private static long orEnd(OptionalLong first, LogFacts found) {
    return first.orElse(found.offsets().endOffset());
  }

  private static boolean takesAll(long offset, LogFacts found) {
    return offset == found.offsets().endOffset() && offset <= found.offsets().highWatermark();
  }

  /** Whether anything goes; if not, that is told. */
  private boolean liesBefore(String name, long offset, LogFacts found) throws IOException {
    long start = found.offsets().startOffset();
    if (offset > start) {
      return true;
    }
    if (json) {
      print(jsonOf(found, start, 0));
    } else {
      streams()
          .err()
          .println(
              name
                  + "nothing lies before offset "
                  + offset
                  + ": the log begins at offset "
                  + start);
    }
    return false;
  }

  private void tell(String name, long offset, LogFacts found, long bytes) throws IOException {
    if (json) {
      print(jsonOf(found, offset, bytes));
      return;
    }
    streams()
        .err()
        .println(
            name
                + (dryRun ? "would give up" : "gave up")
                + " offsets "
                + found.offsets().startOffset()
                + " to "
                + (offset - 1)
                + " ("
                + Text.bytes(bytes)
                + " of segments); the log "
                + (dryRun ? "would begin" : "begins")
                + " at offset "
                + offset);
  }

  private String jsonOf(LogFacts found, long startOffset, long bytes) throws IOException {
    return JsonLine.of(out -> {
      out.writeStringField("directory", found.name());
      out.writeBooleanField("dryRun", dryRun);
      out.writeNumberField("firstOffset", found.offsets().startOffset());
      out.writeNumberField("startOffset", startOffset);
      out.writeNumberField("bytes", bytes);
    });
  }

  private static void rollIfThereIsRoom(CommitLog log) {
    try {
      log.roll();
    } catch (DiskFullException e) {
      // The last segment stays, with nothing in it that can be read; the others make room.
    }
  }
}
