package dev.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.CommitLog;
import dev.varve.log.store.LogStore;
import dev.varve.log.store.TopicPartition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What info and verify print for a data directory. */
class StoreCommandsTest {
  private static final long TIMESTAMP = 1_577_836_800_000L;

  @TempDir private Path parent;

  private Path data = Path.of("");

  @BeforeEach
  void writeStore() {
    data = parent.resolve("data");
    try (LogStore store = LogStore.open(data)) {
      CommitLog orders = store.create(new TopicPartition("orders", 0));
      for (int i = 0; i < 4; i++) {
        orders.append(TIMESTAMP, "k".getBytes(UTF_8), "v".getBytes(UTF_8));
      }
      orders.advanceStartOffset(1);
      store.create(new TopicPartition("orders", 1));
      store.create(new TopicPartition("payments", 0)).append(TIMESTAMP + 1, null, new byte[9]);
    }
  }

  @Test
  void infoPrintsALineForEachLog() throws IOException {
    Files.createDirectory(data.resolve("lost+found"));
    CommandLineRun info = CommandLineRun.of("info", data.toString());
    assertThat(info.exitCode()).as(info.err()).isZero();
    assertThat(info.out())
        .containsPattern("(?m)^log +state +start offset +end offset +segments +records +bytes ")
        .containsPattern("(?m)^orders-0 +closed +1 +4 +1 +4 +\\d+ +2020-01-01T00:00:00Z$")
        .containsPattern("(?m)^orders-1 +closed +0 +0 +1 +0 +0 +-$")
        .containsPattern("(?m)^payments-0 +closed +0 +1 +1 +1 +\\d+ +2020-01-01T00:00:00.001Z$")
        .containsPattern("(?m)^3 logs, 5 records, \\d+ B; no logs: lost\\+found$");
  }

  @Test
  void infoPrintsAnObjectForEachLog() {
    CommandLineRun info = CommandLineRun.of("info", data.toString(), "--json");
    assertThat(info.exitCode()).isZero();
    assertThat(info.out().lines())
        .hasSize(3)
        .allMatch(line -> line.startsWith("{\"directory\":\"" + data));
  }

  @Test
  void infoWorksOnAStoreThatIsOpen() {
    try (LogStore _ = LogStore.open(data)) {
      CommandLineRun info = CommandLineRun.of("info", data.toString());
      assertThat(info.exitCode()).as(info.err()).isZero();
      assertThat(info.out()).containsPattern("(?m)^orders-0 +open +1 +4 ");
    }
  }

  @Test
  void verifyChecksEachLog() {
    CommandLineRun verify = CommandLineRun.of("verify", data.toString());
    assertThat(verify.exitCode()).as(verify.out()).isZero();
    assertThat(verify.out().lines())
        .hasSize(4)
        .endsWith("beside the logs: sound: no damage, 0 notes")
        .filteredOn(line -> line.matches("(orders-0|orders-1|payments-0): sound: 1 segment, .*"))
        .hasSize(3);
  }

  @Test
  void verifyChecksWhatStandsBesideTheLogs() throws IOException {
    Path starts = data.resolve("log-start-offset-checkpoint");
    Files.writeString(starts, "0\n1\norders 0 5\n");
    Files.createDirectory(data.resolve("lost+found"));
    CommandLineRun verify = CommandLineRun.of("verify", data.toString());
    assertThat(verify.exitCode()).isEqualTo(1);
    assertThat(verify.out())
        .contains(
            "damage: "
                + starts
                + " at position 0: found line 3: offset 5 of orders-0, expected at most the end of"
                + " the log, 4\n")
        .contains("note: " + data.resolve("lost+found"))
        .contains("orders-0: sound: ")
        .endsWith("beside the logs: damaged: 1 damage, 1 note\n");
  }

  @Test
  void infoKnowsWhatTheDataDirectoryHasNotedAndWhatIsGoing() throws IOException {
    Files.writeString(data.resolve("log-start-offset-checkpoint"), "0\n1\norders 0 3\n");
    Path going = data.resolve("orders-2.5f0c9b3e8a6d4c7f9e1b2a3c4d5e6f70-delete");
    Files.createDirectory(going);
    Files.write(going.resolve("00000000000000000000.log"), new byte[2048]);
    CommandLineRun info = CommandLineRun.of("info", data.toString());
    assertThat(info.out())
        .containsPattern("(?m)^orders-0 +closed +3 +4 ")
        .containsPattern("(?m)^3 logs, 5 records, \\d+ B; going: 1 deleted log, 2.0 KiB$");
    assertThat(CommandLineRun.of("info", data.toString(), "--json").out())
        .containsPattern(
            "(?m)^\\{\"directory\":\"" + going + "\",\"state\":\"going\",\"bytes\":2048}$")
        .containsPattern("(?m)orders-0\",\"state\":\"closed\",\"startOffset\":3,");
  }

  @Test
  void aDamagedLogStopsNoOther() throws IOException {
    Path log = data.resolve("orders-0/00000000000000000000.log");
    byte[] bytes = Files.readAllBytes(log);
    bytes[70] ^= 1;
    Files.write(log, bytes);

    CommandLineRun info = CommandLineRun.of("info", data.toString());
    assertThat(info.exitCode()).isEqualTo(1);
    assertThat(info.err()).contains("damage: " + log).hasLineCount(1);
    assertThat(info.out()).containsPattern("(?m)^payments-0 ");

    CommandLineRun verify = CommandLineRun.of("verify", data.toString());
    assertThat(verify.exitCode()).isEqualTo(1);
    assertThat(verify.out())
        .containsPattern("(?m)^orders-0: damaged: ")
        .containsPattern("(?m)^payments-0: sound: ");
  }

  @Test
  void aLogThatCannotBeReadStopsNoOther() throws IOException {
    Files.createDirectory(data.resolve("orders-7"));
    for (String command : new String[] {"info", "verify"}) {
      CommandLineRun run = CommandLineRun.of(command, data.toString());
      assertThat(run.exitCode()).isEqualTo(1);
      assertThat(run.err()).contains("orders-7 holds no log").hasLineCount(1);
      assertThat(run.out()).containsPattern("(?m)^payments-0");
    }
    assertThat(CommandLineRun.of("info", data.toString()).out()).contains("3 logs of 4, ");
  }

  @Test
  void anEmptyStoreIsSound() throws IOException {
    Path empty = parent.resolve("empty");
    LogStore.open(empty).close();
    assertThat(CommandLineRun.of("info", empty.toString()).out()).contains("0 logs, 0 records");
    assertThat(CommandLineRun.of("verify", empty.toString()).exitCode()).isZero();
    assertThat(CommandLineRun.of("info", Files.createDirectory(parent.resolve("no")).toString()))
        .extracting(CommandLineRun::exitCode)
        .isEqualTo(1);
  }
}
