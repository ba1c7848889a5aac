package dev.varve.cli;

import dev.varve.log.CommitLog;
import dev.varve.log.inspect.LogDirectory;
import dev.varve.log.store.StoreListing;
import dev.varve.retention.LogFacts;
import dev.varve.retention.LogRetention;
import dev.varve.retention.RetentionPlan;
import dev.varve.retention.RetentionPolicy;
import dev.varve.retention.RetentionRule;
import dev.varve.retention.StoreBudget;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Gives up old segments, and says before which ones and why. */
@Command(
    name = "retain",
    header = "Give up the segments that are old or too many, explaining each before.",
    description = {
      "Prints what becomes of each segment and by which rule, then gives up those that go.",
      "The rules are Kafka's: only whole segments go, from the front of the log, and the",
      "last one only if all of it has expired. The time of a segment is the largest",
      "timestamp in it; if there is none, or it lies in the future, that of its file. The",
      "log must be nobody else's at the time; a dry run takes no lock.",
      "",
      "Of a data directory, does so with each log, or with those that are named, and then",
      "with all together by --total and --free: the oldest segments of all go first. All",
      "logs count, those that are not named too, but these give nothing.",
      "",
      "Status 1 if a log could not be opened, or --total or --free is missed all the same."
    },
    footer = {
      "  varve retain orders-0 --age 7d --bytes 10GiB --dry-run",
      "  varve retain orders-0 --age 36h",
      "  varve retain data --age 7d --total 100GiB --free 10GiB --dry-run",
      "  varve retain data --topic orders --bytes 1GiB"
    })
final class RetainCommand extends LogCommand {
  @Parameters(paramLabel = "DIR", description = "The directory of the log, or of many logs.")
  private Path directory = Path.of("");

  @Option(
      names = "--age",
      paramLabel = "DURATION",
      description =
          "Segments go that are older than this: Kafka's retention.ms. A number with ms, s, m, h"
              + " or d.")
  private @Nullable String age;

  @Option(
      names = "--bytes",
      paramLabel = "SIZE",
      description =
          "Segments go as long as this much is left of the log: Kafka's retention.bytes. A number"
              + " with B, KiB, MiB, GiB or TiB.")
  private @Nullable String bytes;

  @Option(
      names = "--total",
      paramLabel = "SIZE",
      description = "Of a data directory: no more than this much is left of all logs together.")
  private @Nullable String total;

  @Option(
      names = "--free",
      paramLabel = "SIZE",
      description = "Of a data directory: this much of the disk is free afterwards.")
  private @Nullable String free;

  @Mixin private ChosenLogs chosen = new ChosenLogs();

  @Option(names = "--dry-run", description = "Only explain; change nothing.")
  private boolean dryRun;

  @Option(
      names = "--json",
      description =
          "Print the plan of each log as one JSON object on a line, then what was done as others.")
  private boolean json;

  RetainCommand() {}

  @Override
  public Integer call() throws IOException {
    RetentionPolicy policy = policy();
    StoreBudget budget = new StoreBudget(size("--total", total), size("--free", free));
    Optional<StoreListing> store = StoreListing.of(directory);
    if (store.isPresent()) {
      StoreRetain retain = new StoreRetain(this, store.get(), policy, budget, json);
      return retain.run(chosen.thatDelete(store.get(), streams()), dryRun)
          ? ExitCode.FINE
          : ExitCode.FAILED;
    }
    LogDirectory files = filesOfLog(directory);
    if (chosen.isAny() || !budget.equals(StoreBudget.NONE)) {
      throw usage(
          directory + " is a log; expected a data directory for --topic, --log, --total, --free");
    }
    if (dryRun) {
      RetentionPlan plan = policy.plan(LogFiles.facts(directory, 0));
      print(plan);
      print(json ? "" : PlanText.intention(plan) + "nothing was changed\n");
      return ExitCode.FINE;
    }
    try (CommitLog log = openForMaintenance(files)) {
      RetentionPlan plan = policy.plan(LogFacts.of(log, List.of(), LogFiles.now()));
      print(plan);
      RetentionPlan done = LogRetention.apply(plan, log);
      print(json ? PlanText.jsonOfDone(directory, done) : PlanText.report(plan, done));
    }
    return ExitCode.FINE;
  }

  private void print(RetentionPlan plan) throws IOException {
    print(json ? PlanText.json(directory, plan, dryRun) : PlanText.table(plan));
  }

  private RetentionPolicy policy() {
    List<RetentionRule> rules = new ArrayList<>();
    rules.add(RetentionRule.startOffset());
    if (bytes != null) {
      rules.add(RetentionRule.bytes(size("--bytes", bytes)));
    }
    if (age != null) {
      rules.add(
          RetentionRule.age(
              orUsage(
                  Quantity.duration(age), "--age is " + age + ", expected " + Quantity.DURATIONS)));
    }
    if (rules.size() == 1 && total == null && free == null) {
      throw usage(
          "found neither --age nor --bytes, expected at least one of them (or, of a data directory,"
              + " --total or --free)");
    }
    return RetentionPolicy.of(rules);
  }

  /** Negative if there is none. */
  private long size(String name, @Nullable String text) {
    return text == null
        ? -1
        : orUsage(Quantity.bytes(text), name + " is " + text + ", expected " + Quantity.SIZES);
  }

  private <T> T orUsage(Optional<T> read, String message) {
    return read.orElseThrow(() -> usage(message));
  }
}
