package dev.varve.compaction;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.LogReader;
import dev.varve.log.Producer;
import dev.varve.log.Visibility;
import dev.varve.log.error.InvalidRecordException;
import dev.varve.log.record.Compression;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LogCompactionTest {
  private static final int SEGMENT_BYTES = 4096;

  private static CompactedLog open(CompactorOptions options) {
    return new CompactedLog(Compression.NONE, SEGMENT_BYTES, options);
  }

  private static CompactedLog open() {
    return open(CompactorOptions.defaults());
  }

  private static String[] keys(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "k" + i + "=" + i).toArray(String[]::new);
  }

  @Test
  void theLastValueOfEachKeyStaysAtItsOffset() {
    try (CompactedLog log = open()) {
      log.append("a=1", "b=1", "a=2").roll().append("c=1", "b=2").roll().append("a=3");
      CompactionResult result = log.compaction.run().getFirst();
      assertThat(result.endOffset()).isEqualTo(5);
      assertThat(result.keys()).isEqualTo(3);
      assertThat(log.records())
          .extracting(CompactedLog.Found::offset)
          .containsExactly(2L, 3L, 4L, 5L); // what takes appends is left alone
      assertThat(log.last()).isEqualTo(log.model);
      assertThat(log.bases()).containsExactly(0L, 5L);
      assertThat(log.compaction.run()).isEmpty();
      log.roll();
      assertThat(log.compaction.plan().firstDirtyOffset()).isEqualTo(5);
      assertThat(log.compaction.run()).hasSize(1);
      assertThat(log.records()).extracting(CompactedLog.Found::key).containsExactly("c", "b", "a");
      log.reopen();
      assertThat(log.last()).isEqualTo(log.model);
      assertThat(log.log.openReport().decisions()).isEmpty();
      assertThat(log.compaction.run()).isEmpty();
    }
  }

  @Test
  void aRecordWithoutAKeyIsRefused() {
    try (CompactedLog log = open()) {
      log.append("a=1");
      EncodedBatch batch =
          log.log.newBatch().append(1, bytes("b"), null).append(1, null, bytes("c")).build();
      assertThatThrownBy(() -> log.log.append(batch))
          .isInstanceOf(InvalidRecordException.class)
          .hasMessageContaining("log: found no key in record 1 of a batch of 2");
      assertThatThrownBy(() -> log.log.append(null, bytes("c")))
          .isInstanceOf(InvalidRecordException.class);
      assertThat(log.last()).isEqualTo(log.model);
    }
  }

  @Test
  void aTombstoneStaysUntilItsTimeHasPassed() {
    try (CompactedLog log = open().with("delete.retention.ms", "1000")) {
      log.append("a=1", "b=1").roll().append("a").roll();
      assertThat(log.compaction.run()).hasSize(1);
      assertThat(log.records()).extracting(CompactedLog.Found::key).containsExactly("b", "a");
      log.nowMillis += 999;
      log.append("c=1").roll();
      assertThat(log.compaction.run()).hasSize(1);
      assertThat(log.records()).extracting(CompactedLog.Found::key).containsExactly("b", "a", "c");
      log.nowMillis += 1;
      log.append("d=1").roll();
      assertThat(log.compaction.run()).hasSize(1);
      assertThat(log.records()).extracting(CompactedLog.Found::key).containsExactly("b", "c", "d");
    }
  }

  @Test
  void aMapThatIsTooSmallMakesSeveralPasses() {
    CompactorOptions small = CompactorOptions.builder().keyMapBytes(256).build();
    try (CompactedLog log = open(small)) {
      for (int i = 0; i < 10; i++) {
        log.append(keys(0, 100)).roll();
      }
      List<CompactionResult> results = log.compaction.run();
      assertThat(results).hasSizeGreaterThan(10);
      assertThat(results.getFirst().complete()).isFalse();
      assertThat(results.getLast().complete()).isTrue();
      assertThat(log.records()).hasSize(100);
      assertThat(log.last()).isEqualTo(log.model);
    }
  }

  @Test
  void keysWithTheSameHashAreToldApart() {
    CompactorOptions colliding =
        CompactorOptions.builder().keyHash((memory, position, bytes) -> 42).build();
    try (CompactedLog log = open(colliding)) {
      log.append(keys(0, 50)).roll().append(keys(20, 70)).roll();
      assertThat(log.compaction.run()).hasSize(1);
      assertThat(log.records()).hasSize(70);
      assertThat(log.last()).isEqualTo(log.model);
      log.append(keys(10, 20)).roll();
      assertThat(log.compaction.run()).hasSize(1);
      assertThat(log.records()).hasSize(70);
      assertThat(log.last()).isEqualTo(log.model);
    }
  }

  @Test
  void aSegmentThatCannotBeReadIsLeftOutAndTold() throws Exception {
    List<String> told = new ArrayList<>();
    CompactionListener listener =
        new CompactionListener() {
          @Override
          public void segmentSetAside(String log, long baseOffset, String reason) {
            told.add(baseOffset + " " + reason);
          }
        };
    try (CompactedLog log = open(CompactorOptions.builder().listener(listener).build())) {
      log.append("a=1", "b=1").roll().append("c=1").roll().append("a=2", "d=1").roll();
      log.disk.flipBit(SegmentFile.name(2, Kind.LOG), 65, 3);
      assertThat(log.compaction.run()).hasSize(1);
      assertThat(told)
          .singleElement()
          .asString()
          .startsWith("2 ")
          .contains("position 0", "checksum");
      assertThat(log.compaction.plan().explain()).contains("segment 2 is set aside");
      assertThat(log.bases()).containsExactly(0L, 2L, 3L, 5L);
      List<Long> left = new ArrayList<>();
      try (LogReader reader = log.log.reader(0).skippingDamage(_ -> {})) {
        while (reader.next()) {
          left.add(reader.record().offset());
        }
      }
      assertThat(left).containsExactly(1L, 3L, 4L);
    }
  }

  @Test
  void whatWasNotReadIsDirtyForTheNextProcessAndKeepsTombstones() throws Exception {
    try (CompactedLog log = open().with("delete.retention.ms", "0")) {
      log.append("a=1", "z=1").roll().append("a", "b=1").roll().append("z", "c=1").roll();
      log.disk.flipBit(SegmentFile.name(2, Kind.LOG), 65, 3);
      for (int pass = 0; pass < 3; pass++) {
        assertThat(log.compaction.run()).hasSize(1);
        assertThat(log.compaction.run()).isEmpty();
        assertThat(log.log.rewriter().firstDirtyOffset()).isEqualTo(2);
        log.append("d=" + pass).roll();
      }
      log.disk.flipBit(SegmentFile.name(2, Kind.LOG), 65, 3); // it can be read again
      log.reopen();
      assertThat(log.records())
          .extracting(CompactedLog.Found::offset)
          .startsWith(0L, 2L, 3L, 4L, 5L);
      assertThat(log.compaction.run()).hasSize(1);
      assertThat(log.records()).extracting(CompactedLog.Found::offset).startsWith(2L, 3L, 5L);
    }
  }

  private static List<Long> committed(CompactedLog log) {
    List<Long> offsets = new ArrayList<>();
    try (LogReader reader = log.log.reader(0, Visibility.COMMITTED)) {
      while (reader.next()) {
        offsets.add(reader.record().offset());
      }
    }
    return offsets;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  @Test
  void abortedDataGoesAndReadersOfCommittedRecordsSeeNoneOfIt() {
    try (CompactedLog log = open().with("delete.retention.ms", "1000")) {
      log.append("a=1", "b=1");
      try (Producer producer = log.log.producer("p")) {
        producer.beginTransaction();
        producer.append(bytes("a"), bytes("2"));
        producer.abortTransaction();
        producer.beginTransaction();
        producer.append(bytes("b"), bytes("2"));
        producer.commitTransaction();
      }
      log.append("c=1").roll();
      assertThat(committed(log)).containsExactly(0L, 1L, 4L, 6L);
      for (int pass = 0; pass < 3; pass++) {
        assertThat(log.compaction.run()).hasSize(1);
        assertThat(committed(log).subList(0, 3)).containsExactly(0L, 4L, 6L);
        assertThat(log.records()).extracting(CompactedLog.Found::offset).doesNotContain(2L);
        log.nowMillis += 1000;
        log.append("d" + pass + "=1").roll();
        log.reopen();
        assertThat(log.log.openReport().decisions()).isEmpty();
      }
    }
  }

  @Test
  void theLogIsDueWhenEnoughOfItIsDirty() {
    try (CompactedLog log = open()) {
      Compactor compactor =
          new Compactor(
              () -> List.of(log.compaction), CompactorOptions.defaults(), () -> log.nowMillis);
      assertThat(compactor.doWork()).isZero();
      log.append("a=1").roll().append("a=2").roll();
      assertThat(compactor.doWork()).as("it waits").isZero();
      log.nowMillis += CompactorOptions.defaults().backoffMillis();
      int steps = 0;
      while (compactor.doWork() > 0) {
        steps++;
      }
      assertThat(steps).isBetween(3, 10);
      assertThat(log.records()).extracting(CompactedLog.Found::offset).containsExactly(1L);
      assertThat(log.compaction.lastResult().orElseThrow().bytesAfter()).isPositive();
      log.append("b=1").roll();
      log.nowMillis += CompactorOptions.defaults().backoffMillis();
      assertThat(compactor.doWork()).as("half of it is dirty, and not more").isZero();
    }
  }

  @Test
  void theRateOfBytesIsKept() {
    CompactorOptions slow = CompactorOptions.builder().ioBytesPerSecondMax(100).build();
    try (CompactedLog log = open(slow)) {
      log.append(keys(0, 50)).roll().append(keys(0, 50)).roll();
      long bytes = log.log.segments().stream().mapToLong(segment -> segment.sizeBytes()).sum();
      Compactor compactor = new Compactor(() -> List.of(log.compaction), slow, () -> log.nowMillis);
      long begin = log.nowMillis;
      while (log.compaction.lastResult().isEmpty()) {
        if (compactor.doWork() == 0) {
          log.nowMillis += 100;
        }
      }
      // All of it is read to learn, and again to clean it; the last step is not waited for.
      assertThat(log.nowMillis - begin).isGreaterThan(bytes * 1000 / 100);
    }
  }
}
