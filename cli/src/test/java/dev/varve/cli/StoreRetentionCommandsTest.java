package dev.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.CommitLog;
import dev.varve.log.SegmentInfo;
import dev.varve.log.store.LogStore;
import dev.varve.log.store.TopicPartition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How old records of a whole data directory are given up by the command line. */
class StoreRetentionCommandsTest {
  private static final long YEAR_2001 = Instant.parse("2001-01-01T00:00:00Z").toEpochMilli();
  private static final long HOUR = 3_600_000;
  private static final long SEGMENT_BYTES = 494;

  @TempDir private Path parent;

  private Path data = Path.of("");

  /**
   * Segments of one record an hour, and then one of now: orders-0 from 0:00, orders-1 from 0:30,
   * tables-0, which is compacted, from 0:00.
   */
  @BeforeEach
  void writeStore() {
    data = parent.resolve("data");
    String never = Long.toString(Long.MAX_VALUE);
    try (LogStore store = LogStore.open(data)) {
      Map<String, String> small =
          new TreeMap<>(Map.of("internal.segment.bytes", "500", "segment.ms", never));
      store.configure("orders", small);
      small.put("cleanup.policy", "compact");
      store.configure("tables", small);
      write(store.create(new TopicPartition("orders", 0)), YEAR_2001);
      write(store.create(new TopicPartition("orders", 1)), YEAR_2001 + HOUR / 2);
      write(store.create(new TopicPartition("tables", 0)), YEAR_2001);
    }
  }

  private static void write(CommitLog log, long timestamp) {
    byte[] key = "key".getBytes(UTF_8);
    for (int i = 0; i < 3; i++) {
      log.append(timestamp + i * HOUR, key, new byte[421]);
    }
    log.append(System.currentTimeMillis(), key, new byte[421]);
    assertThat(log.segments()).extracting(SegmentInfo::sizeBytes).containsOnly(SEGMENT_BYTES);
  }

  private CommandLineRun run(String command) {
    return CommandLineRun.of(command.replace("DATA", data.toString()).split(" ", -1));
  }

  /** The start offsets of orders-0, orders-1 and tables-0. */
  private String starts() {
    StringBuilder starts = new StringBuilder();
    run("info DATA --json")
        .out()
        .lines()
        .forEach(
            line -> starts.append(line.replaceAll(".*\"startOffset\":(\\d+).*", "$1")).append(' '));
    return starts.toString().strip();
  }

  private Map<String, Long> files() throws IOException {
    Map<String, Long> sizes = new TreeMap<>();
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        sizes.put(data.relativize(file).toString(), Files.size(file));
      }
    }
    return sizes;
  }

  /** The store is as an orderly stop leaves it, and what is noted of its logs is so. */
  private void assertSound() {
    CommandLineRun verify = run("verify DATA");
    assertThat(verify.exitCode()).as(verify.out()).isZero();
    assertThat(verify.out()).endsWith("beside the logs: sound: no damage, 0 notes\n");
  }

  @Test
  void eachLogGivesWhatIsOldUnlessItIsCompacted() {
    CommandLineRun run = run("retain DATA --age 7d");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err())
        .contains("tables-0 is passed over, as the cleanup.policy of its topic is not to delete")
        .hasLineCount(1);
    assertThat(run.out())
        .containsPattern("(?m)^orders-0\n +base offset .*\n +0 +1 +494 .* goes +retention.ms: ")
        .contains("\ngives up 6 segments (2.9 KiB) of 2 logs\n")
        .contains("\norders-0: gave up 3 segments (1.4 KiB); the log begins at offset 3\n")
        .endsWith("orders-1: gave up 3 segments (1.4 KiB); the log begins at offset 3\n");
    assertThat(starts()).isEqualTo("3 3 0");
    assertSound();
    assertThat(run("retain DATA --age 7d").out()).endsWith("nothing has to go\n");
  }

  @Test
  void aDryRunSaysTheSameAndChangesNothing() throws IOException {
    Map<String, Long> before = files();
    String dry = run("retain DATA --age 7d --total 1GiB --dry-run").out();
    assertThat(files()).isEqualTo(before);
    assertThat(dry).endsWith("would give up 6 segments (2.9 KiB) of 2 logs\nnothing was changed\n");
    String done = run("retain DATA --age 7d --total 1GiB").out();
    assertThat(withoutAges(done)).startsWith(withoutAges(dry.split("would give up", -1)[0]));
  }

  private static String withoutAges(String plan) {
    return plan.replaceAll("\\d+(d|h|m|s|ms)\\b", "").replaceAll("(?m) +4 .*$", "");
  }

  @Test
  void onlyTheLogsThatAreNamedGive() {
    assertThat(run("retain DATA --age 7d --log orders-1").exitCode()).isZero();
    assertThat(starts()).isEqualTo("0 3 0");
    assertThat(run("retain DATA --bytes 494 --topic tables").exitCode()).isZero();
    assertThat(starts()).isEqualTo("0 3 3");
    assertSound();
    CommandLineRun unknown = run("retain DATA --age 7d --log orders-7");
    assertThat(unknown.exitCode()).isEqualTo(1);
    assertThat(unknown.err()).contains(data + " has no log orders-7");
    assertThat(run("retain DATA --age 7d --topic others").err()).contains("no log of topic others");
  }

  /** The compacted log counts, and gives nothing. */
  @Test
  void theOldestOfAllLogsGivesToTheTotal() {
    CommandLineRun run = run("retain DATA --total " + 9 * SEGMENT_BYTES);
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("store budget: 1,482 bytes are to go, and of the oldest the newest record is of")
        .contains("\ngives up 3 segments (1.4 KiB) of 2 logs\n");
    assertThat(starts()).isEqualTo("2 1 0");
    assertSound();
  }

  @Test
  void whatCannotBeFoundIsTold() {
    CommandLineRun run = run("retain DATA --total " + 5 * SEGMENT_BYTES);
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).contains("--total or --free is missed by 494 B: ");
    assertThat(starts()).isEqualTo("3 3 0");
    CommandLineRun free = run("retain DATA --free 1000000TiB --dry-run --json");
    assertThat(free.exitCode()).isEqualTo(1);
    assertThat(free.out().lines()).last().asString().containsPattern("\"bytesMissing\":[1-9]");
    assertThat(run("retain DATA --free 1").exitCode()).isZero();
  }

  /** What the rules of each log give up counts for the total. */
  @Test
  void theTotalIsAskedAboutWhatTheRulesLeave() {
    CommandLineRun run = run("retain DATA --bytes 988 --total " + 8 * SEGMENT_BYTES + " --json");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out().lines().toList())
        .hasSize(5)
        .element(2)
        .asString()
        .startsWith("{\"store\":\"" + data + "\",\"dryRun\":false,\"logs\":2,\"segments\":4,");
    assertThat(run.out().lines())
        .last()
        .asString()
        .contains("orders-1\",\"done\":true,\"startOffset\":2,");
    assertThat(starts()).isEqualTo("2 2 0");
  }

  @Test
  void aLogThatCannotBeOpenedStopsNoOther() throws IOException {
    try (CommitLog _ = CommitLog.open(data.resolve("orders-0"))) {
      CommandLineRun run = run("retain DATA --age 7d");
      assertThat(run.exitCode()).isEqualTo(1);
      assertThat(run.err()).contains("orders-0 could not be opened");
      assertThat(run.out()).contains("orders-1: gave up 3 segments");
    }
  }

  @Test
  void aStoreThatIsOpenIsLeftAlone() {
    try (LogStore _ = LogStore.open(data)) {
      assertThat(run("retain DATA --age 7d").exitCode()).isEqualTo(1);
      assertThat(run("trim DATA --before 2010-01-01T00:00:00Z").exitCode()).isEqualTo(1);
      assertThat(run("retain DATA --age 7d --dry-run").exitCode()).isZero();
      assertThat(run("trim DATA --before 2010-01-01T00:00:00Z --dry-run").exitCode()).isZero();
      assertThat(starts()).isEqualTo("0 0 0");
    }
  }

  @Test
  void trimMovesTheStartOfEachLog() throws IOException {
    Map<String, Long> before = files();
    CommandLineRun dry = run("trim DATA --before 2001-01-01T01:10:00Z --dry-run");
    assertThat(dry.exitCode()).isZero();
    assertThat(dry.err())
        .contains("orders-0: would give up offsets 0 to 1 (988 B of segments); the log would begin")
        .contains("orders-1: would give up offsets 0 to 0 ");
    assertThat(files()).isEqualTo(before);
    CommandLineRun run = run("trim DATA --before 2001-01-01T01:10:00Z");
    assertThat(run.err().replace("gave up", "would give up").replace("begins", "would begin"))
        .isEqualTo(dry.err());
    assertThat(starts()).isEqualTo("2 1 0");
    assertSound();
  }

  @Test
  void anOffsetIsForOneLog() {
    CommandLineRun all = run("trim DATA --before 2");
    assertThat(all.exitCode()).isEqualTo(2);
    assertThat(all.err()).contains("--before is an offset, and there are 2 logs; expected one");
    assertThat(run("trim DATA --before 2 --log tables-0").exitCode()).isZero();
    assertThat(starts()).isEqualTo("0 0 2");
    assertThat(run("trim DATA --before 9 --log tables-0").exitCode()).isEqualTo(1);
    assertThat(run("trim DATA --before 4 --log orders-1 --json").out())
        .isEqualTo(
            "{\"directory\":\""
                + data.resolve("orders-1")
                + "\",\"dryRun\":false,\"firstOffset\":0,\"startOffset\":4,\"bytes\":1976}\n");
    assertSound();
  }

  @Test
  void verifyPrintsAnObjectALine() throws IOException {
    Files.createDirectory(data.resolve("lost+found"));
    assertThat(run("verify DATA --json").out().lines())
        .hasSize(5)
        .allMatch(line -> line.startsWith("{") && line.endsWith("}"))
        .anyMatch(line -> line.startsWith("{\"severity\":\"note\",\"file\":\"" + data))
        .last()
        .isEqualTo("{\"store\":\"" + data + "\",\"sound\":true,\"damages\":0,\"notes\":1}");
  }
}
