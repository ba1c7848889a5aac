package dev.varve.cli;

import dev.varve.compaction.CompactionConfig;
import dev.varve.compaction.CompactionPlan;
import dev.varve.compaction.CompactorOptions;
import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.error.LogException;
import dev.varve.log.inspect.LogDirectory;
import dev.varve.log.inspect.LogSummary;
import dev.varve.log.maintenance.Maintenance;
import dev.varve.log.store.LogStore;
import dev.varve.log.store.StoreListing;
import dev.varve.log.store.TopicPartition;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import org.agrona.concurrent.SystemEpochClock;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Compacts logs by key. */
@Command(
    name = "compact",
    header = "Keep the last record of each key, and give up those before it.",
    description = {
      "Compacts a log by Kafka's rules, whether or not it is due: of each key the last",
      "record stays, at its offset. Tombstones go when delete.retention.ms has passed since",
      "the first pass over them; with 0 they go at once, in a pass of their own. Records",
      "without a key go, and are counted. The last segment is ended before, so that all of",
      "the log is compacted; neighbouring segments become one of up to segment.bytes (1 GiB",
      "if it is not set). The log must be nobody else's at the time; a dry run takes no lock.",
      "",
      "Of a data directory, does so with each log whose topic is to be compacted, or with",
      "those that are named; topics are compacted as they are configured there.",
      "",
      "On a full disk, and at Ctrl-C (status 130), what was done before stays done, and",
      "nothing is lost. Status 1 if a segment cannot be read: it stays as it is, and the rest",
      "of the log is compacted."
    },
    footer = {
      "  varve compact prices-0 --dry-run",
      "  varve compact prices-0 --set segment.bytes=67108864 --set delete.retention.ms=0",
      "  varve compact data --topic prices --key-map 512MiB"
    })
final class CompactCommand extends LogCommand {
  private static final String CLEANUP_POLICY = "cleanup.policy";
  private static final long KEY_MAP_BYTES_MIN = 1 << 10;

  @Parameters(paramLabel = "DIR", description = "The directory of the log, or of many logs.")
  private Path directory = Path.of("");

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUE",
      description =
          "A setting by Kafka's topic configuration name, such as delete.retention.ms or"
              + " segment.bytes. The cleanup.policy is to compact without being said.")
  private Map<String, String> settings = new LinkedHashMap<>();

  @Option(
      names = "--key-map",
      paramLabel = "SIZE",
      description =
          "Memory for keys, 6 bytes each (default: 128MiB). If it does not take all, there are"
              + " several passes. A number with B, KiB, MiB or GiB.")
  private @Nullable String keyMap;

  @Option(
      names = "--full",
      description =
          "Go over what was compacted before, too: tombstones whose time has passed go, although"
              + " nothing was appended since.")
  private boolean full;

  @Mixin private ChosenLogs chosen = new ChosenLogs();

  @Option(names = "--dry-run", description = "Only explain; change nothing.")
  private boolean dryRun;

  @Option(
      names = "--json",
      description =
          "Print the plan of each log as one JSON object on a line, then what was done as another.")
  private boolean json;

  private long keyMapBytes;

  CompactCommand() {}

  @Override
  public Integer call() throws IOException {
    keyMapBytes = keyMapBytes();
    checkSettings();
    Optional<StoreListing> store = StoreListing.of(directory);
    if (store.isPresent()) {
      return compact(store.get()) ? ExitCode.FINE : ExitCode.FAILED;
    }
    LogDirectory files = filesOfLog(directory);
    if (chosen.isAny()) {
      throw usage(directory + " is a log; expected a data directory for --topic and --log");
    }
    CompactionRun run = run(Map.of());
    if (dryRun) {
      explain(run, directory, 0, -1, config(Map.of()));
      return ExitCode.FINE;
    }
    try (Interrupt interrupt = Interrupt.watch();
        CommitLog log = openForMaintenance(files, settings)) {
      return compact(run, "", log, log::maintenance, interrupt) ? ExitCode.FINE : ExitCode.FAILED;
    }
  }

  private long keyMapBytes() {
    if (keyMap == null) {
      return CompactorOptions.defaults().keyMapBytes();
    }
    return Quantity.bytes(keyMap)
        .filter(bytes -> bytes >= KEY_MAP_BYTES_MIN)
        .orElseThrow(
            () -> usage("--key-map is " + keyMap + ", expected 1KiB or more, " + Quantity.SIZES));
  }

  private void checkSettings() {
    try {
      LogOptions.fromTopicConfig(settings);
      for (String name : settings.keySet()) {
        if (!CompactionConfig.concernsCompaction(name) && !LogOptions.concernsLog(name)) {
          streams().warn(name + " has no effect on compacting and is passed over");
        }
      }
      if (!config(Map.of()).isCompacted()) {
        throw usage(
            CLEANUP_POLICY
                + " is "
                + settings.get(CLEANUP_POLICY)
                + ", expected compact, or nothing said of it");
      }
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage()));
    }
  }

  /** What was asked for, on top of what a topic is configured by. */
  private CompactionConfig config(Map<String, String> ofTopic) {
    Map<String, String> config = new HashMap<>(ofTopic);
    config.put(CLEANUP_POLICY, "compact");
    config.putAll(settings);
    return CompactionConfig.fromTopicConfig(config);
  }

  private CompactionRun run(Map<String, String> ofTopic) {
    return new CompactionRun(
        streams(), new CompactionRun.Settings(config(ofTopic), keyMapBytes, full));
  }

  /** Returns whether that went well with all logs. */
  private boolean compact(StoreListing store) throws IOException {
    NavigableSet<TopicPartition> logs = chosen.thatCompact(store, streams());
    Map<String, Map<String, String>> configs = store.topicConfigs();
    if (dryRun) {
      Map<TopicPartition, Long> starts = store.notedStartOffsets();
      Map<TopicPartition, Long> firstDirty = store.notedFirstDirtyOffsets();
      return each(
          logs,
          log -> {
            Map<String, String> ofTopic = configs.getOrDefault(log.topic(), Map.of());
            explain(
                run(ofTopic),
                store.directory(log),
                starts.getOrDefault(log, 0L),
                firstDirty.getOrDefault(log, -1L),
                config(ofTopic));
            return true;
          });
    }
    try (Interrupt interrupt = Interrupt.watch();
        Maintenance maintenance = Maintenance.byCaller(SystemEpochClock.INSTANCE);
        LogStore open = openForMaintenance(store, maintenance)) {
      return each(
          logs,
          log ->
              !interrupt.goesOn()
                  || compact(
                      run(open.topicConfig(log.topic())),
                      log + ": ",
                      open.log(log),
                      maintenance::runOnce,
                      interrupt));
    }
  }

  /** Is done with a log. */
  @FunctionalInterface
  private interface Action {
    boolean on(TopicPartition log) throws IOException;
  }

  /** One that fails stops no other. */
  private boolean each(NavigableSet<TopicPartition> logs, Action action) {
    boolean complete = true;
    for (TopicPartition log : logs) {
      try {
        complete &= action.on(log);
      } catch (OutputClosedException e) {
        throw e;
      } catch (LogException | IOException e) {
        streams().warn(Varve.message(e));
        complete = false;
      }
    }
    return complete;
  }

  /** Says what would be done, by the files of a log. */
  private void explain(
      CompactionRun run, Path log, long notedStart, long notedFirstDirty, CompactionConfig config)
      throws IOException {
    filesOfLog(log);
    LogSummary summary = LogSummary.of(log, _ -> {});
    CompactionPlan plan =
        run.plan(LogFiles.compactionFacts(summary, notedStart, notedFirstDirty, config));
    print(json ? CompactionText.json(log, plan, true) : plan.explain() + "\nnothing was changed\n");
  }

  /** Returns whether all of the log could be compacted. */
  private boolean compact(
      CompactionRun run, String name, CommitLog log, Runnable background, Interrupt interrupt)
      throws IOException {
    CompactionReport report = run.compact(log, background, interrupt::goesOn);
    print(
        json
            ? CompactionText.json(log.directory(), report.plan(), false)
                + CompactionText.jsonOfDone(log.directory(), report)
            : (name.isEmpty() ? "" : log.directory() + "\n") + CompactionText.report(report));
    if (report.keylessRecords() > 0) {
      streams()
          .warn(
              name
                  + Text.count(report.keylessRecords(), "record")
                  + " without a key went; a compacted log should have none");
    }
    LogException failure = report.failure();
    if (failure != null) {
      streams().warn(Varve.message(failure));
    }
    return report.isComplete() && report.setAside().isEmpty();
  }
}
