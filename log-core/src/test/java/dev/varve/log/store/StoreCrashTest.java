package dev.varve.log.store;

import static dev.varve.log.store.StoreFixture.ORDERS;
import static dev.varve.log.store.StoreFixture.PAYMENTS;
import static dev.varve.log.store.StoreFixture.append;
import static dev.varve.log.store.StoreFixture.valuesIn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.CommitLog;
import dev.varve.log.error.LogException;
import dev.varve.log.storage.DiskFaults.Fault;
import dev.varve.log.storage.SimulatedDisk.Operation;
import dev.varve.log.storage.SimulatedTree;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiPredicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The power goes at every operation of a store's life, and again while that is recovered. */
class StoreCrashTest {
  /** How many ways to survive are looked at for each operation. */
  private static final int SEEDS_PER_OPERATION = Integer.getInteger("varve.store.seeds", 2);

  /** One operation of so many fails; every one when many ways to survive are looked at. */
  private static final int FAULT_STRIDE = Math.max(1, 26 / SEEDS_PER_OPERATION);

  private static final Set<TopicPartition> ALL = Set.of(ORDERS, PAYMENTS);

  private int states;

  /** What a store has promised so far. */
  private static final class Promise {
    /** What logs that are there hold, in order. */
    private final Map<TopicPartition, List<String>> written = new TreeMap<>();

    /** How much of that is durable. */
    private final Map<TopicPartition, Integer> durable = new TreeMap<>();

    /** Where they were told to begin. */
    private final Map<TopicPartition, Integer> starts = new TreeMap<>();

    /** What was begun with and has not returned. */
    private final Set<TopicPartition> unsure = new TreeSet<>();

    /** Whether the last that was done was an orderly close. */
    private boolean closed;

    void check(LogStore store) {
      assertThat(store.failures()).isEmpty();
      if (closed) {
        assertThat(store.openReport().closedInOrder()).isTrue();
      }
      for (TopicPartition partition : ALL) {
        boolean there = store.partitions().contains(partition);
        if (!unsure.contains(partition)) {
          assertThat(there).as("%s is there", partition).isEqualTo(written.containsKey(partition));
        }
        if (there) {
          check(partition, store.log(partition), store.openReport().closedInOrder());
        }
      }
      assertThat(ALL).containsAll(store.partitions());
    }

    private void check(TopicPartition partition, CommitLog log, boolean marked) {
      List<String> all = written.getOrDefault(partition, List.of());
      int least = durable.getOrDefault(partition, 0);
      int told = starts.getOrDefault(partition, 0);
      int start = (int) log.offsets().startOffset();
      int end = (int) log.offsets().endOffset();
      assertThat(start).as("start of %s", partition).isBetween(closed ? told : 0, told);
      assertThat(end).as("end of %s", partition).isBetween(least, all.size());
      assertThat(valuesIn(log)).as("%s", partition).isEqualTo(all.subList(start, end));
      if (marked) {
        assertThat(log.openReport().closedInOrder()).as("%s is in order", partition).isTrue();
      }
    }
  }

  /** Does the same whenever it is asked to, and notes what it may promise. */
  private static final class Life {
    private final SimulatedTree tree;
    private final StoreFixture fixture = new StoreFixture();
    private final Promise promise = new Promise();
    private @Nullable LogStore open;

    Life(SimulatedTree tree) {
      this.tree = tree;
    }

    /** Returns what was promised when the power went, or at the end. */
    Promise live() {
      try {
        LogStore store = begin();
        create(store, ORDERS);
        write(store, ORDERS, "a");
        moveStart(store, ORDERS, 1);
        create(store, PAYMENTS);
        write(store, PAYMENTS, "b");
        append(store.log(PAYMENTS), "not flushed");
        promise.written.getOrDefault(PAYMENTS, new ArrayList<>()).add("not flushed");
        delete(store, ORDERS);
        fixture.run(5);
        create(store, ORDERS);
        write(store, ORDERS, "c");
        moveStart(store, ORDERS, 1);
        store.configure("orders", Map.of("segment.ms", "1000"));
        end(store);

        store = begin();
        write(store, ORDERS, "d");
        delete(store, PAYMENTS);
        delete(store, ORDERS);
        create(store, ORDERS);
        write(store, ORDERS, "e");
        end(store);

        store = begin();
        fixture.run(5);
        end(store);
      } catch (LogException e) {
        if (!tree.faults().powerIsOut() && tree.faults().metAt() == 0) {
          throw e;
        }
      }
      return promise;
    }

    /** Ends the process; what it held in memory goes. */
    void die() {
      LogStore left = open;
      if (left != null) {
        tree.faults().withoutPower(() -> abandon(left));
      }
    }

    /** Has the process end in order, as far as that goes after a failure. */
    void close() {
      LogStore left = open;
      if (left != null) {
        abandon(left);
      }
    }

    private static void abandon(LogStore store) {
      try {
        store.close();
      } catch (LogException e) {
        // without power, nothing can be closed in order
      }
    }

    private LogStore begin() {
      promise.closed = false;
      LogStore store = fixture.open(tree);
      open = store;
      return store;
    }

    private void end(LogStore store) {
      boolean allOpen = store.failures().isEmpty();
      open = null;
      store.close();
      promise.closed = allOpen; // nobody vouches for a log that could not be opened
      promise.durable.putAll(new TreeMap<>(sizes()));
    }

    private Map<TopicPartition, Integer> sizes() {
      Map<TopicPartition, Integer> sizes = new TreeMap<>();
      promise.written.forEach((partition, values) -> sizes.put(partition, values.size()));
      return sizes;
    }

    private void create(LogStore store, TopicPartition partition) {
      promise.unsure.add(partition);
      store.create(partition);
      promise.unsure.remove(partition);
      promise.written.put(partition, new ArrayList<>());
    }

    private void write(LogStore store, TopicPartition partition, String value) {
      List<String> written = promise.written.getOrDefault(partition, new ArrayList<>());
      written.add(value);
      append(store.log(partition), value);
      store.log(partition).flush();
      promise.durable.put(partition, written.size());
    }

    private void moveStart(LogStore store, TopicPartition partition, int start) {
      promise.starts.put(partition, start);
      store.log(partition).advanceStartOffset(start);
    }

    private void delete(LogStore store, TopicPartition partition) {
      promise.unsure.add(partition);
      store.delete(partition);
      promise.unsure.remove(partition);
      promise.written.remove(partition);
      promise.durable.remove(partition);
      promise.starts.remove(partition);
    }
  }

  @Test
  void whereverThePowerGoesEveryLogIsThereOrGone() {
    explore(1, () -> (_, _) -> false);
    assertThat(states).isGreaterThan(500);
  }

  /** That the exploration would notice. */
  @ParameterizedTest
  @CsvSource({"FORCE_DIRECTORY,", "RENAME, orders-0", "DELETE, .kafka_cleanshutdown", "FORCE,"})
  void aCallThatDoesNothingIsNoticed(Operation defect, @Nullable String name) {
    BiPredicate<Operation, String> ignored =
        (operation, file) -> operation == defect && (name == null || name.equals(file));
    assertThatThrownBy(() -> explore(3, () -> ignored)).isInstanceOf(AssertionError.class);
  }

  /** It would be taken for what is noted of a new log of that name. */
  @Test
  void thatSomethingIsStillNotedOfADeletedLogIsNoticed() {
    Supplier<BiPredicate<Operation, String>> forgetful =
        () -> {
          AtomicInteger renames = new AtomicInteger();
          return (operation, file) ->
              operation == Operation.RENAME
                  && file.startsWith("log-start-offset-checkpoint")
                  && renames.incrementAndGet() > 2; // one at opening, one at the first close
        };
    assertThatThrownBy(() -> explore(3, forgetful)).isInstanceOf(AssertionError.class);
  }

  /**
   * Runs a life once for each of its operations with the power cut there.
   *
   * @param stride looks at one operation of so many
   * @param ignored which operations of a life do nothing, while the store lives
   */
  private void explore(int stride, Supplier<BiPredicate<Operation, String>> ignored) {
    SimulatedTree whole = tree(ignored.get());
    Life uncut = new Life(whole);
    check(whole, uncut.live(), 1, true);
    uncut.die();
    long operations = whole.faults().operations();
    for (long cut = 1; cut <= operations; cut += stride) {
      SimulatedTree tree = tree(ignored.get());
      tree.faults().cutPowerAt(cut);
      Life life = new Life(tree);
      Promise promise = life.live();
      life.die();
      for (int seed = 0; seed < SEEDS_PER_OPERATION; seed++) {
        try {
          check(tree, promise, cut * SEEDS_PER_OPERATION + seed, seed == 0);
        } catch (AssertionError | RuntimeException e) {
          throw new AssertionError("power cut at " + cut + ", seed " + seed + ": " + e, e);
        }
      }
    }
  }

  /** Some operations, with every way to fail that is noticed. */
  @ParameterizedTest
  @EnumSource(Fault.class)
  void whateverFailsOnceEveryLogIsThereOrGone(Fault fault) {
    if (fault.isSilent()) {
      return; // no name and no offset of a store is read twice
    }
    SimulatedTree whole = tree((_, _) -> false);
    new Life(whole).live();
    for (long at = 1; at <= whole.faults().operations(); at += FAULT_STRIDE) {
      SimulatedTree tree = tree((_, _) -> false);
      tree.faults().failAt(at, fault);
      Life life = new Life(tree);
      try {
        Promise promise = life.live();
        tree.faults().heal();
        recover(tree.afterKill(), promise);
        life.close();
        assertThat(tree.openFiles() + tree.mappings() + tree.locks()).isZero();
        recover(tree.afterKill(), promise);
        recover(tree.afterPowerLoss(at), promise);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(fault + " at " + at + ": " + e, e);
      }
    }
  }

  private static SimulatedTree tree(BiPredicate<Operation, String> ignored) {
    SimulatedTree tree = new SimulatedTree(Path.of("data"), 1);
    tree.faults().ignore(ignored);
    return tree;
  }

  /**
   * Recovers what survives, twice.
   *
   * @param again whether to cut the power once more during recovery
   */
  private void check(SimulatedTree tree, Promise promise, long seed, boolean again) {
    states++;
    SplittableRandom random = new SplittableRandom(seed);
    SimulatedTree survivor = tree.afterPowerLoss(random.nextLong());
    recover(survivor, promise);
    if (!again) {
      return;
    }
    promise.closed = false;
    SimulatedTree cutAgain = tree.afterPowerLoss(random.nextLong());
    cutAgain.faults().cutPowerAt(1 + random.nextLong(survivor.faults().operations()));
    try {
      recover(cutAgain, promise);
    } catch (LogException e) {
      assertThat(cutAgain.faults().powerIsOut()).isTrue();
    }
    recover(cutAgain.afterPowerLoss(random.nextLong()), promise);
  }

  private static void recover(SimulatedTree tree, Promise promise) {
    LogStore store = new StoreFixture().open(tree);
    try {
      promise.check(store);
      Collection<TopicPartition> partitions = List.copyOf(store.partitions());
      store.close();
      assertThat(new TreeSet<>(partitions)).isEqualTo(new TreeSet<>(store.partitions()));
    } catch (LogException | AssertionError e) {
      tree.faults().withoutPower(() -> Life.abandon(store));
      throw e;
    }
    StoreFixture again = new StoreFixture();
    try (LogStore reopened = again.open(tree)) {
      assertThat(reopened.openReport().closedInOrder()).isTrue();
      promise.check(reopened);
    }
    assertThat(again.found)
        .as("a second time there is nothing to mend")
        .allMatch(finding -> finding.kind() == StoreFinding.Kind.UNFINISHED_DELETION);
    assertThat(tree.openFiles() + tree.mappings()).isZero();
  }
}
