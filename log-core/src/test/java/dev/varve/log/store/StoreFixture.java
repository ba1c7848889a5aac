package dev.varve.log.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.LogReader;
import dev.varve.log.OpenReport;
import dev.varve.log.maintenance.Maintenance;
import dev.varve.log.storage.SimulatedTree;
import dev.varve.log.storage.StorageTree;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;

/** A store on a simulated tree, whose background work the test does. Not thread-safe. */
final class StoreFixture {
  static final TopicPartition ORDERS = new TopicPartition("orders", 0);
  static final TopicPartition PAYMENTS = new TopicPartition("payments", 0);

  final List<StoreFinding> found = new ArrayList<>();
  final List<String> progress = new ArrayList<>();
  final List<String> failed = new ArrayList<>();
  final List<ProcessLimit> near = new ArrayList<>();
  BiFunction<TopicPartition, LogOptions.Builder, LogOptions.Builder> logs = (_, builder) -> builder;
  List<ProcessLimit> limits = List.of();

  private long nowMillis = 1_000_000;
  final Maintenance maintenance = Maintenance.byCaller(() -> nowMillis);

  private final LogStoreListener listener =
      new LogStoreListener() {
        @Override
        public void found(StoreFinding finding) {
          found.add(finding);
        }

        @Override
        public void logOpened(TopicPartition partition, OpenReport report, int done, int total) {
          progress.add(partition + " " + done + "/" + total);
        }

        @Override
        public void logFailed(TopicPartition partition, Throwable cause, int done, int total) {
          progress.add(partition + " failed " + done + "/" + total);
        }

        @Override
        public void limitNear(ProcessLimit limit) {
          near.add(limit);
        }

        @Override
        public void maintenanceFailed(String task, Throwable cause) {
          failed.add(task + ": " + cause.getMessage());
        }
      };

  /** No file, mapping, lock or task is left of a store that was closed. */
  void assertNothingHeld(SimulatedTree tree) {
    assertThat(tree.openFiles()).as("open files").isZero();
    assertThat(tree.mappings()).as("mappings").isZero();
    assertThat(tree.locks()).as("locks").isZero();
    assertThat(maintenance.status()).as("tasks").isEmpty();
  }

  LogStore open(StorageTree tree) {
    return LogStore.open(
        tree,
        LogStoreOptions.builder()
            .logs((partition, builder) -> logs.apply(partition, builder.clock(() -> nowMillis)))
            .clock(() -> nowMillis)
            .listener(listener)
            .maintenance(maintenance)
            .threads(1)
            .limits(() -> limits)
            .build());
  }

  /** Lets time pass, with a round of background work each millisecond. */
  void run(long millis) {
    for (long end = nowMillis + millis; nowMillis < end; nowMillis++) {
      maintenance.runOnce();
    }
  }

  void advanceClock(long millis) {
    nowMillis += millis;
  }

  static void append(CommitLog log, String... values) {
    for (String value : values) {
      log.append(null, value.getBytes(UTF_8));
    }
  }

  static List<String> valuesIn(CommitLog log) {
    List<String> values = new ArrayList<>();
    try (LogReader reader = log.reader(log.offsets().startOffset())) {
      while (reader.next()) {
        byte[] value = Objects.requireNonNull(reader.record().copyValue());
        values.add(new String(value, UTF_8));
      }
    }
    return values;
  }

  static String text(SimulatedTree tree, String name) {
    byte[] content = tree.files().contents().get(name);
    return content == null ? "none" : new String(content, UTF_8);
  }

  static void put(SimulatedTree tree, String name, String content) {
    tree.files().put(name, content.getBytes(UTF_8));
  }
}
