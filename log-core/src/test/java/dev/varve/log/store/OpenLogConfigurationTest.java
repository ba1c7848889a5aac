package dev.varve.log.store;

import static dev.varve.log.store.StoreFixture.ORDERS;
import static dev.varve.log.store.StoreFixture.PAYMENTS;
import static dev.varve.log.store.StoreFixture.append;
import static dev.varve.log.store.StoreFixture.valuesIn;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.CommitLog;
import dev.varve.log.LogReader;
import dev.varve.log.SegmentInfo;
import dev.varve.log.error.BatchTooLargeException;
import dev.varve.log.error.InvalidTimestampException;
import dev.varve.log.error.LogFailedException;
import dev.varve.log.record.Codec;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.storage.DiskFaults.Fault;
import dev.varve.log.storage.SimulatedTree;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a log that is open makes of a configuration of its topic that changes. */
class OpenLogConfigurationTest {
  private final SimulatedTree tree = new SimulatedTree(Path.of("data"), 1);
  private final StoreFixture fixture = new StoreFixture();
  private LogStore store;
  private CommitLog log;

  @BeforeEach
  void open() {
    store = fixture.open(tree);
    log = store.create(ORDERS);
  }

  @AfterEach
  void close() {
    store.close();
    fixture.assertNothingHeld(tree);
  }

  private void configure(String name, String value) {
    store.configure("orders", Map.of(name, value));
  }

  private List<Long> bases() {
    return log.segments().stream().map(SegmentInfo::baseOffset).toList();
  }

  @Test
  void aSmallerSegmentIsRolledByTheNextAppend() {
    append(log, "a", "b", "c");
    configure("internal.segment.bytes", "100");
    assertThat(bases()).containsExactly(0L);
    append(log, "d", "e");
    assertThat(bases()).containsExactly(0L, 3L, 4L);
    assertThat(valuesIn(log)).containsExactly("a", "b", "c", "d", "e");
  }

  /** It is mapped ahead as if it had been made so, and not for each append. */
  @Test
  void aLargerSegmentGoesOn() {
    configure("internal.segment.bytes", "100");
    append(log, "a", "b");
    assertThat(bases()).containsExactly(0L, 1L);
    int mappings = tree.mappings();
    configure("internal.segment.bytes", "1000000");
    for (int i = 0; i < 500; i++) {
      append(log, "more");
    }
    assertThat(bases()).containsExactly(0L, 1L);
    assertThat(tree.mappings()).isLessThan(mappings + 5);
    store.configure("orders", Map.of());
    append(log, "and more");
    assertThat(bases()).containsExactly(0L, 1L);
  }

  @Test
  void anAgeCountsForTheSegmentThatIsWritten() {
    append(log, "a");
    fixture.advanceClock(5000);
    append(log, "b");
    assertThat(bases()).containsExactly(0L);
    configure("segment.ms", "5000");
    append(log, "c");
    assertThat(bases()).containsExactly(0L);
    configure("segment.ms", "4999");
    append(log, "d");
    assertThat(bases()).containsExactly(0L, 3L);
  }

  @Test
  void aLimitOfBatches() {
    configure("max.message.bytes", "100");
    assertThatThrownBy(() -> log.append(null, new byte[100]))
        .isInstanceOf(BatchTooLargeException.class)
        .hasMessageContaining("max.message.bytes is 100");
    store.configure("orders", Map.of());
    assertThat(log.append(null, new byte[100])).isZero();
  }

  @Test
  void boundsOfTimestampsAndWhoseTheyAre() {
    long longAgo = 7;
    assertThat(log.append(longAgo, null, new byte[1])).isZero();
    configure("message.timestamp.before.max.ms", "1000");
    assertThatThrownBy(() -> log.append(longAgo, null, new byte[1]))
        .isInstanceOf(InvalidTimestampException.class);
    configure("message.timestamp.type", "LogAppendTime");
    assertThat(log.append(longAgo, null, new byte[1])).isEqualTo(1);
    try (LogReader reader = log.reader(1)) {
      assertThat(reader.next()).isTrue();
      assertThat(reader.record().timestamp()).isGreaterThan(longAgo);
    }
  }

  @Test
  void theCompressionOfWhatTheLogBuilds() {
    byte[] value = "again and again ".repeat(50).getBytes(UTF_8);
    log.append(null, value);
    configure("compression.type", "zstd");
    log.append(null, value);
    assertThat(log.newBatch().append(0, null, value).build().batch())
        .extracting(RecordBatch::codec)
        .isEqualTo(Codec.ZSTD);
    long before = log.segments().getFirst().sizeBytes();
    log.append(null, value);
    assertThat(log.segments().getFirst().sizeBytes() - before).isLessThan(value.length / 2);
    assertThat(valuesIn(log)).hasSize(3).containsOnly(new String(value, UTF_8));
  }

  @Test
  void howLongFilesStayThatAreGivenUpFromNowOn() {
    configure("internal.segment.bytes", "100");
    append(log, "a", "b", "c");
    store.configure(
        "orders", Map.of("internal.segment.bytes", "100", "file.delete.delay.ms", "60000"));
    log.advanceStartOffset(1);
    configure("internal.segment.bytes", "100");
    log.advanceStartOffset(2);
    fixture.run(200);
    assertThat(namesWithDeleted()).isNotEmpty().allMatch(name -> name.startsWith("0".repeat(20)));
    fixture.advanceClock(60_000);
    fixture.run(200);
    assertThat(namesWithDeleted()).isEmpty();
  }

  private List<String> namesWithDeleted() {
    return tree.directory("orders-0").contents().keySet().stream()
        .filter(name -> name.endsWith(".deleted"))
        .toList();
  }

  @Test
  void whenItIsForced() {
    append(log, "a");
    assertThat(log.offsets().durableEnd()).isZero();
    configure("flush.messages", "1");
    append(log, "b");
    assertThat(log.offsets().durableEnd()).isEqualTo(2);
    store.configure("orders", Map.of());
    append(log, "c");
    fixture.run(500);
    assertThat(log.offsets().durableEnd()).isEqualTo(2);
    configure("flush.ms", "20");
    fixture.run(25);
    assertThat(log.offsets().durableEnd()).isEqualTo(3);
  }

  @Test
  void whenProducersAreForgotten() {
    log.append(log.newBatch().producer(7, (short) 0, 0).append(900_000, null, new byte[1]).build());
    configure("producer.id.expiration.ms", "1000");
    fixture.advanceClock(600_000);
    fixture.run(2000);
    // unknown again, it may begin anywhere
    assertThat(
            log.append(
                log.newBatch().producer(7, (short) 0, 5).append(0, null, new byte[1]).build()))
        .isEqualTo(1);
  }

  @Test
  void otherTopicsStayAsTheyAre() {
    CommitLog payments = store.create(PAYMENTS);
    CommitLog other = store.create(new TopicPartition("orders", 1));
    configure("internal.segment.bytes", "100");
    append(payments, "a", "b");
    append(other, "a", "b");
    assertThat(payments.segments()).hasSize(1);
    assertThat(other.segments()).hasSize(2);
  }

  @Test
  void whatCannotBeWrittenChangesNothing() {
    tree.faults().failAt(tree.faults().operations() + 1, Fault.EIO);
    assertThatThrownBy(() -> configure("internal.segment.bytes", "100")).isNotNull();
    append(log, "a", "b");
    assertThat(bases()).containsExactly(0L);
    assertThat(store.topicConfig("orders")).isEmpty();
  }

  /** What begins after a truncation goes by the same configuration. */
  @Test
  void itOutlastsATruncation() {
    fixture.logs = (_, builder) -> builder.replicated(true);
    log = store.create(new TopicPartition("orders", 2));
    configure("internal.segment.bytes", "100");
    append(log, "a", "b", "c");
    log.replica().truncateTo(1);
    append(log, "d", "e");
    assertThat(bases()).containsExactly(0L, 1L, 2L);
  }

  @Test
  void aLogThatHasStoppedKeepsNoOtherFromIt() {
    CommitLog other = store.create(new TopicPartition("orders", 1));
    append(log, "a");
    tree.faults().failAt(tree.faults().operations() + 1, Fault.EIO_ON_FORCE);
    assertThatThrownBy(log::flush).isInstanceOf(LogFailedException.class);
    configure("internal.segment.bytes", "100");
    append(other, "a", "b");
    assertThat(other.segments()).hasSize(2);
    log = store.reopen(ORDERS);
    append(log, "b", "c", "d");
    assertThat(log.segments()).hasSizeGreaterThan(2);
  }
}
