package dev.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.CommitLog;
import dev.varve.log.store.LogStore;
import dev.varve.log.store.TopicPartition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the logs of a data directory are compacted by the command line. */
class StoreCompactCommandTest {
  private static final int RECORDS = 40;

  @TempDir private Path parent;

  private Path data = Path.of("");

  /** Two logs of tables and one of orders, each with four keys; the last key of all is deleted. */
  @BeforeEach
  void writeStore() {
    data = parent.resolve("data");
    try (LogStore store = LogStore.open(data)) {
      store.configure("orders", Map.of("internal.segment.bytes", "500"));
      store.configure(
          "tables",
          Map.of(
              "internal.segment.bytes", "500",
              "cleanup.policy", "compact",
              "delete.retention.ms", "0"));
      write(store.create(new TopicPartition("orders", 0)));
      write(store.create(new TopicPartition("tables", 0)));
      write(store.create(new TopicPartition("tables", 1)));
    }
  }

  private static void write(CommitLog log) {
    for (int i = 0; i < RECORDS; i++) {
      byte[] key = ("key " + i % 4).getBytes(UTF_8);
      log.append(key, i == RECORDS - 1 ? null : new byte[100]);
    }
  }

  private CommandLineRun run(String command) {
    return CommandLineRun.of(command.replace("DATA", data.toString()).split(" ", -1));
  }

  private long records(String log) {
    return run("cat DATA/" + log + " --format=hex").out().lines().count();
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

  @Test
  void logsOfWhichTheTopicIsToBeCompactedAre() {
    CommandLineRun run = run("compact DATA");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err())
        .isEqualTo(
            "varve: orders-0 is passed over, as the cleanup.policy of its topic is not to"
                + " compact\n");
    assertThat(run.out())
        .doesNotContain("orders-0")
        .containsPattern("tables-0\n +before +after\n")
        .containsPattern("tables-1\n +before +after\n")
        .containsPattern("records +40 +3\n")
        .containsPattern("tombstones +1 +0\n");
    assertThat(records("orders-0")).isEqualTo(RECORDS);
    assertThat(records("tables-0")).isEqualTo(3);
    assertThat(records("tables-1")).isEqualTo(3);
    assertThat(data.resolve("cleaner-offset-checkpoint"))
        .hasContent("0\n2\ntables 0 40\ntables 1 40\n");
    CommandLineRun verify = run("verify DATA");
    assertThat(verify.exitCode()).as(verify.out()).isZero();
  }

  @Test
  void whoeverNamesALogIsBelieved() {
    CommandLineRun run = run("compact DATA --log orders-0 --set delete.retention.ms=1000000");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).containsPattern("orders-0\n").doesNotContain("tables");
    assertThat(records("orders-0")).isEqualTo(4);
    assertThat(records("tables-0")).isEqualTo(RECORDS);
    CommandLineRun unknown = run("compact DATA --topic nothing");
    assertThat(unknown.exitCode()).isEqualTo(1);
    assertThat(unknown.err()).contains("has no log of topic nothing");
  }

  @Test
  void aDryRunChangesNothingAndKnowsWhatWasCompacted() throws IOException {
    Map<String, Long> before = files();
    CommandLineRun dry = run("compact DATA --dry-run");
    assertThat(dry.exitCode()).as(dry.err()).isZero();
    assertThat(dry.out()).contains("tables-0 is due: ").contains("tables-1 is due: ");
    assertThat(files()).isEqualTo(before);
    assertThat(run("compact DATA --topic tables --json").out()).hasLineCount(4);
    assertThat(run("compact DATA --topic tables --dry-run").out())
        .contains("tables-0 is not due: nothing is dirty")
        .contains("segment 0 is clean: compacted up to offset 40");
  }

  @Test
  void aLogThatCannotBeOpenedStopsNoOther() throws IOException {
    Path broken = data.resolve("tables-0");
    try (Stream<Path> files = Files.list(broken)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(broken);
    Files.createDirectory(broken);
    Files.createDirectory(broken.resolve("varve.lock"));
    CommandLineRun run = run("compact DATA --topic tables");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("tables-0");
    assertThat(records("tables-1")).isEqualTo(3);
  }
}
