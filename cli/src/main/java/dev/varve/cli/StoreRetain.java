package dev.varve.cli;

import dev.varve.log.CommitLog;
import dev.varve.log.error.LogException;
import dev.varve.log.maintenance.Maintenance;
import dev.varve.log.store.LogStore;
import dev.varve.log.store.StoreListing;
import dev.varve.log.store.TopicPartition;
import dev.varve.retention.LogFacts;
import dev.varve.retention.LogRetention;
import dev.varve.retention.RetentionPlan;
import dev.varve.retention.RetentionPolicy;
import dev.varve.retention.StoreBudget;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.agrona.concurrent.SystemEpochClock;

/**
 * Retention of a data directory: first what a policy says of each log that may give, then what a
 * budget asks of them together, all said before anything is done.
 */
final class StoreRetain {
  private final LogCommand command;
  private final StoreListing store;
  private final RetentionPolicy policy;
  private final StoreBudget budget;
  private final boolean json;

  /** Whether all logs could be looked at and dealt with. */
  private boolean complete = true;

  StoreRetain(
      LogCommand command,
      StoreListing store,
      RetentionPolicy policy,
      StoreBudget budget,
      boolean json) {
    this.command = command;
    this.store = store;
    this.policy = policy;
    this.budget = budget;
    this.json = json;
  }

  /** What is to be done with the logs that may give, and by how much the budget is missed. */
  private record Plans(NavigableMap<TopicPartition, RetentionPlan> byLog, long bytesMissing) {}

  /** What is known of all logs. */
  @FunctionalInterface
  private interface Look {
    LogFacts at(TopicPartition log) throws IOException;
  }

  /**
   * Does it, or says what it would do.
   *
   * @param mayGive the logs that may give; the others only count
   * @return whether all went well, and the budget is kept
   */
  boolean run(Set<TopicPartition> mayGive, boolean dryRun) throws IOException {
    if (dryRun) {
      Map<TopicPartition, Long> noted = store.notedStartOffsets();
      Plans plans =
          plans(mayGive, log -> LogFiles.facts(store.directory(log), noted.getOrDefault(log, 0L)));
      print(plans, true);
      return complete && plans.bytesMissing == 0;
    }
    try (Maintenance maintenance = Maintenance.byCaller(SystemEpochClock.INSTANCE);
        LogStore open = command.openForMaintenance(store, maintenance)) {
      long now = LogFiles.now();
      Plans plans = plans(mayGive, log -> LogFacts.of(open.log(log), List.of(), now));
      print(plans, false);
      for (Map.Entry<TopicPartition, RetentionPlan> plan : plans.byLog.entrySet()) {
        apply(plan.getKey(), plan.getValue(), open);
      }
      return complete && plans.bytesMissing == 0;
    }
  }

  private Plans plans(Set<TopicPartition> mayGive, Look look) throws IOException {
    NavigableMap<TopicPartition, RetentionPlan> own = new TreeMap<>();
    List<LogFacts> left = new ArrayList<>();
    long otherBytes = 0;
    long bytesGoing = 0;
    for (TopicPartition log : store.logs()) {
      try {
        LogFacts facts = look.at(log);
        if (mayGive.contains(log)) {
          RetentionPlan plan = policy.plan(facts);
          own.put(log, plan);
          left.add(plan.leaves());
          bytesGoing += plan.bytes();
        } else {
          otherBytes += facts.sizeBytes();
        }
      } catch (LogException | IOException e) {
        failed(e);
      }
    }
    if (budget.equals(StoreBudget.NONE)) {
      return new Plans(own, 0);
    }
    StoreBudget.StorePlan asked = budget.plan(left, otherBytes, freeBytes() + bytesGoing);
    List<TopicPartition> logs = List.copyOf(own.keySet());
    for (int i = 0; i < logs.size(); i++) {
      RetentionPlan more = asked.plans().get(i);
      own.computeIfPresent(logs.get(i), (_, plan) -> plan.then(more));
    }
    return new Plans(own, asked.bytesMissing());
  }

  /** What is free, or will be when files have gone that were given up before. */
  private long freeBytes() throws IOException {
    if (budget.freeBytesMin() < 0) {
      return 0; // without a floor nobody looks at it
    }
    long free = Files.getFileStore(store.path()).getUsableSpace();
    for (String name : store.going()) {
      free += LogFiles.bytesIn(store.path().resolve(name), "*");
    }
    for (TopicPartition log : store.logs()) {
      free += LogFiles.bytesIn(store.directory(log), "*.deleted");
    }
    return free;
  }

  private void apply(TopicPartition partition, RetentionPlan plan, LogStore open)
      throws IOException {
    try {
      CommitLog log = open.log(partition);
      RetentionPlan done = LogRetention.apply(plan, log);
      if (json) {
        command.print(PlanText.jsonOfDone(log.directory(), done));
      } else if (!plan.isEmpty()) {
        command.print(partition + ": " + PlanText.report(plan, done));
      }
    } catch (LogException e) {
      failed(e);
    }
  }

  private void failed(Exception e) {
    complete = false;
    command.streams().warn(Varve.message(e));
  }

  private void print(Plans plans, boolean dryRun) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<TopicPartition, RetentionPlan> plan : plans.byLog.entrySet()) {
      text.append(
          json
              ? PlanText.json(store.directory(plan.getKey()), plan.getValue(), dryRun)
              : plan.getKey() + "\n" + PlanText.table(plan.getValue()));
    }
    text.append(json ? jsonOfSum(plans, dryRun) : sum(plans, dryRun));
    command.print(text.toString());
  }

  private String sum(Plans plans, boolean dryRun) {
    long logs = plans.byLog.values().stream().filter(plan -> !plan.isEmpty()).count();
    String going =
        logs == 0
            ? "nothing has to go\n"
            : (dryRun ? "would give up " : "gives up ")
                + Text.count(segments(plans), "segment")
                + " ("
                + Text.bytes(bytes(plans))
                + ") of "
                + Text.count(logs, "log")
                + "\n";
    String missing =
        plans.bytesMissing == 0
            ? ""
            : "--total or --free is missed by "
                + Text.bytes(plans.bytesMissing)
                + ": what is left is written, replicated, or not to be taken from\n";
    return going + missing + (dryRun ? "nothing was changed\n" : "");
  }

  private String jsonOfSum(Plans plans, boolean dryRun) throws IOException {
    return JsonLine.of(out -> {
      out.writeStringField("store", store.path().toString());
      out.writeBooleanField("dryRun", dryRun);
      out.writeNumberField("logs", plans.byLog.size());
      out.writeNumberField("segments", segments(plans));
      out.writeNumberField("bytes", bytes(plans));
      out.writeNumberField("bytesMissing", plans.bytesMissing);
    });
  }

  private static long segments(Plans plans) {
    return plans.byLog.values().stream().mapToLong(plan -> plan.going().size()).sum();
  }

  private static long bytes(Plans plans) {
    return plans.byLog.values().stream().mapToLong(RetentionPlan::bytes).sum();
  }
}
