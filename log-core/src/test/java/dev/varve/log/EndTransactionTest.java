package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.error.InvalidTransactionStateException;
import dev.varve.log.error.ProducerFencedException;
import dev.varve.log.error.TransactionCoordinatorFencedException;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.EndTransactionMarker;
import dev.varve.log.record.EndTransactionMarker.Outcome;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.record.TransactionVersion;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which ends of transactions are refused, and that a refusal changes nothing. */
class EndTransactionTest {
  @TempDir Path root;

  @Test
  void anOlderEpochIsFenced() {
    try (LogFixture fixture = LogFixture.open(root)) {
      begin(fixture, 4);
      refused(fixture, 3, 0, TransactionVersion.TV1, ProducerFencedException.class, "epoch 3", "4");
      assertThat(end(fixture, 4, 0, TransactionVersion.TV1)).isEqualTo(1);
    }
  }

  @Test
  void theSecondVersionNeedsANewEpochButItsMarkerMayComeAgain() {
    try (LogFixture fixture = LogFixture.open(root)) {
      begin(fixture, 4);
      refused(fixture, 4, 0, TransactionVersion.TV2, ProducerFencedException.class, "epoch 4", "5");
      assertThat(end(fixture, 5, 0, TransactionVersion.TV2)).isEqualTo(1);
      assertThat(end(fixture, 5, 0, TransactionVersion.TV2)).isEqualTo(2);
      begin(fixture, 5);
      refused(fixture, 5, 0, TransactionVersion.TV2, ProducerFencedException.class, "epoch 5", "6");
    }
  }

  @Test
  void theGreatestEpochEndsUnderTheSecondVersionToo() {
    try (LogFixture fixture = LogFixture.open(root)) {
      begin(fixture, Short.MAX_VALUE);
      assertThat(end(fixture, Short.MAX_VALUE, 0, TransactionVersion.TV2)).isEqualTo(1);
    }
  }

  @Test
  void anOlderCoordinatorIsFenced() {
    try (LogFixture fixture = LogFixture.open(root)) {
      begin(fixture, 4);
      end(fixture, 4, 9, TransactionVersion.TV1);
      refused(
          fixture,
          4,
          8,
          TransactionVersion.TV1,
          TransactionCoordinatorFencedException.class,
          "coordinator epoch 8",
          "at least 9");
      fixture.reopen();
      assertThatThrownBy(() -> end(fixture, 4, 8, TransactionVersion.TV1))
          .isInstanceOf(TransactionCoordinatorFencedException.class);
    }
  }

  @Test
  void aMarkerWithoutATransactionIsLawful() {
    try (LogFixture fixture = LogFixture.open(root)) {
      assertThat(end(fixture, 0, 0, TransactionVersion.TV1)).isEqualTo(0);
      assertThat(fixture.log().offsets().lastStableOffset()).isEqualTo(1);
    }
  }

  @Test
  void aReadyMadeMarkerIsCheckedTheSameWay() {
    try (LogFixture fixture = LogFixture.open(root)) {
      begin(fixture, 4);
      EncodedBatch marker =
          new EndTransactionMarker(Outcome.COMMIT, 0).encode(fixture.nowMillis(), 7, (short) 3);
      assertThatThrownBy(() -> fixture.log().append(marker))
          .isInstanceOf(ProducerFencedException.class);
      fixture.assertOffsets(0, 1);
    }
  }

  @Test
  void dataWithoutATransactionIsRefusedWhileOneIsOpen() {
    try (LogFixture fixture = LogFixture.open(root)) {
      begin(fixture, 4);
      EncodedBatch plain = batch(fixture, 4, 1).build();
      assertThatThrownBy(() -> fixture.log().append(plain))
          .isInstanceOf(InvalidTransactionStateException.class)
          .hasMessageContainingAll("producer 7", "from offset 0");
      fixture.assertOffsets(0, 1);
    }
  }

  @Test
  void negativeNumbersAreRefused() {
    try (LogFixture fixture = LogFixture.open(root)) {
      assertThatThrownBy(() -> end(fixture, 0, -1, TransactionVersion.TV1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("coordinator epoch -1");
    }
  }

  private static void refused(
      LogFixture fixture,
      int epoch,
      int coordinatorEpoch,
      TransactionVersion version,
      Class<? extends RuntimeException> type,
      String... said) {
    long end = fixture.log().offsets().endOffset();
    assertThatThrownBy(() -> end(fixture, epoch, coordinatorEpoch, version))
        .isInstanceOf(type)
        .hasMessageContaining("producer 7")
        .hasMessageContainingAll(said);
    assertThat(fixture.log().offsets().endOffset()).isEqualTo(end);
  }

  private static void begin(LogFixture fixture, int epoch) {
    fixture.log().append(batch(fixture, epoch, 0).transactional().build());
  }

  private static RecordBatchBuilder batch(LogFixture fixture, int epoch, int sequence) {
    return fixture
        .log()
        .newBatch()
        .producer(7, (short) epoch, sequence)
        .append(fixture.nowMillis(), "k".getBytes(UTF_8), LogFixture.valueOf("k"));
  }

  private static long end(
      LogFixture fixture, int epoch, int coordinatorEpoch, TransactionVersion version) {
    return fixture
        .log()
        .transactions()
        .end(7, (short) epoch, Outcome.COMMIT, coordinatorEpoch, version);
  }
}
