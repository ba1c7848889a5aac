package dev.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.SegmentInfo;
import dev.varve.log.record.EncodedBatch;
import dev.varve.retention.LogFacts;
import dev.varve.retention.RetentionPlan;
import dev.varve.retention.RetentionPolicy;
import dev.varve.retention.RetentionRule;
import dev.varve.retention.SegmentVerdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How old records are given up by the command line. */
class RetentionCommandsTest {
  private static final long YEAR_2001 = Instant.parse("2001-01-01T00:00:00Z").toEpochMilli();
  private static final long YEAR_2100 = Instant.parse("2100-01-01T00:00:00Z").toEpochMilli();
  private static final long HOUR = 3_600_000;

  @TempDir Path parent;

  private String directory = "";

  /** Segments of two records: [0, 2) and [2, 4) of 2001, [4, 5) of 2100. */
  @BeforeEach
  void writeLog() {
    directory = parent.resolve("orders-0").toString();
    LogOptions options =
        LogOptions.builder().segmentBytesMax(1000).segmentMillisMax(Long.MAX_VALUE).build();
    try (CommitLog log = CommitLog.open(Path.of(directory), options)) {
      for (int i = 0; i < 5; i++) {
        long timestamp = i < 4 ? YEAR_2001 + i * HOUR : YEAR_2100;
        log.append(timestamp, ("record " + i).getBytes(UTF_8), new byte[400]);
      }
      assertThat(log.segments()).extracting(SegmentInfo::baseOffset).containsExactly(0L, 2L, 4L);
    }
  }

  private Map<String, Long> files() throws IOException {
    Map<String, Long> sizes = new TreeMap<>();
    try (Stream<Path> files = Files.list(Path.of(directory))) {
      for (Path file : files.toList()) {
        sizes.put(file.getFileName().toString(), Files.size(file));
      }
    }
    return sizes;
  }

  private String info() {
    return CommandLineRun.of("info", directory).out();
  }

  @Test
  void aDryRunSaysWhatGoesAndByWhichRuleAndChangesNothing() throws IOException {
    Map<String, Long> before = files();
    CommandLineRun run =
        CommandLineRun.of("retain", directory, "--age", "7d", "--bytes", "1000MiB", "--dry-run");
    assertThat(run.exitCode()).as(run.err()).isZero();
    List<String> lines = run.out().lines().toList();
    assertThat(lines).hasSize(6);
    assertThat(lines.get(1))
        .matches(
            " +0 +2 +\\d+ +2001-01-01T01:00:00Z +goes +retention.ms: the newest record is of"
                + " 2001-01-01T01:00:00Z, \\d+d( \\d+h)? ago, more than 7d");
    assertThat(lines.get(2)).matches(" +2 +4 +\\d+ +2001-01-01T03:00:00Z +goes +retention.ms: .*");
    assertThat(lines.get(3))
        .matches(
            " +4 +5 +\\d+ +2100-01-01T00:00:00Z +stays +retention.bytes: without it 0 bytes are"
                + " left, less than 1,048,576,000 bytes; retention.ms: the newest record is of"
                + " 2100-01-01T00:00:00Z, and the last append was by .*, not more than 7d");
    assertThat(lines.get(4))
        .matches("would give up 2 segments \\([\\d.]+ .*B\\); the log would begin at offset 4");
    assertThat(lines.get(5)).isEqualTo("nothing was changed");
    assertThat(files()).isEqualTo(before);
  }

  @Test
  void whatWasSaidIsDone() throws IOException {
    String[] plan =
        CommandLineRun.of("retain", directory, "--age", "7d", "--dry-run").out().split("would", -1);
    CommandLineRun run = CommandLineRun.of("retain", directory, "--age", "7d");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out().lines().limit(3)).isEqualTo(plan[0].lines().limit(3).toList());
    assertThat(run.out()).containsPattern("\ngave up 2 segments .*; the log begins at offset 4\n");
    assertThat(info()).containsPattern("start offset +4\n").containsPattern("end offset +5\n");
    assertThat(files().keySet()).noneMatch(name -> name.startsWith("0".repeat(20)));
    assertThat(CommandLineRun.of("verify", directory).exitCode()).isZero();
    CommandLineRun again = CommandLineRun.of("retain", directory, "--age", "7d");
    assertThat(again.out()).endsWith("nothing has to go\n");
    assertThat(again.exitCode()).isZero();
  }

  @Test
  void bySizeAsMuchAsWasAskedForIsLeft() {
    CommandLineRun run = CommandLineRun.of("retain", directory, "--bytes", "0");
    assertThat(run.out())
        .contains("retention.bytes: without it 0 bytes are left, not less than 0 bytes")
        .containsPattern("gave up 3 segments .*; the log begins at offset 5\n");
    assertThat(info()).containsPattern("start offset +5\n").containsPattern("\n +5 +5 +0 ");
  }

  @Test
  void onAFullDiskItSaysWhatWasDoneAndNotWhatWasPlanned() {
    try (CommitLog log = CommitLog.open(Path.of(directory))) {
      LogFacts facts = LogFacts.of(log, List.of(), YEAR_2100);
      RetentionPlan plan = RetentionPolicy.of(RetentionRule.bytes(0)).plan(facts);
      assertThat(PlanText.report(plan, plan))
          .matches("gave up 3 segments .*; the log begins at offset 5\n");
      List<SegmentVerdict> verdicts = new ArrayList<>(plan.verdicts());
      SegmentInfo last = verdicts.removeLast().segment();
      verdicts.add(new SegmentVerdict(last, false, "full disk", "a new segment has no room"));
      assertThat(PlanText.report(plan, new RetentionPlan(facts, verdicts, 4, false)))
          .matches(
              """
              gave up 2 segments .*; the log begins at offset 4
              the last segment stays: a new segment has no room
              """);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"trim DIR --before 1", "retain DIR --age 1000000d", "txn abort DIR 1"})
  void anIdleProducerIsNotForgotten(String command) {
    String ofProducer = parent.resolve("idle-0").toString();
    LogOptions options =
        LogOptions.builder()
            .ownMaintenanceThreads(false)
            .producerExpirationMillis(Long.MAX_VALUE)
            .build();
    EncodedBatch batch;
    try (CommitLog log = CommitLog.open(Path.of(ofProducer), options)) {
      log.append(YEAR_2001, null, new byte[1]);
      batch = log.newBatch().producer(7, (short) 0, 0).append(YEAR_2001, null, new byte[1]).build();
      assertThat(log.append(batch)).isEqualTo(1);
    }
    CommandLineRun run = CommandLineRun.of(command.replace("DIR", ofProducer).split(" ", -1));
    assertThat(run.exitCode()).as(run.err()).isLessThan(2);
    try (CommitLog log = CommitLog.open(Path.of(ofProducer), options)) {
      assertThat(log.append(batch)).as("it is there already").isEqualTo(1);
    }
  }

  @Test
  void theKeptHighWatermarkOfAReplicaIsALimit() {
    try (CommitLog log =
        CommitLog.open(
            Path.of(directory),
            LogOptions.builder().replicated(true).ownMaintenanceThreads(false).build())) {
      log.replica().advanceHighWatermark(3);
    }
    String why = "high watermark: it is 3, the segment ends at 4; expired by retention.ms";
    assertThat(CommandLineRun.of("retain", directory, "--age", "7d", "--dry-run").out())
        .contains(why);
    assertThat(CommandLineRun.of("retain", directory, "--age", "7d").out()).contains(why);
    assertThat(info()).containsPattern("start offset +2\n").containsPattern("high watermark .*3");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--age   | 7      | --age is 7, expected a duration such as 7d or 36h (ms, s, m, h, d)",
        "--age   | 7w     | --age is 7w, expected a duration",
        "--age   | -7d    | --age",
        "--age   | P7D    | --age is P7D, expected a duration",
        "--bytes | 10GB   | --bytes is 10GB, expected a size such as 500MiB or 10GiB",
        "--bytes | ten    | --bytes is ten, expected a size",
        "--bytes | 1e9    | --bytes is 1e9, expected a size",
        "--bytes | 999999999TiB | --bytes is 999999999TiB, expected a size",
      })
  void badAmountsAreRefused(String option, String value, String message) {
    CommandLineRun run = CommandLineRun.of("retain", directory, option, value);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains(message);
    assertThat(info()).containsPattern("start offset +0\n");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "17, 17",
    "17B, 17",
    "1 KiB, 1024",
    "1.5KiB, 1536",
    "10GiB, 10737418240",
    "2TiB, 2199023255552",
  })
  void sizesHaveUnits(String text, long bytes) {
    assertThat(Quantity.bytes(text)).contains(bytes);
  }

  @ParameterizedTest
  @CsvSource({"0s, 0", "5ms, 5", "1.5s, 1500", "2m, 120000", "36h, 129600000", "7d, 604800000"})
  void durationsHaveUnits(String text, long millis) {
    assertThat(Quantity.duration(text).orElseThrow().toMillis()).isEqualTo(millis);
  }

  @Test
  void retainNeedsARuleAndALog() {
    assertThat(CommandLineRun.of("retain", directory).err())
        .contains("found neither --age nor --bytes, expected at least one of them");
    String nowhere = parent.resolve("none").toString();
    for (String[] arguments :
        new String[][] {
          {"retain", nowhere, "--age", "7d"},
          {"retain", nowhere, "--age", "7d", "--dry-run"},
          {"trim", nowhere, "--before", "1"}
        }) {
      CommandLineRun run = CommandLineRun.of(arguments);
      assertThat(run.exitCode()).isEqualTo(1);
      assertThat(run.err()).contains(nowhere);
    }
    assertThat(parent.resolve("none")).doesNotExist();
  }

  @Test
  void aLogThatIsOpenElsewhereIsLeftAlone() {
    try (CommitLog log = CommitLog.open(Path.of(directory))) {
      assertThat(CommandLineRun.of("retain", directory, "--age", "7d").exitCode()).isEqualTo(1);
      assertThat(CommandLineRun.of("trim", directory, "--before", "3").exitCode()).isEqualTo(1);
      assertThat(CommandLineRun.of("retain", directory, "--age", "7d", "--dry-run").exitCode())
          .isZero();
      assertThat(log.offsets().startOffset()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "3                       , 3, 0 to 2",
    "4                       , 4, 0 to 3",
    "5                       , 5, 0 to 4",
    "2001-01-01T02:30:00Z    , 3, 0 to 2",
    "2001-01-01T03:00:00Z    , 3, 0 to 2",
    "2001-01-01T05:00:00+02:00, 3, 0 to 2",
    "2050-01-01T00:00:00Z    , 4, 0 to 3",
    "2200-01-01T00:00:00Z    , 5, 0 to 4",
  })
  void trimMovesTheStart(String before, long start, String offsets) {
    CommandLineRun run = CommandLineRun.of("trim", directory, "--before", before);
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err())
        .matches(
            "gave up offsets " + offsets + " \\(.*\\); the log begins at offset " + start + "\n");
    assertThat(info())
        .containsPattern("start offset +" + start + "\n")
        .containsPattern("end offset +5\n");
    assertThat(CommandLineRun.of("verify", directory).exitCode()).isZero();
  }

  @Test
  void aTrimToTheEndDeletesTheLastSegmentToo() throws IOException {
    assertThat(CommandLineRun.of("trim", directory, "--before", "5").exitCode()).isZero();
    assertThat(files().entrySet().stream().filter(file -> file.getKey().endsWith(".log")))
        .singleElement()
        .satisfies(file -> assertThat(file.getValue()).isZero());
  }

  @Test
  void aTrimThatIsNoneSaysSo() {
    assertThat(CommandLineRun.of("trim", directory, "--before", "2000-01-01T00:00:00Z").err())
        .isEqualTo("nothing lies before offset 0: the log begins at offset 0\n");
    CommandLineRun behind = CommandLineRun.of("trim", directory, "--before", "6");
    assertThat(behind.exitCode()).isEqualTo(1);
    assertThat(behind.err()).contains("offset 6 is outside the log, which has [0, 5)");
    for (String bad : List.of("yesterday", "-1", "2020-01-01")) {
      CommandLineRun run = CommandLineRun.of("trim", directory, "--before=" + bad);
      assertThat(run.exitCode()).isEqualTo(2);
      assertThat(run.err())
          .contains(
              "--before is "
                  + bad
                  + ", expected an offset, or a time such as 2020-01-01T00:00:00Z");
    }
    assertThat(CommandLineRun.of("trim", directory).exitCode()).isEqualTo(2);
    assertThat(info()).containsPattern("start offset +0\n");
  }

  @Test
  void aDryRunOfATrimSaysWhatATrimDoes() throws IOException {
    Map<String, Long> before = files();
    for (String position : List.of("1", "3", "4", "5", "2001-01-01T02:30:00Z")) {
      CommandLineRun dry = CommandLineRun.of("trim", directory, "--before", position, "--dry-run");
      assertThat(dry.exitCode()).as(dry.err()).isZero();
      assertThat(files()).isEqualTo(before);
      writeLogAgain();
      CommandLineRun run = CommandLineRun.of("trim", directory, "--before", position);
      assertThat(dry.err())
          .isEqualTo(
              run.err().replace("gave up", "would give up").replace("begins", "would begin"));
      writeLogAgain();
      before = files();
    }
    CommandLineRun behind = CommandLineRun.of("trim", directory, "--before", "6", "--dry-run");
    assertThat(behind.exitCode()).isEqualTo(1);
    assertThat(behind.err()).contains("offset 6 is outside the log, which has [0, 5)");
  }

  private void writeLogAgain() throws IOException {
    for (String name : files().keySet()) {
      Files.delete(Path.of(directory, name));
    }
    writeLog();
  }

  @Test
  void asJsonEachPlanIsAnObjectAndSoIsWhatWasDone() {
    String dir = "\"directory\":\"" + directory + "\"";
    assertThat(CommandLineRun.of("retain", directory, "--age", "7d", "--dry-run", "--json").out())
        .startsWith("{" + dir + ",\"dryRun\":true,\"startOffset\":4,\"segments\":2,\"bytes\":")
        .contains("{\"baseOffset\":0,\"endOffset\":2,")
        .contains("\"goes\":true,\"rule\":\"retention.ms\",\"reason\":\"the newest record is of ")
        .hasLineCount(1);
    assertThat(CommandLineRun.of("trim", directory, "--before", "1", "--json").out())
        .isEqualTo(
            "{" + dir + ",\"dryRun\":false,\"firstOffset\":0,\"startOffset\":1,\"bytes\":0}\n");
    assertThat(CommandLineRun.of("trim", directory, "--before", "1", "--json").out())
        .isEqualTo(
            "{" + dir + ",\"dryRun\":false,\"firstOffset\":1,\"startOffset\":1,\"bytes\":0}\n");
    assertThat(CommandLineRun.of("retain", directory, "--age", "7d", "--json").out().lines())
        .hasSize(2)
        .last()
        .asString()
        .startsWith("{" + dir + ",\"done\":true,\"startOffset\":4,\"segments\":2,");
    assertThat(CommandLineRun.of("verify", directory, "--json").out())
        .startsWith("{" + dir + ",\"endOffset\":5,\"segments\":1,")
        .endsWith(",\"sound\":true,\"damages\":0,\"notes\":0}\n")
        .hasLineCount(1);
  }

  @Test
  void whatIsForADataDirectoryIsRefusedForALog() {
    for (String[] arguments :
        new String[][] {
          {"retain", directory, "--age", "7d", "--topic", "orders"},
          {"retain", directory, "--total", "1GiB"},
          {"retain", directory, "--free", "1GiB"},
          {"trim", directory, "--before", "1", "--log", "orders-0"}
        }) {
      CommandLineRun run = CommandLineRun.of(arguments);
      assertThat(run.exitCode()).isEqualTo(2);
      assertThat(run.err()).contains(directory + " is a log; expected a data directory");
    }
  }
}
