package dev.varve.compaction;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.CommitLog;
import dev.varve.log.maintenance.Maintenance;
import dev.varve.log.store.LogStore;
import dev.varve.log.store.LogStoreOptions;
import dev.varve.log.store.TopicPartition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compaction of the logs of a store. */
class StoreCompactionTest {
  private static final TopicPartition STATE = new TopicPartition("state", 0);
  private static final TopicPartition STATE_1 = new TopicPartition("state", 1);
  private static final TopicPartition EVENTS = new TopicPartition("events", 0);
  private static final String CLEANER_CHECKPOINT = "cleaner-offset-checkpoint";

  @TempDir Path directory;

  private final AtomicLong nowMillis = new AtomicLong(1_000_000_000_000L);
  private final Maintenance maintenance = Maintenance.byCaller(nowMillis::get);
  private LogStore store;
  private StoreCompaction compaction;

  @BeforeEach
  void open() {
    store =
        LogStore.open(
            directory,
            LogStoreOptions.builder().maintenance(maintenance).clock(nowMillis::get).build());
    compaction = new StoreCompaction(store, CompactorOptions.defaults(), nowMillis::get);
    store.configure("state", Map.of("cleanup.policy", "compact", "delete.retention.ms", "0"));
  }

  @AfterEach
  void close() {
    store.close();
    maintenance.close();
  }

  /** Appends records of three keys, two of which are overwritten, in segments of their own. */
  private CommitLog fill(TopicPartition partition, int times) {
    CommitLog log =
        store.partitions().contains(partition) ? store.log(partition) : store.create(partition);
    for (int i = 0; i < times; i++) {
      for (String key : List.of("a", "b", "c" + i)) {
        log.append(nowMillis.get(), key.getBytes(UTF_8), ("" + i).getBytes(UTF_8));
      }
      log.roll();
    }
    settle();
    return log;
  }

  private void settle() {
    for (int i = 0; i < 20; i++) {
      nowMillis.addAndGet(1000);
      maintenance.runOnce();
    }
  }

  private static long records(CommitLog log) {
    return CompactedLog.records(log).size();
  }

  @Test
  void topicsThatAreToCompactAreCompactedAndNoOthers() {
    CommitLog state = fill(STATE, 4);
    CommitLog events = fill(EVENTS, 4);
    store.maintenance().add(compaction.task());
    settle();
    assertThat(records(state)).isEqualTo(6);
    assertThat(records(events)).isEqualTo(12);
    assertThat(compaction.of(EVENTS)).isEmpty();
    assertThat(compaction.of(STATE).orElseThrow().lastResult()).isPresent();
    store.configure("events", Map.of("cleanup.policy", "compact"));
    settle();
    assertThat(records(events)).isEqualTo(6);
    store.delete(EVENTS);
    settle();
    assertThat(compaction.of(STATE)).isPresent();
  }

  @Test
  void theDirtiestLogIsFirst() {
    fill(STATE, 4);
    assertThat(compaction.of(STATE).orElseThrow().run()).hasSize(1);
    fill(STATE, 6);
    fill(STATE_1, 1);
    LogCompaction clean = compaction.of(STATE).orElseThrow();
    LogCompaction dirty = compaction.of(STATE_1).orElseThrow();
    assertThat(Dirtiest.among(List.of(clean.plan(), dirty.plan())))
        .hasValueSatisfying(plan -> assertThat(plan.log().name()).endsWith("state-1"));
  }

  @Test
  void howFarItWentIsExchangedWithABroker() throws IOException {
    fill(STATE, 4);
    assertThat(compaction.of(STATE).orElseThrow().run()).hasSize(1);
    store.close();
    Path checkpoint = directory.resolve(CLEANER_CHECKPOINT);
    assertThat(checkpoint).content().isEqualTo("0\n1\nstate 0 12\n");
    open();
    assertThat(store.log(STATE).rewriter().firstDirtyOffset()).isEqualTo(12);
    fill(STATE, 1);
    store.close();
    Files.writeString(checkpoint, "0\n1\nstate 0 15\n"); // as a broker would that compacted it
    open();
    assertThat(store.log(STATE).rewriter().firstDirtyOffset()).isEqualTo(15);
    store.close();
    Files.writeString(checkpoint, "0\n1\nstate 0 9999\n");
    open();
    assertThat(store.log(STATE).rewriter().firstDirtyOffset()).isEqualTo(15);
  }

  @Test
  void aLogThatCannotBeReadKeepsNoOtherFromBeingCompacted() throws IOException {
    CommitLog healthy = fill(STATE, 4);
    fill(STATE_1, 8);
    Path damaged = directory.resolve("state-1").resolve("00000000000000000003.log");
    byte[] bytes = Files.readAllBytes(damaged);
    bytes[66] ^= 1;
    Files.write(damaged, bytes, StandardOpenOption.WRITE);
    store.maintenance().add(compaction.task());
    for (int i = 0; i < 5; i++) {
      settle();
    }
    assertThat(records(healthy)).isEqualTo(6);
    CompactionPlan plan = compaction.of(STATE_1).orElseThrow().plan();
    assertThat(plan.explain()).contains("segment 3 is set aside", "position 0", "checksum");
    assertThat(plan.cleanableBytes()).isZero();
  }

  @Test
  void aPassIsInAFlightRecording() throws IOException {
    fill(STATE, 4);
    Path file = directory.resolve("recording.jfr");
    try (Recording recording = new Recording()) {
      recording.enable("dev.varve.Compaction");
      recording.start();
      assertThat(compaction.of(STATE).orElseThrow().run()).hasSize(1);
      recording.stop();
      recording.dump(file);
    }
    assertThat(RecordingFile.readAllEvents(file))
        .singleElement()
        .satisfies(event -> {
          RecordedEvent recorded = event;
          assertThat(recorded.getString("log")).endsWith("state-0");
          assertThat(recorded.getLong("endOffset")).isEqualTo(12);
          assertThat(recorded.getLong("bytesAfter")).isLessThan(recorded.getLong("bytesBefore"));
        });
    Files.delete(file);
  }
}
