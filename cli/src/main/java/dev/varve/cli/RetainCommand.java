package dev.varve.cli;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOffsets;
import dev.varve.log.SegmentInfo;
import dev.varve.log.inspect.LogDirectory;
import dev.varve.log.inspect.LogSummary;
import dev.varve.log.inspect.SegmentSummary;
import dev.varve.retention.LogFacts;
import dev.varve.retention.LogRetention;
import dev.varve.retention.RetentionPlan;
import dev.varve.retention.RetentionPolicy;
import dev.varve.retention.RetentionRule;
import dev.varve.retention.SegmentVerdict;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.agrona.concurrent.SystemEpochClock;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
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
      "log must be nobody else's at the time; a dry run takes no lock."
    },
    footer = {
      "  varve retain orders-0 --age 7d --bytes 10GiB --dry-run",
      "  varve retain orders-0 --age 36h"
    })
final class RetainCommand extends LogCommand {
  @Parameters(paramLabel = "DIR", description = "The directory of the log.")
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
          "Segments go as long as this much is left: Kafka's retention.bytes. A number with B,"
              + " KiB, MiB, GiB or TiB.")
  private @Nullable String bytes;

  @Option(names = "--dry-run", description = "Only explain; change nothing.")
  private boolean dryRun;

  RetainCommand() {}

  @Override
  public Integer call() throws IOException {
    RetentionPolicy policy = policy();
    LogDirectory files = filesOfLog(directory);
    if (dryRun) {
      RetentionPlan plan = policy.plan(facts());
      print(table(plan) + summary(plan, "would give up", "would begin") + "nothing was changed\n");
      return ExitCode.FINE;
    }
    try (CommitLog log = openForMaintenance(files)) {
      RetentionPlan plan = policy.plan(LogFacts.of(log, List.of(), now()));
      print(table(plan));
      print(report(plan, LogRetention.apply(plan, log)));
    }
    return ExitCode.FINE;
  }

  private RetentionPolicy policy() {
    List<RetentionRule> rules = new ArrayList<>();
    rules.add(RetentionRule.startOffset());
    if (bytes != null) {
      rules.add(
          RetentionRule.bytes(
              orUsage(
                  Quantity.bytes(bytes), "--bytes is " + bytes + ", expected " + Quantity.SIZES)));
    }
    if (age != null) {
      rules.add(
          RetentionRule.age(
              orUsage(
                  Quantity.duration(age), "--age is " + age + ", expected " + Quantity.DURATIONS)));
    }
    if (rules.size() == 1) {
      throw usage("found neither --age nor --bytes, expected at least one of them");
    }
    return RetentionPolicy.of(rules);
  }

  private <T> T orUsage(Optional<T> read, String message) {
    return read.orElseThrow(() -> usage(message));
  }

  private static long now() {
    return SystemEpochClock.INSTANCE.time();
  }

  /** Without a lock, and without opening the log, which would put it in order. */
  private LogFacts facts() throws IOException {
    LogSummary summary = LogSummary.of(directory, _ -> {});
    List<SegmentSummary> found = summary.segments();
    List<SegmentInfo> segments = new ArrayList<>();
    for (int i = 0; i < found.size(); i++) {
      SegmentSummary segment = found.get(i);
      boolean last = i == found.size() - 1;
      segments.add(
          new SegmentInfo(
              segment.baseOffset(),
              last ? summary.endOffset() : found.get(i + 1).baseOffset(),
              segment.sizeBytes(),
              last,
              segment.timestampMax(),
              Files.getLastModifiedTime(summary.directory().log(segment.baseOffset())).toMillis()));
    }
    long start = summary.directory().startOffset();
    long end = Math.max(start, summary.endOffset());
    long kept = summary.directory().highWatermark();
    long highWatermark = kept < 0 ? end : Math.clamp(kept, start, end);
    LogOffsets offsets = new LogOffsets(start, end, highWatermark, start, end);
    return new LogFacts(directory.toString(), offsets, segments, List.of(), now());
  }

  private static String table(RetentionPlan plan) {
    StringBuilder text = new StringBuilder();
    text.append(row("base offset", "end offset", "bytes", "largest timestamp", "", "why"));
    for (SegmentVerdict verdict : plan.verdicts()) {
      SegmentInfo segment = verdict.segment();
      text.append(
          row(
              Long.toString(segment.baseOffset()),
              Long.toString(segment.endOffset()),
              Long.toString(segment.sizeBytes()),
              Text.time(segment.timestampMax()),
              verdict.goes() ? "goes" : "stays",
              why(verdict)));
    }
    return text.toString();
  }

  /** Of several rules that keep a segment, the reason names each. */
  private static String why(SegmentVerdict verdict) {
    return verdict.reason().startsWith(verdict.rule().split(",", -1)[0])
        ? verdict.reason()
        : verdict.rule() + ": " + verdict.reason();
  }

  private static String row(
      String base, String end, String bytes, String timestamp, String verdict, String why) {
    return String.format(
        Locale.ROOT,
        "%20s %20s %12s  %-24s  %-5s  %s%n",
        base,
        end,
        bytes,
        timestamp,
        verdict,
        why);
  }

  /** What was done, which on a full disk is not all that was said to be. */
  static String report(RetentionPlan plan, RetentionPlan done) {
    String summary = summary(done, "gave up", "begins");
    return done.going().size() == plan.going().size()
        ? summary
        : summary + "the last segment stays: " + done.verdicts().getLast().reason() + "\n";
  }

  private static String summary(RetentionPlan plan, String givesUp, String begins) {
    if (plan.isEmpty()) {
      return "nothing has to go\n";
    }
    return String.format(
        Locale.ROOT,
        "%s %s (%s); the log %s at offset %s%n",
        givesUp,
        Text.count(plan.going().size(), "segment"),
        Text.bytes(plan.bytes()),
        begins,
        Text.count(plan.startOffset()));
  }

  /** Prints at once, so that nothing is done before it is said. */
  private void print(String text) {
    ByteSink sink = streams().sink();
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    sink.write(utf8, 0, utf8.length);
    sink.flush();
  }
}
