package dev.varve.log.producer;

import static dev.varve.log.producer.BatchHeader.data;
import static dev.varve.log.producer.BatchHeader.marker;
import static dev.varve.log.producer.BatchHeader.plain;
import static dev.varve.log.producer.BatchHeader.transactional;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.varve.index.AbortedTransaction;
import dev.varve.log.error.OutOfOrderSequenceException;
import dev.varve.log.error.ProducerFencedException;
import dev.varve.log.record.EndTransactionMarker;
import dev.varve.log.record.EndTransactionMarker.Outcome;
import dev.varve.log.record.InvalidBatchException;
import dev.varve.log.record.RecordBatch;
import java.lang.management.ManagementFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProducerStatesTest {
  private final ProducerStates states = new ProducerStates();

  @Test
  void batchesWithoutAProducerAreNoneOfItsBusiness() {
    states.onBatch(plain(0).wrap());

    assertThat(states.producerCount()).isZero();
    assertThat(states.lastStableOffset(10)).isEqualTo(10);
  }

  @Test
  void theLastBatchOfAProducerIsKept() {
    states.onBatch(data(0, 7, 0, 0).wrap());
    states.onBatch(data(10, 7, 0, 10).wrap());

    assertThat(states.snapshot().producers())
        .containsExactly(new ProducerEntry(7, (short) 0, 19, 19, 9, 1010, -1, -1));
  }

  @Test
  void sequencesWrap() {
    states.onBatch(data(0, 7, 0, Integer.MAX_VALUE - 2).wrap());

    assertThat(entry(7).lastSequence()).isEqualTo(6);
  }

  @Test
  void anEmptyDataBatchCounts() {
    states.onBatch(data(0, 7, 0, 0).emptied().wrap());

    assertThat(entry(7)).isEqualTo(new ProducerEntry(7, (short) 0, 9, 9, 9, -1, -1, -1));
  }

  @Test
  void anEmptyTransactionalBatchOpensItsTransaction() {
    states.onBatch(transactional(20, 7, 0, 0).emptied().wrap());

    assertThat(states.lastStableOffset(30)).isEqualTo(20);
  }

  @Test
  void anEmptyControlBatchChangesNothing() {
    states.onBatch(transactional(0, 7, 0, 0).wrap());
    ProducerSnapshot before = states.snapshot();

    states.onBatch(marker(10, 7, 1).emptied().wrap());
    states.onBatch(marker(11, 8, 0).emptied().wrap());

    assertThat(states.snapshot()).isEqualTo(before);
    assertThat(states.lastStableOffset(12)).isZero();
  }

  @Test
  void aCommitKeepsTheLastBatchAndEndsTheTransaction() {
    states.onBatch(transactional(0, 7, 0, 0).wrap());
    states.onBatch(transactional(10, 7, 0, 10).wrap());
    assertThat(entry(7).currentTxnFirstOffset()).isZero();
    assertThat(states.lastStableOffset(20)).isZero();

    commit(marker(20, 7, 0), 5);

    assertThat(entry(7)).isEqualTo(new ProducerEntry(7, (short) 0, 19, 19, 9, 1020, 5, -1));
    assertThat(states.lastStableOffset(21)).isEqualTo(21);
  }

  /** As with transaction version 2, whose marker carries the epoch of the next transaction. */
  @Test
  void aMarkerWithANewEpochForgetsTheLastBatch() {
    states.onBatch(transactional(0, 7, 0, 0).wrap());

    commit(marker(10, 7, 1), 5);

    assertThat(entry(7)).isEqualTo(new ProducerEntry(7, (short) 1, -1, -1, 0, 1010, 5, -1));
    states.onBatch(transactional(11, 7, 1, 0).wrap());
    assertThat(entry(7)).isEqualTo(new ProducerEntry(7, (short) 1, 9, 20, 9, 1011, 5, 11));
  }

  @Test
  void aMarkerOfAProducerThatWasNeverSeenIsKept() {
    assertThat(abort(marker(10, 7, 3), 5)).isNull();
    commit(marker(11, 8, 4), 6);

    assertThat(states.snapshot().producers())
        .containsExactlyInAnyOrder(
            new ProducerEntry(7, (short) 3, -1, -1, 0, 1010, 5, -1),
            new ProducerEntry(8, (short) 4, -1, -1, 0, 1011, 6, -1));
  }

  @Test
  void anAbortWithDataGivesAnAbortedTransaction() {
    states.onBatch(transactional(0, 7, 0, 0).wrap());

    assertThat(abort(marker(10, 7, 0), 0)).isEqualTo(new AbortedTransaction(7, 0, 10, 11));
    assertThat(states.lastStableOffset(11)).isEqualTo(11);
  }

  @Test
  void anAbortWithoutDataGivesNothing() {
    states.onBatch(data(0, 7, 0, 0).wrap());

    assertThat(abort(marker(10, 7, 0), 0)).isNull();
    assertThat(abort(marker(11, 7, 0), 0)).isNull();
  }

  @Test
  void theLastStableOffsetOfAnAbortIsThatOfTheEarliestTransactionOfAnotherProducer() {
    states.onBatch(transactional(0, 1, 0, 0).wrap());
    states.onBatch(transactional(10, 2, 0, 0).wrap());
    states.onBatch(transactional(20, 3, 0, 0).wrap());
    states.onBatch(transactional(30, 1, 0, 10).wrap());

    assertThat(abort(marker(40, 1, 0), 0))
        .as("producer 2 is open from 10 on")
        .isEqualTo(new AbortedTransaction(1, 0, 40, 10));
    assertThat(abort(marker(41, 3, 0), 0)).isEqualTo(new AbortedTransaction(3, 20, 41, 10));
    assertThat(abort(marker(42, 2, 0), 0)).isEqualTo(new AbortedTransaction(2, 10, 42, 43));
  }

  @Test
  void transactionsGoOnAfterALoad() {
    states.onBatch(transactional(0, 1, 0, 0).wrap());
    states.onBatch(transactional(10, 2, 0, 0).wrap());
    ProducerStates reopened = new ProducerStates();
    reopened.onBatch(data(500, 9, 0, 0).wrap());

    reopened.load(states.snapshot());

    assertThat(reopened.producerCount()).isEqualTo(2);
    assertThat(reopened.lastStableOffset(20)).isZero();
    assertThat(
            reopened.onMarker(marker(20, 1, 0).wrap(), new EndTransactionMarker(Outcome.ABORT, 0)))
        .isEqualTo(new AbortedTransaction(1, 0, 20, 10));
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "now,  forgotten",
        "1000,         0",
        "1099,         0",
        "1100,         1",
        "1109,         1",
        "1110,         2",
        "9999,         2",
      },
      useHeadersInDisplayName = true)
  void idleProducersExpireUnlessTheirTransactionIsOpen(long now, int forgotten) {
    states.onBatch(data(0, 1, 0, 0).wrap());
    states.onBatch(data(10, 2, 0, 0).wrap());
    states.onBatch(transactional(0, 3, 0, 0).wrap());

    states.expire(now, 100);

    assertThat(states.producerCount()).isEqualTo(3 - forgotten);
    assertThat(entry(3).hasOpenTransaction()).isTrue();
  }

  /** Whatever comes and goes between the parts. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 100})
  void expiryInPartsLooksAtAll(int producersMax) {
    for (int id = 0; id < 20; id++) {
      states.onBatch(data(id * 10L, id, 0, 0).wrap());
    }

    int parts = 1;
    while (!states.expireSome(1100, 50, producersMax)) {
      states.onBatch(data(10_000L + parts * 10L, 100 + parts, 0, 0).wrap());
      parts++;
    }

    assertThat(parts).isEqualTo(20 / producersMax + 1);
    assertThat(states.snapshot().producers().stream().map(ProducerEntry::producerId))
        .as("those of offset 60 and later were seen at 1060 and later")
        .filteredOn(id -> id < 100)
        .containsExactlyInAnyOrder(
            6L, 7L, 8L, 9L, 10L, 11L, 12L, 13L, 14L, 15L, 16L, 17L, 18L, 19L);
    assertThat(states.producerCount()).isEqualTo(14 + parts - 1);
    states.expire(99_999, 50);
    assertThat(states.producerCount()).isZero();
    assertThat(states.snapshot().producers()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "epoch, sequence, answer",
        "    3,       60,     -1", // the next
        "    3,       50,     50", // the last five
        "    3,       40,     40",
        "    3,       10,     10",
        "    4,        0,     -1", // a new epoch
        "    9,        0,     -1",
      },
      useHeadersInDisplayName = true)
  void whatComesNextIsNewAndTheLastFiveAreKnown(int epoch, int sequence, long answer) {
    sixBatches();

    assertThat(states.admit(data(999, 7, epoch, sequence).wrap())).isEqualTo(answer);
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "epoch, sequence, expected",
        "    3,        0,       60", // the sixth from the end
        "    3,       61,       60",
        "    3,       55,       60", // in the middle of the last
        "    4,        1,        0",
        "    4,       60,        0",
      },
      useHeadersInDisplayName = true)
  void gapsAreRefused(int epoch, int sequence, int expected) {
    sixBatches();

    assertThatThrownBy(() -> states.admit(data(999, 7, epoch, sequence).wrap()))
        .isInstanceOfSatisfying(
            OutOfOrderSequenceException.class,
            refused -> {
              assertThat(refused.producerId()).isEqualTo(7);
              assertThat(refused.sequence()).isEqualTo(sequence);
              assertThat(refused.expectedSequence()).isEqualTo(expected);
            })
        .hasMessageContainingAll("producer 7", "sequence " + sequence, "expected " + expected);
  }

  @Test
  void aDuplicateHasTheSameNumberOfSequences() {
    sixBatches();
    BatchHeader shorter = new BatchHeader(BatchHeader.Kind.DATA, 999, 4, 0, 7, (short) 3, 50, 5);

    assertThatThrownBy(() -> states.admit(shorter.wrap()))
        .isInstanceOf(OutOfOrderSequenceException.class);
  }

  @Test
  void anOlderEpochIsFencedBeforeItsSequenceIsLookedAt() {
    sixBatches();

    assertThatThrownBy(() -> states.admit(data(999, 7, 2, 50).wrap()))
        .isInstanceOf(ProducerFencedException.class)
        .hasMessageContainingAll("epoch 2", "at least 3");
    assertThatThrownBy(() -> states.admit(marker(999, 7, 2).wrap()))
        .isInstanceOf(ProducerFencedException.class);
    assertThat(states.admit(marker(999, 7, 3).wrap())).isEqualTo(ProducerStates.NEW);
  }

  @Test
  void aProducerThatIsNotKnownMayBeginAnywhere() {
    assertThat(states.admit(data(0, 7, 5, 123).wrap())).isEqualTo(ProducerStates.NEW);
  }

  @Test
  void behindTheGreatestSequenceComesZero() {
    states.onBatch(data(0, 7, 0, Integer.MAX_VALUE - 9).wrap());

    assertThat(states.admit(data(10, 7, 0, 0).wrap())).isEqualTo(ProducerStates.NEW);
    assertThat(states.admit(data(10, 7, 0, Integer.MAX_VALUE - 9).wrap())).isZero();
  }

  @Test
  void aBatchMayWrapInItsMiddle() {
    states.onBatch(data(0, 7, 0, Integer.MAX_VALUE - 4).wrap());
    states.onBatch(data(10, 7, 0, 5).wrap());

    assertThat(states.admit(data(20, 7, 0, 15).wrap())).isEqualTo(ProducerStates.NEW);
    assertThat(states.admit(data(20, 7, 0, Integer.MAX_VALUE - 4).wrap())).isZero();
  }

  @Test
  void behindAMarkerThatRaisedTheEpochComesZero() {
    sixBatches();
    commit(marker(60, 7, 4), 0);

    assertThat(states.admit(data(61, 7, 4, 0).wrap())).isEqualTo(ProducerStates.NEW);
    assertThatThrownBy(() -> states.admit(data(61, 7, 4, 60).wrap()))
        .isInstanceOf(OutOfOrderSequenceException.class);
    assertThatThrownBy(() -> states.admit(data(61, 7, 3, 60).wrap()))
        .isInstanceOf(ProducerFencedException.class);
  }

  @Test
  void aNewEpochKnowsNothingOfTheDuplicatesOfAnother() {
    sixBatches();
    states.onBatch(data(60, 7, 4, 0).wrap());
    states.onBatch(data(70, 7, 4, 10).wrap());

    assertThat(states.admit(data(80, 7, 4, 0).wrap())).isEqualTo(60);
    assertThatThrownBy(() -> states.admit(data(80, 7, 4, 40).wrap()))
        .isInstanceOf(OutOfOrderSequenceException.class);
  }

  @Test
  void ofAllBatchesASnapshotKeepsTheLastOne() {
    sixBatches();
    ProducerStates reopened = new ProducerStates();
    reopened.load(states.snapshot());

    assertThat(reopened.admit(data(60, 7, 3, 50).wrap())).isEqualTo(50);
    assertThat(reopened.admit(data(60, 7, 3, 60).wrap())).isEqualTo(ProducerStates.NEW);
    assertThatThrownBy(() -> reopened.admit(data(60, 7, 3, 40).wrap()))
        .isInstanceOf(OutOfOrderSequenceException.class);
  }

  @Test
  void aBatchWithoutSequenceOrEpochIsNone() {
    assertThatThrownBy(() -> states.admit(data(0, 7, 0, -1).wrap()))
        .isInstanceOf(InvalidBatchException.class)
        .hasMessageContaining("sequence -1");
    assertThatThrownBy(() -> states.admit(data(0, 7, -1, 0).wrap()))
        .isInstanceOf(InvalidBatchException.class)
        .hasMessageContaining("epoch -1");
  }

  /** Of producer 7 in epoch 3, each of ten records, with sequences like their offsets. */
  private void sixBatches() {
    for (int offset = 0; offset < 60; offset += 10) {
      states.onBatch(data(offset, 7, 3, offset).wrap());
    }
  }

  @Test
  void clearingForgetsTransactionsToo() {
    states.onBatch(transactional(0, 1, 0, 0).wrap());

    states.clear();

    assertThat(states.producerCount()).isZero();
    assertThat(states.lastStableOffset(20)).isEqualTo(20);
  }

  @Test
  void followingKnownProducersMakesNoGarbage() {
    RecordBatch plain = plain(0).wrap();
    RecordBatch known = data(0, 123_456, 0, 0).wrap();
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    feed(plain, known);

    long before = threads.getCurrentThreadAllocatedBytes();
    feed(plain, known);
    long allocatedBytes = threads.getCurrentThreadAllocatedBytes() - before;

    // One object of 16 bytes for each batch would be 1,600,000.
    assertThat(allocatedBytes).isLessThan(16_000);
  }

  private void feed(RecordBatch plain, RecordBatch known) {
    for (int i = 0; i < 50_000; i++) {
      states.onBatch(plain);
      states.admit(known);
      states.onBatch(known);
    }
  }

  private void commit(BatchHeader header, int coordinatorEpoch) {
    EndTransactionMarker marker = new EndTransactionMarker(Outcome.COMMIT, coordinatorEpoch);
    assertThat(states.onMarker(header.wrap(), marker)).as("commits are not indexed").isNull();
  }

  private @Nullable AbortedTransaction abort(BatchHeader header, int coordinatorEpoch) {
    return states.onMarker(
        header.wrap(), new EndTransactionMarker(Outcome.ABORT, coordinatorEpoch));
  }

  private ProducerEntry entry(long producerId) {
    return states.snapshot().producers().stream()
        .filter(entry -> entry.producerId() == producerId)
        .findFirst()
        .orElseThrow();
  }
}
