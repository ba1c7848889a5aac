package dev.varve.cli;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.record.Compression;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Appends standard input. */
@Command(
    name = "append",
    header = "Append records from standard input.",
    description = {
      "Appends records from standard input, one a line, creating the log if there is none.",
      "",
      "Formats:",
      "  lines  The line is the value; no key; the time is now.",
      "  tsv    timestamp<TAB>key<TAB>value. An empty key is no key, an empty value a",
      "         tombstone; further tabs belong to the value. Timestamps are in",
      "         milliseconds, -1 for none. What `cat --format tsv` gives back is what went",
      "         in, byte for byte, if the last line ends with a newline.",
      "  json   One object a line: {\"timestamp\":0,\"key\":\"k\",\"value\":\"v\",",
      "         \"headers\":[{\"key\":\"h\",\"value\":\"x\"}]}. Every field may be left out; null"
          + " is",
      "         absent. keyBase64 and valueBase64 take bytes that are no text.",
      "",
      "At a malformed line the command stops with status 1 and names the line; the lines",
      "before it are in the log. Ctrl-C stops it too, with status 130: whole lines read so",
      "far are appended, and the log is closed. A batch is closed after --batch-records",
      "records, or before it would exceed max.message.bytes."
    },
    footer = {
      "  printf 'a\\nb\\n' | varve append /tmp/letters-0",
      "  zcat history.tsv.gz | varve append history-0 --format tsv --compression zstd:3 \\",
      "      --set segment.bytes=1048576 --sync"
    })
final class AppendCommand extends LogCommand {
  private static final int BATCH_RECORDS_DEFAULT = 100;

  @Parameters(paramLabel = "DIR", description = "The directory of the log.")
  private Path directory = Path.of("");

  @Option(
      names = "--format",
      paramLabel = "F",
      description = "lines, tsv or json (default: ${DEFAULT-VALUE}).",
      defaultValue = "lines")
  private InputFormat.Name format = InputFormat.Name.LINES;

  @Option(
      names = "--compression",
      paramLabel = "C[:LEVEL]",
      description = "none, gzip, snappy, lz4 or zstd, with a level if wanted (default: none).")
  private @Nullable String compression;

  @Option(
      names = "--batch-records",
      paramLabel = "N",
      description = "Records in a batch at most (default: ${DEFAULT-VALUE}).",
      defaultValue = "" + BATCH_RECORDS_DEFAULT)
  private int batchRecords = BATCH_RECORDS_DEFAULT;

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUE",
      description = "A setting by Kafka's topic configuration name, such as segment.bytes.")
  private Map<String, String> settings = new LinkedHashMap<>();

  @Option(
      names = "--sync",
      description = "Make all records durable before reporting them: they survive a power loss.")
  private boolean sync;

  AppendCommand() {}

  @Override
  public Integer call() throws IOException {
    if (batchRecords < 1) {
      throw usage("--batch-records is " + batchRecords + ", expected 1 or more");
    }
    LogOptions options = options();
    Compression codec = compression(options);
    long start = System.nanoTime();
    try (CommitLog log = CommitLog.open(directory, options)) {
      LineSplitter lines = new LineSplitter(streams().in());
      Appender appender =
          new Appender(
              log,
              options,
              codec,
              batchRecords,
              sync,
              lines,
              format.open(System::currentTimeMillis));
      Thread onInterrupt = new Thread(() -> interrupted(log, appender, start), "interrupt");
      Runtime.getRuntime().addShutdownHook(onInterrupt);
      try {
        append(appender, lines, start);
      } finally {
        removeHook(onInterrupt);
      }
    }
    return ExitCode.FINE;
  }

  private void append(Appender appender, LineSplitter lines, long start) throws IOException {
    try (ProgressLine progress = ProgressLine.ofRecords(streams(), "append")) {
      while (lines.fill()) {
        appender.appendLines();
        progress.update(appender.records(), -1);
      }
      appender.finish();
    } catch (CommandFailedException e) {
      appender.finish();
      throw new CommandFailedException(
          e.getMessage()
              + "; "
              + Text.count(appender.records(), "record")
              + " before it "
              + (appender.records() == 1 ? "is" : "are")
              + " in the log");
    }
    streams().err().println(appender.report(System.nanoTime() - start));
  }

  /** Runs while the main thread waits for input that may never come. */
  private void interrupted(CommitLog log, Appender appender, long start) {
    if (!appender.isFinished()) {
      appender.finish();
      log.close();
      streams().err().println();
      streams().err().println("interrupted; " + appender.report(System.nanoTime() - start));
    }
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // the process ends already, and the hook has closed the log
    }
  }

  private LogOptions options() {
    try {
      for (String name : settings.keySet()) {
        if (!LogOptions.concernsLog(name)) {
          streams().warn(name + " has no effect on appending and is passed over");
        }
      }
      return LogOptions.fromTopicConfig(settings);
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage()));
    }
  }

  private Compression compression(LogOptions options) {
    if (compression == null) {
      return options.compression();
    }
    try {
      return Compression.parse(compression);
    } catch (IllegalArgumentException e) {
      throw usage("--compression: " + e.getMessage());
    }
  }
}
