package dev.varve.interop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.CommitLog;
import dev.varve.log.LogReader;
import dev.varve.log.error.LogLockedException;
import dev.varve.log.store.LogStore;
import dev.varve.log.store.LogStoreOptions;
import dev.varve.log.store.TopicPartition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;
import org.apache.kafka.metadata.properties.MetaPropertiesVersion;
import org.apache.kafka.server.storage.log.FetchIsolation;
import org.apache.kafka.storage.internals.checkpoint.OffsetCheckpointFile;
import org.apache.kafka.storage.internals.log.LogStartOffsetIncrementReason;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole data directory goes from Varve to Kafka and back. */
class StoreHandOverTest {
  private static final long NOW_MILLIS = 1_700_000_000_000L;
  private static final TopicPartition ORDERS_0 = new TopicPartition("orders", 0);
  private static final TopicPartition ORDERS_1 = new TopicPartition("orders", 1);
  private static final TopicPartition PAYMENTS = new TopicPartition("payments.eu_1-x", 0);

  @TempDir private Path parent;

  private final KafkaClock clock = new KafkaClock(NOW_MILLIS);

  private Path data() {
    return parent.resolve("data");
  }

  private LogStore varve() {
    return LogStore.open(
        data(),
        LogStoreOptions.builder()
            .logs((_, log) -> log.clock(() -> NOW_MILLIS).segmentBytesMax(400))
            .build());
  }

  private static void append(CommitLog log, int from, int end) {
    for (int i = from; i < end; i++) {
      log.append(NOW_MILLIS, "key".getBytes(UTF_8), ("value " + i).getBytes(UTF_8));
    }
  }

  private static List<String> values(CommitLog log) {
    List<String> values = new ArrayList<>();
    try (LogReader reader = log.reader(log.offsets().startOffset())) {
      while (reader.next()) {
        values.add(new String(Objects.requireNonNull(reader.record().copyValue()), UTF_8));
      }
    }
    return values;
  }

  private static List<String> values(UnifiedLog log) throws IOException {
    List<String> values = new ArrayList<>();
    long offset = log.logStartOffset();
    while (offset < log.logEndOffset()) {
      for (Record record :
          log.read(offset, 1 << 20, FetchIsolation.LOG_END, true).records.records()) {
        if (record.offset() >= offset) {
          byte[] value = new byte[record.valueSize()];
          record.value().get(value);
          values.add(new String(value, UTF_8));
          offset = record.offset() + 1;
        }
      }
    }
    return values;
  }

  private static List<String> expected(int from, int end) {
    List<String> values = new ArrayList<>();
    for (int i = from; i < end; i++) {
      values.add("value " + i);
    }
    return values;
  }

  private void writeWithVarve() {
    try (LogStore store = varve()) {
      append(store.create(ORDERS_0), 0, 30);
      store.log(ORDERS_0).advanceStartOffset(17);
      append(store.create(ORDERS_1), 0, 3);
      append(store.create(PAYMENTS), 0, 7);
      store.create(new TopicPartition("gone", 0));
      store.delete(new TopicPartition("gone", 0));
    }
  }

  private static NewBatch batch(int value) {
    return NewBatch.of(NewRecord.of(NOW_MILLIS, "key", "value " + value));
  }

  @Test
  void kafkaOpensWhatVarveHasClosed() throws Exception {
    writeWithVarve();
    try (KafkaStore kafka = KafkaStore.open(data(), clock)) {
      assertThat(kafka.isOnline()).isTrue();
      assertThat(kafka.partitions())
          .extracting(Object::toString)
          .containsExactlyInAnyOrder("orders-0", "orders-1", "payments.eu_1-x-0");
      UnifiedLog orders = kafka.log("orders", 0);
      assertThat(orders.logStartOffset()).isEqualTo(17);
      assertThat(orders.logEndOffset()).isEqualTo(30);
      assertThat(orders.recoveryPoint()).isEqualTo(30);
      assertThat(values(orders)).isEqualTo(expected(17, 30));
      assertThat(values(kafka.log("orders", 1))).isEqualTo(expected(0, 3));
      assertThat(values(kafka.log("payments.eu_1-x", 0))).isEqualTo(expected(0, 7));
      assertThat(orders.topicId()).isPresent().isEqualTo(kafka.log("orders", 1).topicId());
    }
  }

  @Test
  void theFilesOfTheDataDirectoryAreKafkas() throws Exception {
    writeWithVarve();
    MetaPropertiesEnsemble meta =
        new MetaPropertiesEnsemble.Loader().addLogDirs(List.of(data().toString())).load();
    assertThat(meta.errorLogDirs()).isEmpty();
    assertThat(meta.nodeId()).hasValue(1);
    assertThat(meta.clusterId()).isPresent();
    assertThat(meta.logDirProps().get(data().toString()))
        .satisfies(properties -> {
          assertThat(properties.version()).isEqualTo(MetaPropertiesVersion.V1);
          assertThat(properties.directoryId()).isPresent();
        });
    assertThat(offsets("recovery-point-offset-checkpoint"))
        .isEqualTo(Map.of("orders-0", 30L, "orders-1", 3L, "payments.eu_1-x-0", 7L));
    assertThat(offsets("log-start-offset-checkpoint")).isEqualTo(Map.of("orders-0", 17L));
    assertThat(offsets("replication-offset-checkpoint"))
        .isEqualTo(Map.of("orders-0", 30L, "orders-1", 3L, "payments.eu_1-x-0", 7L));
    assertThat(offsets("cleaner-offset-checkpoint")).isEmpty();
  }

  private Map<String, Long> offsets(String file) throws IOException {
    Map<String, Long> offsets = new HashMap<>();
    new OffsetCheckpointFile(data().resolve(file).toFile(), null)
        .read()
        .forEach((partition, offset) -> offsets.put(partition.toString(), offset));
    return offsets;
  }

  @Test
  void varveGoesOnWhereKafkaHasStopped() throws Exception {
    writeWithVarve();
    try (KafkaStore kafka = KafkaStore.open(data(), clock)) {
      UnifiedLog orders = kafka.log("orders", 0);
      kafka.append(orders, batch(30));
      orders.updateHighWatermark(31);
      orders.maybeIncrementLogStartOffset(21, LogStartOffsetIncrementReason.ClientRecordDeletion);
      UnifiedLog invoices = kafka.create("invoices", 3);
      for (int i = 0; i < 12; i++) {
        kafka.append(invoices, batch(i));
      }
      invoices.updateHighWatermark(12);
      invoices.maybeIncrementLogStartOffset(5, LogStartOffsetIncrementReason.ClientRecordDeletion);
    }
    try (LogStore store = varve()) {
      assertThat(store.failures()).isEmpty();
      assertThat(store.openReport().closedInOrder()).isTrue();
      assertThat(values(store.log(ORDERS_0))).isEqualTo(expected(21, 31));
      assertThat(values(store.log(ORDERS_1))).isEqualTo(expected(0, 3));
      CommitLog invoices = store.log(new TopicPartition("invoices", 3));
      assertThat(values(invoices)).isEqualTo(expected(5, 12));
      assertThat(invoices.openReport().losses()).isEmpty();
      append(invoices, 12, 14);
    }
    try (KafkaStore kafka = KafkaStore.open(data(), clock)) {
      assertThat(kafka.isOnline()).isTrue();
      assertThat(values(kafka.log("orders", 0))).isEqualTo(expected(21, 31));
      assertThat(values(kafka.log("invoices", 3))).isEqualTo(expected(5, 14));
    }
  }

  /** Of a log that Kafka wrote, what lies below its recovery point is not scanned. */
  @Test
  void aRecoveryPointOfKafkasSavesAScan() throws Exception {
    try (KafkaStore kafka = KafkaStore.open(Files.createDirectory(data()), clock)) {
      UnifiedLog invoices = kafka.create("invoices", 3);
      for (int i = 0; i < 40; i++) {
        kafka.append(invoices, batch(i));
      }
    }
    try (LogStore store = varve()) {
      CommitLog invoices = store.log(new TopicPartition("invoices", 3));
      assertThat(invoices.openReport().segments()).isGreaterThan(3);
      assertThat(invoices.openReport().scannedSegments()).isEqualTo(1);
      assertThat(values(invoices)).isEqualTo(expected(0, 40));
    }
  }

  /** What a killed process leaves, Kafka recovers. */
  @Test
  void kafkaRecoversWhatVarveHasLeftOpen() throws Exception {
    writeWithVarve();
    Path copy = parent.resolve("copy");
    try (LogStore store = varve()) {
      append(store.log(ORDERS_0), 30, 45);
      store.log(ORDERS_0).flush();
      copy(data(), copy);
    }
    try (KafkaStore kafka = KafkaStore.open(copy, clock)) {
      assertThat(kafka.isOnline()).isTrue();
      assertThat(kafka.log("orders", 0).logEndOffset()).isEqualTo(45);
      assertThat(values(kafka.log("orders", 0))).isEqualTo(expected(17, 45));
      assertThat(values(kafka.log("payments.eu_1-x", 0))).isEqualTo(expected(0, 7));
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (Path file : files.toList()) {
        if (!file.getFileName().toString().equals("varve.lock")) {
          Files.copy(file, to.resolve(from.relativize(file)));
        }
      }
    }
  }

  @Test
  void oneOfThemAtATime() throws Exception {
    writeWithVarve();
    try (LogStore _ = varve()) {
      assertThatThrownBy(() -> KafkaStore.open(data(), clock)).isInstanceOf(KafkaException.class);
    }
    KafkaStore kafka = KafkaStore.open(data(), clock);
    assertThatThrownBy(this::varve).isInstanceOf(LogLockedException.class);
    kafka.close();
    varve().close();
  }
}
