package dev.varve.log.store;

import static dev.varve.log.store.StoreFixture.ORDERS;
import static dev.varve.log.store.StoreFixture.PAYMENTS;
import static dev.varve.log.store.StoreFixture.append;
import static dev.varve.log.store.StoreFixture.put;
import static dev.varve.log.store.StoreFixture.text;
import static dev.varve.log.store.StoreFixture.valuesIn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.CommitLog;
import dev.varve.log.error.LogClosedException;
import dev.varve.log.error.LogExistsException;
import dev.varve.log.error.LogFailedException;
import dev.varve.log.error.LogIOException;
import dev.varve.log.error.LogLockedException;
import dev.varve.log.error.LogUnavailableException;
import dev.varve.log.error.ProcessLimitException;
import dev.varve.log.error.UnknownTopicOrPartitionException;
import dev.varve.log.maintenance.TaskStatus;
import dev.varve.log.storage.DiskFaults.Fault;
import dev.varve.log.storage.SimulatedTree;
import dev.varve.log.storage.Storage;
import dev.varve.log.store.ProcessLimit.Resource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LogStoreTest {
  private static final String CLEAN = StoreCheckpoints.CLEAN_SHUTDOWN_FILE_NAME;
  private static final String RECOVERY_POINTS = "recovery-point-offset-checkpoint";
  private static final String START_OFFSETS = "log-start-offset-checkpoint";
  private static final String HIGH_WATERMARKS = "replication-offset-checkpoint";

  private final SimulatedTree tree = new SimulatedTree(Path.of("data"), 1);
  private final StoreFixture fixture = new StoreFixture();

  @AfterEach
  void nothingIsHeld() {
    fixture.assertNothingHeld(tree);
  }

  @Test
  void logsAreThereAgainWithWhatTheyHold() {
    try (LogStore store = fixture.open(tree)) {
      append(store.create(ORDERS), "a", "b");
      append(store.create(PAYMENTS), "c");
      store.create(new TopicPartition("orders", 1));
      assertThat(store.partitions())
          .extracting(TopicPartition::toString)
          .containsExactly("orders-0", "orders-1", "payments-0");
    }
    fixture.found.clear();
    try (LogStore store = fixture.open(tree)) {
      assertThat(store.openReport()).isEqualTo(new StoreReport(true, 3, Map.of(), List.of()));
      assertThat(fixture.progress)
          .containsExactly("orders-0 1/3", "orders-1 2/3", "payments-0 3/3");
      assertThat(valuesIn(store.log(ORDERS))).containsExactly("a", "b");
      assertThat(valuesIn(store.log(PAYMENTS))).containsExactly("c");
      assertThat(store.log(ORDERS).openReport().closedInOrder()).isTrue();
      assertThat(store.directory()).isEqualTo(Path.of("data"));
    }
  }

  @Test
  void anOrderlyCloseLeavesWhatABrokerLeaves() {
    try (LogStore store = fixture.open(tree)) {
      append(store.create(ORDERS), "a", "b", "c");
      store.log(ORDERS).advanceStartOffset(2);
      append(store.create(PAYMENTS), "c");
    }
    assertThat(text(tree, RECOVERY_POINTS)).isEqualTo("0\n2\norders 0 3\npayments 0 1\n");
    assertThat(text(tree, START_OFFSETS)).isEqualTo("0\n1\norders 0 2\n");
    assertThat(text(tree, HIGH_WATERMARKS)).isEqualTo("0\n2\norders 0 3\npayments 0 1\n");
    assertThat(text(tree, "cleaner-offset-checkpoint")).isEqualTo("0\n0\n");
    assertThat(text(tree, CLEAN)).isEqualTo("{\"version\":0,\"brokerEpoch\":-1}");
    assertThat(text(tree, "meta.properties"))
        .matches("version=1\ncluster.id=[\\w-]{22}\nnode.id=1\ndirectory.id=[\\w-]{22}\n");
    assertThat(tree.directory("orders-0").contents()).containsKey("partition.metadata");
  }

  @Test
  void anOpenStoreSaysNothingThatABrokerCouldTakeWrongly() {
    try (LogStore store = fixture.open(tree)) {
      append(store.create(ORDERS), "a", "b", "c");
    }
    try (LogStore store = fixture.open(tree)) {
      store.log(ORDERS).advanceStartOffset(2);
      assertThat(text(tree, CLEAN)).isEqualTo("none");
      assertThat(text(tree, RECOVERY_POINTS)).isEqualTo("0\n0\n");
      assertThat(text(tree, HIGH_WATERMARKS)).isEqualTo("0\n0\n");
      assertThat(text(tree, START_OFFSETS)).isEqualTo("0\n0\n");

      fixture.advanceClock(CheckpointTask.INTERVAL_MILLIS);
      fixture.run(1);
      assertThat(text(tree, START_OFFSETS)).isEqualTo("0\n1\norders 0 2\n");
    }
  }

  @Test
  void aStoreThatWasLeftOpenTakesUpWhereItWas() {
    LogStore store = fixture.open(tree);
    append(store.create(ORDERS), "a", "b");
    store.log(ORDERS).flush();
    StoreFixture again = new StoreFixture();
    SimulatedTree left = tree.afterPowerLoss(7);
    try (LogStore found = again.open(left)) {
      assertThat(found.openReport().closedInOrder()).isFalse();
      assertThat(valuesIn(found.log(ORDERS))).containsExactly("a", "b");
    }
    store.close();
  }

  @Test
  void aLogThatIsNotThereOrThereAlreadyIsRefused() {
    LogStore store = fixture.open(tree);
    store.create(ORDERS);
    assertThatThrownBy(() -> store.create(ORDERS))
        .isInstanceOf(LogExistsException.class)
        .hasMessage("data has a log orders-0 already");
    assertThatThrownBy(() -> store.log(PAYMENTS))
        .isInstanceOf(UnknownTopicOrPartitionException.class)
        .hasMessage("data has no log payments-0, found 1 others");
    assertThatThrownBy(() -> store.delete(PAYMENTS))
        .isInstanceOf(UnknownTopicOrPartitionException.class);
    assertThatThrownBy(() -> store.topicId("payments"))
        .isInstanceOf(UnknownTopicOrPartitionException.class);
    store.close();
    store.close();
    assertThatThrownBy(() -> store.create(PAYMENTS)).isInstanceOf(LogClosedException.class);
    assertThatThrownBy(() -> store.delete(ORDERS)).isInstanceOf(LogClosedException.class);
    assertThatThrownBy(() -> store.configure("a", Map.of())).isInstanceOf(LogClosedException.class);
  }

  @Test
  void aDeletedLogIsGoneAtOnceAndItsFilesInTheBackground() throws IOException {
    try (LogStore store = fixture.open(tree)) {
      CommitLog log = store.create(ORDERS);
      append(log, "a");
      store.create(PAYMENTS);
      store.delete(ORDERS);
      assertThat(store.partitions()).containsExactly(PAYMENTS);
      assertThatThrownBy(() -> append(log, "b")).isInstanceOf(LogClosedException.class);
      assertThat(tree.directories())
          .hasSize(2)
          .anyMatch(name -> name.matches("orders-0\\.[0-9a-f]{32}-delete"));
      assertThat(deletions(store)).isEqualTo(1);

      fixture.run(1);
      assertThat(deletions(store)).as("a few files a step").isEqualTo(1);
      fixture.run(5);
      assertThat(tree.directories()).containsExactly("payments-0");
      assertThat(deletions(store)).isZero();
    }
  }

  private static long deletions(LogStore store) {
    return store.maintenanceStatus().stream()
        .filter(task -> task.name().equals("deletion"))
        .mapToLong(TaskStatus::backlog)
        .sum();
  }

  @Test
  void aDeletionThatFailsIsReportedAndTriedAgain() throws IOException {
    try (LogStore store = fixture.open(tree)) {
      store.create(ORDERS);
      store.delete(ORDERS);
      tree.faults().failFrom(1, Fault.FAILED_DELETE);
      fixture.run(5);
      assertThat(fixture.failed).isNotEmpty().allMatch(what -> what.startsWith("deletion: "));
      assertThat(deletions(store)).isEqualTo(1);
      tree.faults().heal();
      fixture.run(100);
      assertThat(tree.directories()).isEmpty();
    }
  }

  @Test
  void whatIsLeftOfADeletionIsFinishedByTheNext() throws IOException {
    try (LogStore store = fixture.open(tree)) {
      store.create(ORDERS);
      store.delete(ORDERS);
    }
    try (LogStore store = fixture.open(tree)) {
      assertThat(store.partitions()).isEmpty();
      assertThat(store.openReport().findings())
          .extracting(StoreFinding::kind)
          .containsExactly(StoreFinding.Kind.UNFINISHED_DELETION);
      fixture.run(5);
      assertThat(tree.directories()).isEmpty();
    }
  }

  @Test
  void aLogOfTheSameNameIsAnother() {
    String before;
    try (LogStore store = fixture.open(tree)) {
      append(store.create(ORDERS), "a", "b");
      store.log(ORDERS).advanceStartOffset(2);
      before = store.topicId("orders");
    }
    try (LogStore store = fixture.open(tree)) {
      assertThat(store.topicId("orders")).isEqualTo(before);
      store.delete(ORDERS);
      assertThat(text(tree, START_OFFSETS)).isEqualTo("0\n0\n");
      append(store.create(ORDERS), "c");
      assertThat(store.topicId("orders")).isNotEqualTo(before);
    }
    try (LogStore store = fixture.open(tree)) {
      assertThat(valuesIn(store.log(ORDERS))).containsExactly("c");
      assertThat(store.log(ORDERS).offsets().startOffset()).isZero();
    }
  }

  @Test
  void partitionsOfATopicHaveOneId() {
    try (LogStore store = fixture.open(tree)) {
      store.create(ORDERS);
      store.create(new TopicPartition("orders", 1));
      store.create(PAYMENTS);
      assertThat(store.topicId("orders")).isNotEqualTo(store.topicId("payments"));
    }
    assertThat(tree.directory("orders-1").contents().get("partition.metadata"))
        .isEqualTo(tree.directory("orders-0").contents().get("partition.metadata"));
    tree.directory("orders-0").lose("partition.metadata");
    byte[] kept = tree.directory("orders-1").contents().get("partition.metadata");
    fixture.open(tree).close();
    assertThat(tree.directory("orders-0").contents()).containsEntry("partition.metadata", kept);
  }

  @Test
  void oneLogThatCannotBeOpenedTouchesNoOther() throws IOException {
    try (LogStore store = fixture.open(tree)) {
      append(store.create(ORDERS), "a");
      append(store.create(PAYMENTS), "b");
    }
    Storage elsewhere = tree.openDirectory("orders-0");
    fixture.progress.clear();
    LogStore store = fixture.open(tree);
    assertThat(fixture.progress).containsExactly("orders-0 failed 1/2", "payments-0 2/2");
    assertThat(store.failures().get(ORDERS)).isInstanceOf(LogLockedException.class);
    assertThat(store.openReport().failures()).containsOnlyKeys(ORDERS);
    assertThat(store.openReport().opened()).isEqualTo(1);
    assertThat(store.partitions()).containsExactly(ORDERS, PAYMENTS);
    assertThat(valuesIn(store.log(PAYMENTS))).containsExactly("b");
    assertThatThrownBy(() -> store.log(ORDERS))
        .isInstanceOf(LogUnavailableException.class)
        .hasMessageContaining("orders-0 could not be opened: ")
        .hasCauseInstanceOf(LogLockedException.class);
    assertThatThrownBy(() -> store.delete(ORDERS)).isInstanceOf(LogLockedException.class);
    store.close();
    assertThat(text(tree, CLEAN)).as("nobody vouches for that log").isEqualTo("none");
    assertThat(text(tree, RECOVERY_POINTS)).isEqualTo("0\n2\norders 0 1\npayments 0 1\n");
    elsewhere.close();
  }

  @Test
  void aLogThatFailedIsOpenedAgain() throws IOException {
    try (LogStore store = fixture.open(tree)) {
      append(store.create(ORDERS), "a");
    }
    Storage elsewhere = tree.openDirectory("orders-0");
    try (LogStore store = fixture.open(tree)) {
      assertThatThrownBy(() -> store.reopen(ORDERS)).isInstanceOf(LogLockedException.class);
      elsewhere.close();
      assertThat(valuesIn(store.reopen(ORDERS))).containsExactly("a");
      assertThat(store.failures()).isEmpty();
      assertThat(text(tree, RECOVERY_POINTS)).isEqualTo("0\n0\n");
    }
    assertThat(text(tree, CLEAN)).isNotEqualTo("none");
  }

  @Test
  void aLogThatStopsIsOpenedAgainAndTheOthersGoOn() {
    try (LogStore store = fixture.open(tree)) {
      CommitLog orders = store.create(ORDERS);
      CommitLog payments = store.create(PAYMENTS);
      append(orders, "a");
      tree.faults().failAt(tree.faults().operations() + 1, Fault.EIO_ON_FORCE);
      assertThatThrownBy(orders::flush).hasMessageContaining("stopped");
      append(payments, "b");
      payments.flush();
      assertThatThrownBy(() -> append(orders, "b")).hasMessageContaining("stopped");
      assertThat(store.failures()).containsOnlyKeys(ORDERS);
      assertThat(store.failures().get(ORDERS))
          .isInstanceOf(LogFailedException.class)
          .hasMessageContaining("a force failed")
          .hasCauseInstanceOf(IOException.class);
      assertThat(orders.failure()).contains((LogFailedException) store.failures().get(ORDERS));
      assertThat(payments.failure()).isEmpty();

      append(store.reopen(ORDERS), "c");
      assertThat(store.failures()).isEmpty();
      assertThat(valuesIn(store.log(PAYMENTS))).containsExactly("b");
    }
    assertThat(text(tree, CLEAN)).isNotEqualTo("none");
  }

  @Test
  void aLogThatCannotBeClosedInOrderLeavesNoMarker() {
    LogStore store = fixture.open(tree);
    append(store.create(ORDERS), "a");
    append(store.create(PAYMENTS), "b");
    tree.faults().failAt(tree.faults().operations() + 1, Fault.EIO_ON_FORCE);
    assertThatThrownBy(store::close)
        .isInstanceOf(LogIOException.class)
        .hasMessageStartingWith("data could not be closed in order: ");
    assertThat(text(tree, CLEAN)).isEqualTo("none");
    assertThat(text(tree, RECOVERY_POINTS)).isEqualTo("0\n1\npayments 0 1\n");
  }

  @Test
  void aTopicIsConfiguredInKafkasNamesAndStaysSo() {
    Map<String, String> config =
        Map.of("internal.segment.bytes", "100", "retention.ms", "5000", "cleanup.policy", "delete");
    try (LogStore store = fixture.open(tree)) {
      store.configure("orders", config);
      append(store.create(ORDERS), "a", "b", "c");
      assertThat(store.log(ORDERS).segments()).hasSize(3);
      append(store.create(PAYMENTS), "a", "b", "c");
      assertThat(store.log(PAYMENTS).segments()).hasSize(1);
      assertThatThrownBy(() -> store.configure("orders", Map.of("segment.byte", "1")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("found topic configuration segment.byte, expected one of");
      assertThatThrownBy(() -> store.configure("or/ders", Map.of()))
          .isInstanceOf(IllegalArgumentException.class);
    }
    try (LogStore store = fixture.open(tree)) {
      assertThat(store.topicConfig("orders")).isEqualTo(config);
      assertThat(store.topicConfig("payments")).isEmpty();
      append(store.log(ORDERS), "d");
      assertThat(store.log(ORDERS).segments()).hasSize(4);
      store.configure("orders", Map.of());
      append(store.log(ORDERS), "e", "f", "g");
      assertThat(store.log(ORDERS).segments()).hasSize(4);
    }
    assertThat(text(tree, "varve.topics")).isEqualTo("\n");
  }

  @Test
  void aLimitIsToldBeforeItIsReachedAndKeepsALogFromBeingOpened() {
    fixture.limits = List.of(limit(100));
    LogStore store = fixture.open(tree);
    store.create(ORDERS);
    assertThat(fixture.near).isEmpty();
    fixture.limits = List.of(limit(805));
    fixture.open(new SimulatedTree(Path.of("other"), 1)).close();
    assertThat(fixture.near).hasSize(1);
    assertThat(fixture.near.getFirst())
        .hasToString("805 file descriptors are used and 0 more needed, of 1000 (ulimit -n)");
    fixture.limits = List.of(limit(949));
    SimulatedTree other = new SimulatedTree(Path.of("other"), 1);
    LogStore full = fixture.open(other);
    assertThatThrownBy(() -> full.create(ORDERS))
        .isInstanceOf(ProcessLimitException.class)
        .hasMessage(
            "orders-0 is not opened: 949 file descriptors are used and 3 more needed, of 1000"
                + " (ulimit -n)");
    assertThat(full.partitions()).isEmpty();
    full.close();
    assertThat(text(other, CLEAN)).as("nothing was made").isNotEqualTo("none");
    fixture.limits = List.of(limit(500));
    try (LogStore again = fixture.open(other)) {
      again.create(ORDERS);
    }
    store.close();
  }

  private static ProcessLimit limit(long used) {
    return new ProcessLimit(Resource.FILE_DESCRIPTORS, used, 0, 1000);
  }

  @Test
  void aStoreThatCannotBeOpenedHoldsNothing() {
    try (LogStore store = fixture.open(tree)) {
      append(store.create(ORDERS), "a");
    }
    long before = tree.faults().operations();
    fixture.open(tree).close();
    long operations = tree.faults().operations() - before;
    int failures = 0;
    for (long at = 1; at <= operations; at++) {
      tree.faults().failAt(tree.faults().operations() + at, Fault.EIO);
      try {
        fixture.open(tree).close();
      } catch (LogIOException e) {
        failures++;
      }
      tree.faults().heal();
      nothingIsHeld();
    }
    assertThat(failures).isPositive();
    try (LogStore store = fixture.open(tree)) {
      assertThat(valuesIn(store.log(ORDERS))).containsExactly("a");
    }
  }

  @Test
  void whatABrokerHasNotedCounts() {
    fixture.logs = (partition, log) -> log.replicated(partition.equals(PAYMENTS));
    try (LogStore store = fixture.open(tree)) {
      append(store.create(ORDERS), "a", "b", "c", "d");
      append(store.create(PAYMENTS), "a", "b", "c", "d");
      store.log(PAYMENTS).replica().advanceHighWatermark(1);
    }
    put(tree, START_OFFSETS, "0\n1\norders 0 3\n");
    put(tree, HIGH_WATERMARKS, "0\n1\npayments 0 3\n");
    try (LogStore store = fixture.open(tree)) {
      assertThat(valuesIn(store.log(ORDERS))).containsExactly("d");
      assertThat(store.log(PAYMENTS).offsets().highWatermark()).isEqualTo(3);
      assertThat(text(tree, HIGH_WATERMARKS)).isEqualTo("0\n0\n");
    }
    put(tree, START_OFFSETS, "0\n1\norders 0 2\n");
    put(tree, HIGH_WATERMARKS, "0\n1\npayments 0 2\n");
    try (LogStore store = fixture.open(tree)) {
      assertThat(store.log(ORDERS).offsets().startOffset()).as("it never goes back").isEqualTo(3);
      assertThat(store.log(PAYMENTS).offsets().highWatermark()).isEqualTo(3);
    }
    put(tree, START_OFFSETS, "0\n1\norders 0 70\n");
    try (LogStore store = fixture.open(tree)) {
      assertThat(store.log(ORDERS).offsets().startOffset()).isEqualTo(70);
      assertThat(store.log(ORDERS).offsets().endOffset()).isEqualTo(70);
    }
  }

  @Test
  void aLogWithoutSegmentsBeginsWhereABrokerHasNoted() {
    fixture.open(tree).close();
    tree.putDirectory("orders-0");
    put(tree, START_OFFSETS, "0\n1\norders 0 70\n");
    try (LogStore store = fixture.open(tree)) {
      append(store.log(ORDERS), "a");
      assertThat(store.log(ORDERS).offsets().startOffset()).isEqualTo(70);
      assertThat(store.log(ORDERS).offsets().endOffset()).isEqualTo(71);
    }
  }
}
