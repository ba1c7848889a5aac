package dev.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.Producer;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the command line says and does about transactions. */
class TransactionCommandsTest {
  @TempDir Path parent;

  private String directory = "";
  private long open;

  /** Offsets: 0 a, 1 aborted, 2 its marker, 3 committed, 4 its marker, 5 open, 6 b. */
  @BeforeEach
  void writeLog() {
    directory = parent.resolve("orders-0").toString();
    try (CommitLog log = CommitLog.open(Path.of(directory))) {
      log.append(null, "a".getBytes(UTF_8));
      Producer producer = log.producer("import");
      producer.beginTransaction();
      producer.append(null, "aborted".getBytes(UTF_8));
      producer.abortTransaction();
      producer.beginTransaction();
      producer.append(null, "committed".getBytes(UTF_8));
      producer.commitTransaction();
      producer.beginTransaction();
      producer.append(null, "open".getBytes(UTF_8));
      log.append(null, "b".getBytes(UTF_8));
      open = producer.id();
    }
  }

  @Test
  void catShowsWhatIsCommittedIfAsked() {
    assertThat(CommandLineRun.of("cat", directory).out())
        .isEqualTo("a\naborted\ncommitted\nopen\nb\n");
    assertThat(CommandLineRun.of("cat", directory, "--isolation", "uncommitted").out())
        .isEqualTo("a\naborted\ncommitted\nopen\nb\n");
    assertThat(CommandLineRun.of("cat", directory, "--isolation", "committed").out())
        .isEqualTo("a\ncommitted\n");
    assertThat(CommandLineRun.of("cat", directory, "--isolation", "some").exitCode()).isEqualTo(2);
  }

  @Test
  void infoShowsTransactions() {
    assertThat(CommandLineRun.of("info", directory).out())
        .containsPattern("last stable offset +5\n")
        .containsPattern("open transactions +producer " + open + " from offset 5\n")
        .containsPattern("aborted +1 transaction\n");
    assertThat(CommandLineRun.of("info", directory, "--json").out())
        .contains("\"lastStableOffset\":5")
        .contains(
            "\"openTransactions\":[{\"producerId\":" + open + ",\"epoch\":0,\"firstOffset\":5}]")
        .contains("\"abortedTransactions\":1");
  }

  @Test
  void dumpShowsMarkersAndTheIndex() {
    assertThat(CommandLineRun.of("dump", directory, "--records").out())
        .contains("ABORT by coordinator epoch 0", "COMMIT by coordinator epoch 0")
        .contains("producer " + open + "  offsets 1-2  last stable offset 3");
  }

  @Test
  void abortEndsWhatIsOpen() {
    CommandLineRun abort = CommandLineRun.of("txn", "abort", directory, Long.toString(open));
    assertThat(abort.err())
        .isEqualTo(
            "aborted the transaction of producer "
                + open
                + ", epoch 0, from offset 5; the last stable offset is 8\n");
    assertThat(abort.exitCode()).isZero();
    assertThat(CommandLineRun.of("cat", directory, "--isolation", "committed").out())
        .isEqualTo("a\ncommitted\nb\n");
    assertThat(CommandLineRun.of("verify", directory).exitCode()).isZero();
    CommandLineRun again = CommandLineRun.of("txn", "abort", directory, Long.toString(open));
    assertThat(again.exitCode()).isEqualTo(1);
    assertThat(again.err())
        .contains("producer " + open + ": found no open transaction", "producers with one: none");
  }

  /** There the marker counts when it is replicated, and not before. */
  @Test
  void abortLeavesAReplicaTheReplicaThatItIs() {
    LogOptions replicated =
        LogOptions.builder().replicated(true).ownMaintenanceThreads(false).build();
    try (CommitLog log = CommitLog.open(Path.of(directory), replicated)) {
      log.replica().advanceHighWatermark(6);
    }
    CommandLineRun abort = CommandLineRun.of("txn", "abort", directory, Long.toString(open));
    assertThat(abort.exitCode()).as(abort.err()).isZero();
    assertThat(abort.err()).endsWith("from offset 5; the last stable offset is 5\n");
    try (CommitLog log = CommitLog.open(Path.of(directory), replicated)) {
      assertThat(log.offsets().highWatermark()).isEqualTo(6);
      assertThat(log.offsets().lastStableOffset()).isEqualTo(5);
      assertThat(log.transactions().open()).isEmpty();
      log.replica().advanceHighWatermark(log.offsets().endOffset());
      assertThat(log.offsets().lastStableOffset()).isEqualTo(8);
    }
  }

  @Test
  void abortNamesWhoHasATransaction() {
    assertThat(CommandLineRun.of("txn", "abort", directory, "17").err())
        .contains("producer 17: found no open transaction", "producers with one: [" + open + "]");
  }

  @Test
  void badArgumentsAreRefused() {
    assertThat(CommandLineRun.of("txn").exitCode()).isEqualTo(2);
    assertThat(CommandLineRun.of("txn", "abort", directory, "--", "-1").err())
        .contains("PRODUCER-ID is -1, expected 0 or more");
    assertThat(CommandLineRun.of("txn", "abort", directory, "x").exitCode()).isEqualTo(2);
    CommandLineRun nowhere =
        CommandLineRun.of("txn", "abort", parent.resolve("none").toString(), "1");
    assertThat(nowhere.exitCode()).isEqualTo(1);
    assertThat(parent.resolve("none")).doesNotExist();
    assertThat(CommandLineRun.of("txn", "abort", "--help").out()).contains("PRODUCER-ID", "fenced");
  }
}
