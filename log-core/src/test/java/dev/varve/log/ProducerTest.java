package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.error.BatchTooLargeException;
import dev.varve.log.error.LogClosedException;
import dev.varve.log.error.OutOfOrderSequenceException;
import dev.varve.log.error.ProducerFencedException;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordBatchBuilder;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProducerTest {
  @TempDir private Path root;
  private LogFixture fixture;

  @BeforeEach
  void open() {
    fixture = LogFixture.open(root, options -> options.batchBytesMax(10_000));
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private Producer producer() {
    return fixture.log().producer("importer");
  }

  private static long append(Producer producer, String key) {
    return producer.append(key.getBytes(UTF_8), LogFixture.valueOf(key));
  }

  private long appendAs(Producer producer, int sequence, String key) {
    return producer.appendAs(
        sequence, fixture.nowMillis(), key.getBytes(UTF_8), LogFixture.valueOf(key));
  }

  /** A batch with memory of its own, as an embedder has one that keeps it for a retry. */
  private EncodedBatch kept(String... keys) {
    EncodedBatch lent = fixture.batch(keys);
    return EncodedBatch.copyOf(lent.memory().asSlice(0, lent.sizeBytes()));
  }

  @Test
  void recordsCountUpWithoutGaps() {
    fixture.append("a");
    try (Producer producer = producer()) {
      assertThat(append(producer, "b")).isEqualTo(1);
      assertThat(producer.append(fixture.batch("c", "d"))).isEqualTo(2);
      assertThat(append(producer, "e")).isEqualTo(4);
      assertThat(producer.nextSequence()).isEqualTo(4);
      assertThat(producer.epoch()).isZero();
      assertThat(producer.name()).isEqualTo("importer");
      assertThat(headers())
          .containsExactly(
              "-1 -1 -1", producer.id() + " 0 0", producer.id() + " 0 1", producer.id() + " 0 3");
    }
    fixture.assertReads("a", "b", "c", "d", "e");
  }

  private List<String> headers() {
    List<String> headers = new ArrayList<>();
    try (PinnedBatches batches = fixture.log().read(0, Integer.MAX_VALUE)) {
      while (batches.next()) {
        RecordBatch batch = batches.batch();
        headers.add(batch.producerId() + " " + batch.producerEpoch() + " " + batch.baseSequence());
      }
    }
    return headers;
  }

  @Test
  void aBatchIsThereOnceHoweverOftenItIsAppended() {
    try (Producer producer = producer()) {
      EncodedBatch batch = kept("a", "b");
      assertThat(producer.append(batch)).isZero();
      assertThat(producer.append(batch)).isZero();
      append(producer, "c");
      assertThat(producer.append(batch)).isZero();
      assertThat(fixture.log().append(batch)).isZero();
      assertThat(producer.nextSequence()).isEqualTo(3);
    }
    fixture.assertReads("a", "b", "c").assertOffsets(0, 3);
  }

  @Test
  void aBatchUnderConstructionCanBeTriedAgainToo() {
    try (Producer producer = producer()) {
      RecordBatchBuilder records = fixture.log().newBatch();
      records.append(0, "a".getBytes(UTF_8), LogFixture.valueOf("a"));
      assertThat(producer.append(records)).isZero();
      assertThat(producer.append(records)).isZero();
      records.clear().append(0, "b".getBytes(UTF_8), LogFixture.valueOf("b"));
      assertThat(producer.append(records)).isEqualTo(1);
    }
    fixture.assertReads("a", "b");
  }

  @Test
  void oneOfTheLastFiveIsRecognizedAndAnEarlierOneRefused() {
    try (Producer producer = producer()) {
      for (String key : List.of("a", "b", "c", "d", "e", "f")) {
        append(producer, key);
      }

      assertThat(appendAs(producer, 1, "b")).isEqualTo(1);
      assertThat(appendAs(producer, 5, "f")).isEqualTo(5);
      assertThatThrownBy(() -> appendAs(producer, 0, "a"))
          .isInstanceOf(OutOfOrderSequenceException.class)
          .hasMessageContainingAll("found sequence 0", "expected 6");
      assertThatThrownBy(() -> appendAs(producer, 7, "h"))
          .isInstanceOf(OutOfOrderSequenceException.class)
          .hasMessageContainingAll("found sequence 7", "expected 6");
      assertThat(producer.nextSequence()).isEqualTo(6);
      assertThat(append(producer, "g")).isEqualTo(6);
    }
    fixture.assertReads("a", "b", "c", "d", "e", "f", "g");
  }

  @Test
  void aBatchThatWasRefusedIsNotTakenForTheNextOne() {
    try (Producer producer = producer()) {
      EncodedBatch large = kept("x".repeat(20_000));
      assertThatThrownBy(() -> producer.append(large)).isInstanceOf(BatchTooLargeException.class);
      assertThat(large.hasProducerId()).isFalse();

      append(producer, "a");

      assertThatThrownBy(() -> producer.append(large)).isInstanceOf(BatchTooLargeException.class);
      assertThat(append(producer, "b")).isEqualTo(1);
    }
    fixture.assertReads("a", "b");
  }

  @Test
  void aNameGoesOnAfterAClose() {
    EncodedBatch last = kept("b");
    try (Producer producer = producer()) {
      append(producer, "a");
      producer.append(last);
    }
    fixture.reopen();
    try (Producer producer = producer()) {
      assertThat(producer.epoch()).isZero();
      assertThat(producer.nextSequence()).isEqualTo(2);
      assertThat(producer.append(last)).isEqualTo(1);
      assertThat(append(producer, "c")).isEqualTo(2);
    }
    fixture.assertReads("a", "b", "c");
  }

  @Test
  void aNameGoesOnAfterItsProcessDied() {
    EncodedBatch batch = kept("a", "b");
    Producer dead = producer();
    dead.append(batch);
    append(dead, "c");
    fixture.kill().reopen();

    try (Producer producer = producer()) {
      assertThat(producer.id()).isEqualTo(dead.id());
      assertThat(producer.epoch()).isZero();
      assertThat(producer.nextSequence()).isEqualTo(3);
      assertThat(producer.append(batch)).as("all batches were read again").isZero();
      assertThat(appendAs(producer, 2, "c")).isEqualTo(2);
      assertThat(appendAs(producer, 3, "d")).isEqualTo(3);
    }
    fixture.assertReads("a", "b", "c", "d");
  }

  @Test
  void theOlderOfTwoOwnersIsFenced() {
    Producer older = producer();
    append(older, "a");
    EncodedBatch batch = kept("z");
    try (Producer newer = producer()) {
      assertThat(newer.epoch()).isEqualTo((short) 1);
      assertThat(newer.nextSequence()).isZero();
      assertThatThrownBy(() -> append(older, "z")).isInstanceOf(ProducerFencedException.class);
      append(newer, "b");
      assertThatThrownBy(() -> older.append(batch))
          .isInstanceOf(ProducerFencedException.class)
          .hasMessageContainingAll("found epoch 0", "expected at least 1");
    }
    older.close();
    assertThat(batch.hasProducerId()).as("it is free for another producer").isFalse();
    fixture.assertReads("a", "b").reopen();
    try (Producer next = producer()) {
      assertThat(next.epoch()).isEqualTo((short) 1);
      assertThat(next.nextSequence()).isEqualTo(1);
    }
  }

  @Test
  void producersDoNotKnowOneAnother() {
    try (Producer importer = producer();
        Producer other = fixture.log().producer("other")) {
      append(importer, "a");
      append(other, "b");
      append(other, "c");
      EncodedBatch batch = kept("d");
      importer.append(batch);

      assertThat(importer.nextSequence()).isEqualTo(2);
      assertThat(other.nextSequence()).isEqualTo(2);
      assertThatThrownBy(() -> other.append(batch))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("batch of producer %d, expected none or %d", importer.id(), other.id());
    }
    fixture.assertReads("a", "b", "c", "d");
  }

  @Test
  void aClosedProducerAppendsNothing() {
    Producer producer = producer();
    append(producer, "a");
    producer.close();
    producer.close();
    EncodedBatch batch = kept("b");

    assertThatThrownBy(() -> append(producer, "b")).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> producer.append(batch)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> appendAs(producer, 1, "b")).isInstanceOf(IllegalStateException.class);
    assertThat(batch.hasProducerId()).isFalse();
    fixture.assertReads("a");
  }

  @Test
  void aProducerOutlivesItsLogWithoutHarm() {
    CommitLog closed = fixture.log();
    Producer producer = producer();
    fixture.shut();

    assertThatThrownBy(() -> append(producer, "a")).isInstanceOf(LogClosedException.class);
    assertThatThrownBy(() -> closed.producer("importer")).isInstanceOf(LogClosedException.class);
    producer.close();
  }

  @Test
  void badNamesAndSequencesAreRefused() {
    assertThatThrownBy(() -> fixture.log().producer(""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0 bytes");
    try (Producer producer = producer()) {
      assertThatThrownBy(() -> appendAs(producer, -1, "a"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("sequence -1, expected 0 or more");
    }
  }

  @Test
  void sequencesGoOnAtZeroBehindTheGreatest() {
    try (Producer producer = producer()) {
      appendAs(producer, Integer.MAX_VALUE - 1, "a");
      EncodedBatch batch = kept("b", "c");
      producer.append(batch);
      assertThat(producer.nextSequence()).isEqualTo(1);
      append(producer, "d");
      assertThat(producer.append(batch)).isEqualTo(1);
      fixture.reopen();
      assertThat(producer().nextSequence()).isEqualTo(2);
    }
    fixture.assertReads("a", "b", "c", "d");
  }

  /** The checksum must still hold after a batch got, lost and got a producer. */
  @Test
  void aStampedBatchIsSoundEverywhere() {
    try (Producer producer = producer()) {
      EncodedBatch batch = kept("a");
      producer.append(batch);

      byte[] bytes = batch.memory().asSlice(0, batch.sizeBytes()).toArray(ValueLayout.JAVA_BYTE);
      assertThat(EncodedBatch.wrap(bytes).batch().producerId()).isEqualTo(producer.id());
    }
  }
}
