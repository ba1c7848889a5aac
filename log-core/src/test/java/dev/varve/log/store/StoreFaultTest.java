package dev.varve.log.store;

import static dev.varve.log.store.StoreFixture.ORDERS;
import static dev.varve.log.store.StoreFixture.PAYMENTS;
import static dev.varve.log.store.StoreFixture.append;
import static dev.varve.log.store.StoreFixture.text;
import static dev.varve.log.store.StoreFixture.valuesIn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.error.DiskFullException;
import dev.varve.log.error.LogIOException;
import dev.varve.log.error.LogLockedException;
import dev.varve.log.error.LogUnavailableException;
import dev.varve.log.error.UnknownTopicOrPartitionException;
import dev.varve.log.storage.DiskFaults.Fault;
import dev.varve.log.storage.SimulatedDisk.Operation;
import dev.varve.log.storage.SimulatedTree;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageTree;
import dev.varve.log.store.StoreFinding.Kind;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What fails in the midst of a call of a store stays where it was. */
class StoreFaultTest {
  private static final String RECOVERY_POINTS = "recovery-point-offset-checkpoint";
  private static final String START_OFFSETS = "log-start-offset-checkpoint";
  private static final String METADATA = "partition.metadata";
  private static final TopicPartition ORDERS_1 = new TopicPartition("orders", 1);

  private final SimulatedTree tree = new SimulatedTree(Path.of("data"), 1);
  private final StoreFixture fixture = new StoreFixture();

  @AfterEach
  void nothingIsHeld() {
    fixture.assertNothingHeld(tree);
  }

  @Test
  void whatIsNotedOfADeletedLogIsForgottenBeforeAnotherOfItsNameBegins() {
    try (LogStore store = fixture.open(tree)) {
      append(store.create(ORDERS), "a", "b");
      store.log(ORDERS).advanceStartOffset(2);
    }
    LogStore store = fixture.open(tree);
    tree.faults().failFrom(1, Fault.ENOSPC);
    store.delete(ORDERS);
    assertThat(fixture.failed).hasSize(1).allMatch(what -> what.startsWith("checkpoint: "));
    assertThat(text(tree, START_OFFSETS)).as("cannot be written").contains("orders 0 2");
    assertThatThrownBy(() -> store.create(ORDERS))
        .isInstanceOf(LogIOException.class)
        .hasMessageContaining("what was noted of logs that were deleted could not be removed");
    assertThat(store.partitions()).isEmpty();

    tree.faults().heal();
    append(store.create(ORDERS), "c", "d", "e");
    store.log(ORDERS).flush();
    SimulatedTree killed = tree.afterKill();
    try (LogStore found = new StoreFixture().open(killed)) {
      assertThat(valuesIn(found.log(ORDERS))).containsExactly("c", "d", "e");
    }
    store.close();
  }

  /** Its logs say why they cannot be opened, and can be deleted, which makes room. */
  @Test
  void aStoreOnAFullDiskOpensAndSaysWhatCannotBeUsed() {
    try (LogStore store = fixture.open(tree)) {
      append(store.create(ORDERS), "a");
      append(store.create(PAYMENTS), "b");
    }
    tree.faults().failFrom(1, Fault.ENOSPC);
    try (LogStore store = fixture.open(tree)) {
      assertThat(store.failures()).containsOnlyKeys(ORDERS, PAYMENTS);
      assertThat(store.failures().values())
          .allSatisfy(failure ->
              assertThat(failure)
                  .isInstanceOf(DiskFullException.class)
                  .hasMessageContaining("No space left on device"));
      store.delete(PAYMENTS);
      fixture.run(5);
      tree.faults().heal();
      assertThat(valuesIn(store.reopen(ORDERS))).containsExactly("a");
      assertThat(store.failures()).isEmpty();
      assertThat(store.partitions()).containsExactly(ORDERS);
    }
    try (LogStore store = fixture.open(tree)) {
      assertThat(store.openReport().closedInOrder()).isTrue();
    }
  }

  /** What a broker could take wrongly goes, which takes no room, and comes back when there is. */
  @Test
  void aStoreOpensWithoutRoomForWhatIsNotedOfItsLogs() {
    try (LogStore store = fixture.open(tree)) {
      append(store.create(ORDERS), "a", "b");
      store.log(ORDERS).advanceStartOffset(1);
    }
    tree.faults()
        .ignore((operation, name) -> {
          if (operation == Operation.CREATE && name.startsWith(RECOVERY_POINTS)) {
            tree.faults().failFrom(1, Fault.ENOSPC);
          }
          return false;
        });
    fixture.found.clear();
    LogStore store = fixture.open(tree);
    assertThat(fixture.found).extracting(StoreFinding::kind).containsExactly(Kind.NO_ROOM);
    assertThat(store.failures()).isEmpty();
    assertThat(valuesIn(store.log(ORDERS))).containsExactly("b");
    assertThat(text(tree, RECOVERY_POINTS)).isEqualTo("none");
    assertThat(text(tree, START_OFFSETS)).isEqualTo("0\n1\norders 0 1\n");
    SimulatedTree killed = tree.afterPowerLoss(1);
    assertThat(text(killed, RECOVERY_POINTS)).isEqualTo("none");
    tree.faults().ignore((_, _) -> false);
    tree.faults().heal();
    fixture.advanceClock(CheckpointTask.INTERVAL_MILLIS);
    fixture.run(2000);
    assertThat(text(tree, RECOVERY_POINTS)).isEqualTo("0\n0\n");
    store.close();
    assertThat(text(tree, RECOVERY_POINTS)).isEqualTo("0\n1\norders 0 2\n");
  }

  @Test
  void aLogWhoseTopicCannotBeNotedTouchesNoOther() {
    try (LogStore store = fixture.open(tree)) {
      append(store.create(ORDERS), "a");
      append(store.create(PAYMENTS), "b");
    }
    tree.directory("orders-0").lose(METADATA);
    AtomicBoolean once = new AtomicBoolean();
    tree.faults()
        .ignore((operation, name) -> {
          if (operation == Operation.CREATE && name.startsWith(METADATA) && !once.getAndSet(true)) {
            tree.faults().failAt(1, Fault.FAILED_RENAME);
          }
          return false;
        });
    try (LogStore store = fixture.open(tree)) {
      assertThat(store.openReport().failures()).containsOnlyKeys(ORDERS);
      assertThat(valuesIn(store.log(PAYMENTS))).containsExactly("b");
      assertThat(valuesIn(store.reopen(ORDERS))).containsExactly("a");
    }
  }

  @Test
  void aTopicWhoseIdIsInALogThatCannotBeOpenedGetsNoOther() throws IOException {
    String id;
    try (LogStore store = fixture.open(tree)) {
      store.create(ORDERS);
      store.create(ORDERS_1);
      id = store.topicId("orders");
    }
    tree.directory("orders-1").lose(METADATA);
    Storage elsewhere = tree.openDirectory("orders-0");
    TopicPartition another = new TopicPartition("orders", 2);
    try (LogStore store = fixture.open(tree)) {
      assertThat(store.failures()).containsOnlyKeys(ORDERS);
      assertThat(tree.directory("orders-1").contents()).doesNotContainKey(METADATA);
      assertThatThrownBy(() -> store.create(another))
          .isInstanceOf(LogUnavailableException.class)
          .hasMessage(
              "data: the id of topic orders is not known, since orders-0 could not be opened")
          .hasCauseInstanceOf(LogLockedException.class);
      assertThatThrownBy(() -> store.topicId("orders")).isInstanceOf(LogUnavailableException.class);
      store.create(PAYMENTS);
      store.reopen(ORDERS_1);
      elsewhere.close();
      store.reopen(ORDERS);
      store.create(another);
      assertThat(store.topicId("orders")).isEqualTo(id);
    }
    try (LogStore store = fixture.open(tree)) {
      assertThat(store.topicId("orders")).isEqualTo(id);
      assertThat(tree.directory("orders-1").contents()).containsKey(METADATA);
    }
  }

  @Test
  void aLogWhoseDirectoryIsGoneIsNotMadeAnew() throws IOException {
    try (LogStore store = fixture.open(tree)) {
      append(store.create(ORDERS), "a");
      tree.renameDirectory("orders-0", "elsewhere-0");
      assertThatThrownBy(() -> store.reopen(ORDERS))
          .isInstanceOf(LogUnavailableException.class)
          .hasMessageContaining("orders-0 is not there any more");
      assertThat(tree.directories()).containsExactly("elsewhere-0");
    }
  }

  /** Passes all on, but for the calls of one method that is to fail once it has done its work. */
  private static <T> T failing(
      Class<T> type, T target, String method, Exception failure, AtomicBoolean fails) {
    Object proxy =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (_, called, arguments) -> {
              Object result;
              try {
                result = called.invoke(target, arguments);
              } catch (InvocationTargetException e) {
                throw Objects.requireNonNull(e.getCause());
              }
              if (called.getName().equals(method) && fails.get()) {
                throw failure;
              }
              return result instanceof Storage storage && called.getName().equals("openDirectory")
                  ? failing(Storage.class, storage, method, failure, fails)
                  : result;
            });
    return type.cast(proxy);
  }

  @Test
  void aDeletionWhoseNameCannotBeForcedIsFinishedAllTheSame() throws IOException {
    AtomicBoolean fails = new AtomicBoolean();
    StorageTree broken =
        failing(StorageTree.class, tree, "forceDirectory", new IOException("not forced"), fails);
    try (LogStore store = fixture.open(broken)) {
      append(store.create(ORDERS), "a");
      fails.set(true);
      assertThatThrownBy(() -> store.delete(ORDERS))
          .isInstanceOf(LogIOException.class)
          .hasMessageContaining("not forced");
      assertThat(store.partitions()).isEmpty();
      assertThat(store.failures()).isEmpty();
      fixture.run(1);
      assertThat(tree.directories()).as("no file goes before that is forced").hasSize(1);
      fails.set(false);
      assertThat(valuesIn(store.create(ORDERS))).isEmpty();
      fixture.run(100);
      assertThat(tree.directories()).containsExactly("orders-0");
    }
  }

  @Test
  void aLogWhoseDeletionFailsIsThereStill() {
    try (LogStore store = fixture.open(tree)) {
      append(store.create(ORDERS), "a");
      tree.faults().failFrom(1, Fault.FAILED_RENAME);
      assertThatThrownBy(() -> store.delete(ORDERS)).isInstanceOf(LogIOException.class);
      tree.faults().heal();
      assertThat(store.failures()).containsOnlyKeys(ORDERS);
      assertThat(valuesIn(store.reopen(ORDERS))).containsExactly("a");
      store.delete(ORDERS);
      assertThatThrownBy(() -> store.log(ORDERS))
          .isInstanceOf(UnknownTopicOrPartitionException.class);
    }
  }

  @Test
  void whateverTheCloseOfALogThrowsAllIsClosed() {
    AtomicBoolean fails = new AtomicBoolean();
    StorageTree broken =
        failing(StorageTree.class, tree, "close", new IllegalStateException("not closed"), fails);
    LogStore store = fixture.open(broken);
    append(store.create(ORDERS), "a");
    append(store.create(PAYMENTS), "b");
    fails.set(true);
    assertThatThrownBy(store::close)
        .isInstanceOf(LogIOException.class)
        .hasRootCauseMessage("not closed");
    assertThat(text(tree, "replication-offset-checkpoint")).contains("orders 0 1", "payments 0 1");
  }

  @Test
  void checkpointsThatCannotBeWrittenNowAreWrittenSoon() throws IOException {
    Set<String> free = new HashSet<>();
    long[] millis = new long[1];
    CheckpointTask task =
        new CheckpointTask(() -> millis[0], "", LogStoreListener.NONE, () -> free.contains("yes"));
    millis[0] = CheckpointTask.INTERVAL_MILLIS;
    assertThat(task.doWork()).isZero();
    free.add("yes");
    millis[0]++;
    assertThat(task.doWork()).isEqualTo(1);
    assertThat(task.doWork()).isZero();
  }

  @Test
  void aNameThatABrokerWouldNotTakeForALogIsRefused() {
    try (LogStore store = fixture.open(tree)) {
      TopicPartition brokers = new TopicPartition("__cluster_metadata", 0);
      assertThatThrownBy(() -> store.create(brokers))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("a broker's own");
      String longest = "x".repeat(TopicPartition.TOPIC_LENGTH_MAX);
      store.create(new TopicPartition(longest, 99_999));
      assertThatThrownBy(() -> store.create(new TopicPartition(longest, 100_000)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("256 characters, expected at most 255");
      assertThat(store.partitions()).hasSize(1);
    }
  }
}
