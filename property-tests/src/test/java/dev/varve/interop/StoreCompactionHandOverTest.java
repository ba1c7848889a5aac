package dev.varve.interop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.compaction.CompactorOptions;
import dev.varve.compaction.LogCompaction;
import dev.varve.compaction.StoreCompaction;
import dev.varve.log.CommitLog;
import dev.varve.log.LogReader;
import dev.varve.log.maintenance.Maintenance;
import dev.varve.log.store.LogStore;
import dev.varve.log.store.LogStoreOptions;
import dev.varve.log.store.TopicPartition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.storage.internals.log.LogCleanerManager;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How far each log of a data directory was compacted goes from Varve to Kafka and back, in the file
 * that Kafka has for it.
 */
class StoreCompactionHandOverTest {
  private static final TopicPartition USERS = new TopicPartition("users", 0);
  private static final org.apache.kafka.common.TopicPartition KAFKAS_USERS =
      new org.apache.kafka.common.TopicPartition("users", 0);
  private static final int KEYS = 3;

  @TempDir private Path parent;

  private final ConcurrentMap<org.apache.kafka.common.TopicPartition, UnifiedLog> logs =
      new ConcurrentHashMap<>();
  private final KafkaClock clock = new KafkaClock(1_700_000_000_000L);

  private Path data() {
    return parent.resolve("data");
  }

  /** A store whose background the test drives, and what compacts it. */
  private final class Varve implements AutoCloseable {
    private final Maintenance maintenance = Maintenance.byCaller(clock::milliseconds);
    private final LogStore store;
    private final StoreCompaction compaction;

    Varve(Path at) {
      store =
          LogStore.open(
              at,
              LogStoreOptions.builder()
                  .clock(clock::milliseconds)
                  .maintenance(maintenance)
                  .logs((_, log) -> log.clock(clock::milliseconds).segmentBytesMax(400))
                  .build());
      compaction = new StoreCompaction(store, CompactorOptions.defaults(), clock::milliseconds);
    }

    CommitLog create() {
      store.configure("users", Map.of("cleanup.policy", "compact", "delete.retention.ms", "0"));
      return store.create(USERS);
    }

    CommitLog log() {
      return store.log(USERS);
    }

    long firstDirty() {
      return log().rewriter().firstDirtyOffset();
    }

    void append(int from, int end) {
      for (int i = from; i < end; i++) {
        byte[] value = ("value " + i).getBytes(UTF_8);
        log().append(clock.milliseconds(), ("key " + i % KEYS).getBytes(UTF_8), value);
      }
    }

    /** Compacts all but the segment that takes appends. */
    int compact() {
      log().roll();
      runMaintenance();
      LogCompaction compacted = compaction.of(USERS).orElseThrow();
      return compacted.run().size();
    }

    /** Lets all tasks have their turn. */
    void runMaintenance() {
      for (int i = 0; i < 100; i++) {
        clock.advance(1000);
        maintenance.runOnce();
      }
    }

    Map<String, String> lastValues() {
      Map<String, String> last = new TreeMap<>();
      try (LogReader reader = log().reader(log().offsets().startOffset())) {
        while (reader.next()) {
          byte[] value = reader.record().copyValue();
          String key = new String(reader.record().copyKey(), UTF_8);
          if (value == null) {
            last.remove(key);
          } else {
            last.put(key, new String(value, UTF_8));
          }
        }
      }
      return last;
    }

    @Override
    public void close() {
      store.close();
      maintenance.close();
    }
  }

  /** A broker's cleaner, which keeps how far it came. */
  private LogCleanerManager cleaner(Path at) {
    return new LogCleanerManager(List.of(at.toFile()), logs, new LogDirFailureChannel(1));
  }

  private OptionalLong checkpoint(Path at) {
    Long offset = cleaner(at).allCleanerCheckpoints().get(KAFKAS_USERS);
    return offset == null ? OptionalLong.empty() : OptionalLong.of(offset);
  }

  private void clean(KafkaStore kafka) throws Exception {
    UnifiedLog log = kafka.log("users", 0);
    log.roll();
    log.updateHighWatermark(log.logEndOffset());
    OptionalLong end = KafkaCleaning.clean(log, checkpoint(data()), clock.milliseconds());
    cleaner(data())
        .updateCheckpoints(
            data().toFile(),
            Optional.of(Map.entry(KAFKAS_USERS, end.orElseThrow())),
            Optional.empty());
  }

  private static void append(KafkaStore kafka, long now, int from, int end) throws IOException {
    for (int i = from; i < end; i++) {
      kafka.append(
          kafka.log("users", 0), NewBatch.of(NewRecord.of(now, "key " + i % KEYS, "value " + i)));
    }
  }

  @Test
  void howFarALogWasCompactedGoesBothWays() throws Exception {
    try (Varve varve = new Varve(data())) {
      varve.create();
      varve.append(0, 40);
      assertThat(varve.compact()).isEqualTo(1);
      assertThat(varve.firstDirty()).isEqualTo(40);
      varve.append(40, 60);
    }
    assertThat(checkpoint(data())).hasValue(40);
    try (KafkaStore kafka = KafkaStore.open(data(), clock)) {
      append(kafka, clock.milliseconds(), 60, 80);
      clean(kafka);
      append(kafka, clock.milliseconds(), 80, 90);
    }
    assertThat(checkpoint(data())).hasValue(80);
    try (Varve varve = new Varve(data())) {
      assertThat(varve.store.failures()).isEmpty();
      assertThat(varve.firstDirty()).isEqualTo(80);
      assertThat(varve.compact()).isEqualTo(1);
      assertThat(varve.firstDirty()).isEqualTo(90);
      assertThat(varve.compact()).isZero();
      assertThat(varve.lastValues())
          .isEqualTo(Map.of("key 0", "value 87", "key 1", "value 88", "key 2", "value 89"));
      assertThat(varve.log().segments().getFirst().sizeBytes()).isLessThan(400);
    }
    assertThat(checkpoint(data())).hasValue(90);
  }

  /** Otherwise a deletion would be lost: its tombstone would go before what it deletes. */
  @Test
  void aLogThatKafkaHasTruncatedIsDirtyFromThereOn() throws Exception {
    try (Varve varve = new Varve(data())) {
      varve.create();
      varve.append(0, 40);
      varve.compact();
    }
    int kept = 38; // of key 2, which the pass has left
    try (KafkaStore kafka = KafkaStore.open(data(), clock)) {
      UnifiedLog log = kafka.log("users", 0);
      log.truncateTo(kept + 1);
      log.updateConfig(new LogConfig(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, "compact")));
      LogCleanerManager cleaner = cleaner(data());
      logs.put(KAFKAS_USERS, log);
      cleaner.maybeTruncateCheckpoint(data().toFile(), KAFKAS_USERS, log.logEndOffset());
      NewRecord tombstone =
          new NewRecord(clock.milliseconds(), Bytes.utf8("key " + kept % KEYS), null, List.of());
      kafka.append(log, NewBatch.of(tombstone));
      for (int i = 0; i < 20; i++) {
        kafka.append(log, NewBatch.of(NewRecord.of(clock.milliseconds(), "other", "value")));
      }
    }
    assertThat(checkpoint(data())).hasValue(kept + 1);
    try (Varve varve = new Varve(data())) {
      assertThat(varve.firstDirty()).isEqualTo(kept + 1);
      for (int pass = 0; pass < 3; pass++) {
        varve.append(0, 1);
        varve.compact();
        assertThat(varve.lastValues()).doesNotContainKey("key " + kept % KEYS);
      }
    }
  }

  /** If the process dies then, a broker cleans from the start, and tells us of it. */
  @Test
  void anOpenStoreSaysNothingOfHowFarItIs() throws Exception {
    Path copy = parent.resolve("copy");
    try (Varve varve = new Varve(data())) {
      varve.create();
      varve.append(0, 40);
      varve.compact();
      varve.runMaintenance();
      assertThat(checkpoint(data())).isEmpty();
      copyTo(copy);
    }
    assertThat(checkpoint(data())).hasValue(40);
    try (Varve varve = new Varve(data())) {
      assertThat(varve.firstDirty()).isEqualTo(40);
      assertThat(checkpoint(data())).isEmpty();
    }
    cleaner(copy)
        .updateCheckpoints(
            copy.toFile(), Optional.of(Map.entry(KAFKAS_USERS, 20L)), Optional.empty());
    try (Varve varve = new Varve(copy)) {
      assertThat(varve.firstDirty()).isEqualTo(20);
    }
  }

  private void copyTo(Path copy) throws IOException {
    try (var files = Files.walk(data())) {
      for (Path file : files.toList()) {
        if (!file.getFileName().toString().equals("varve.lock")) {
          Files.copy(file, copy.resolve(data().relativize(file)));
        }
      }
    }
  }
}
