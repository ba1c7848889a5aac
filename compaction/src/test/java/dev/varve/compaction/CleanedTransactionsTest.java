package dev.varve.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.compaction.HistoryOfBatches.Aborted;
import dev.varve.log.record.Compression;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.EndTransactionMarker;
import dev.varve.log.record.EndTransactionMarker.Outcome;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.record.RecordCursor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which transactions a pass finds to be aborted, and which to be of nothing. */
class CleanedTransactionsTest {
  private final CleanedTransactions transactions = new CleanedTransactions();
  private final List<Aborted> stillAborted = new ArrayList<>();

  CleanedTransactionsTest() {
    transactions.keepIn(
        (id, first, last, stable) -> stillAborted.add(new Aborted(id, first, last, stable)));
  }

  private static RecordBatch data(long producer, long offset) {
    return RecordBatchBuilder.of(Compression.NONE)
        .producer(producer, (short) 0, 0)
        .transactional()
        .baseOffset(offset)
        .append(0, new byte[1], new byte[1])
        .build()
        .batch();
  }

  private static EncodedBatch marker(long producer, long offset, Outcome outcome) {
    EncodedBatch batch = new EndTransactionMarker(outcome, 0).encode(0, producer, (short) 0);
    batch.stamp(offset, 0);
    return batch;
  }

  private static boolean isOfNothing(
      CleanedTransactions transactions, long producer, long offset, Outcome outcome) {
    RecordBatch batch = marker(producer, offset, outcome).batch();
    return transactions.isDiscardable(batch, new RecordCursor().open(batch));
  }

  private boolean isOfNothing(long producer, long offset, Outcome outcome) {
    return isOfNothing(transactions, producer, offset, outcome);
  }

  @Test
  void dataFromTheFirstOffsetToTheMarkerIsAborted() {
    transactions.addAborted(7, 10, 30, 31);
    assertThat(transactions.isAborted(data(7, 9))).isFalse();
    assertThat(transactions.isAborted(data(7, 10))).isTrue();
    assertThat(transactions.isAborted(data(8, 11))).isFalse();
    assertThat(transactions.isAborted(data(7, 29))).isTrue();
    assertThat(isOfNothing(7, 30, Outcome.ABORT)).isFalse();
    assertThat(transactions.isAborted(data(7, 31))).isFalse();
    assertThat(stillAborted).containsExactly(new Aborted(7, 10, 30, 31));
  }

  @Test
  void onlyWhatIsTransactionalIsAborted() {
    transactions.addAborted(7, 10, 30, 31);
    RecordBatch plain =
        RecordBatchBuilder.of(Compression.NONE)
            .producer(7, (short) 0, 0)
            .baseOffset(12)
            .append(0, new byte[1], new byte[1])
            .build()
            .batch();
    assertThat(transactions.isAborted(plain)).isFalse();
    assertThat(isOfNothing(7, 30, Outcome.ABORT)).isTrue();
  }

  @Test
  void anAbortMarkerOfWhichNoDataWasSeenIsOfNothing() {
    transactions.addAborted(7, 10, 30, 31);
    assertThat(isOfNothing(7, 30, Outcome.ABORT)).isTrue();
    assertThat(isOfNothing(8, 31, Outcome.ABORT)).isTrue();
    assertThat(stillAborted).isEmpty();
  }

  @Test
  void aCommitMarkerOfWhichDataWasSeenIsNeededOnce() {
    assertThat(transactions.isAborted(data(7, 10))).isFalse();
    assertThat(isOfNothing(8, 11, Outcome.COMMIT)).isTrue();
    assertThat(isOfNothing(7, 12, Outcome.COMMIT)).isFalse();
    assertThat(isOfNothing(7, 13, Outcome.COMMIT)).isTrue();
  }

  @Test
  void aTransactionMayBeNamedWithEachSegmentThatItLiesIn() {
    transactions.addAborted(7, 10, 30, 31);
    assertThat(transactions.isAborted(data(7, 10))).isTrue();
    transactions.addAborted(7, 10, 30, 31);
    assertThat(transactions.isAborted(data(7, 20))).isTrue();
    assertThat(isOfNothing(7, 30, Outcome.ABORT)).isFalse();
    assertThat(stillAborted).hasSize(1);
  }

  @Test
  void emptyControlBatchesAreOfNothing() {
    RecordBatch batch =
        RecordBatchBuilder.of(Compression.NONE)
            .clearToRewrite(marker(7, 3, Outcome.COMMIT).batch())
            .build()
            .batch();
    assertThat(batch.isControl()).isTrue();
    assertThat(transactions.isAborted(data(7, 2))).isFalse();
    assertThat(transactions.isDiscardable(batch, new RecordCursor().open(batch))).isTrue();
    assertThat(isOfNothing(7, 4, Outcome.COMMIT)).as("its data is still there").isFalse();
  }

  @Test
  void controlRecordsOfOtherKindsStay() {
    RecordBatch batch =
        RecordBatchBuilder.of(Compression.NONE)
            .clearToRewrite(marker(7, 3, Outcome.COMMIT).batch())
            .append(0, new byte[] {0, 0, 0, 2}, new byte[6]) // a change of the leader
            .build()
            .batch();
    assertThat(transactions.isDiscardable(batch, new RecordCursor().open(batch))).isFalse();
  }

  /** What is in it is not known, so all that may have data there is taken to have. */
  @Test
  void whatMayHaveDataInASegmentThatCannotBeReadIsNeeded() {
    transactions.addAborted(6, 5, 40, 41); // begins before
    transactions.addAborted(7, 12, 41, 42); // and in it
    transactions.addAborted(8, 25, 42, 43); // behind it
    transactions.passOver(10, 20);
    assertThat(isOfNothing(6, 40, Outcome.ABORT)).isFalse();
    assertThat(isOfNothing(7, 41, Outcome.ABORT)).isFalse();
    assertThat(isOfNothing(9, 43, Outcome.COMMIT)).isFalse();
    assertThat(isOfNothing(9, 44, Outcome.COMMIT)).as("the next one, begun behind it").isTrue();
    assertThat(stillAborted).extracting(Aborted::producerId).containsExactly(6L, 7L);
  }

  @Test
  void whatHadEndedBeforeIsNotAffected() {
    transactions.addAborted(7, 1, 3, 4);
    assertThat(isOfNothing(7, 3, Outcome.ABORT)).isTrue();
    transactions.passOver(10, 20);
    assertThat(stillAborted).isEmpty();
  }

  /** Its marker was in what could not be read: what the producer wrote later counts. */
  @Test
  void anAbortedTransactionEndsWhereItsMarkerIsAlsoIfThatIsNotSeen() {
    transactions.addAborted(7, 5, 15, 16);
    transactions.addAborted(7, 30, 35, 36);
    assertThat(transactions.isAborted(data(7, 5))).isTrue();
    transactions.passOver(10, 20);
    assertThat(transactions.isAborted(data(7, 21))).isFalse();
    assertThat(isOfNothing(7, 22, Outcome.COMMIT)).isFalse();
    assertThat(transactions.isAborted(data(7, 30))).isTrue();
    assertThat(isOfNothing(7, 35, Outcome.ABORT)).isFalse();
    assertThat(stillAborted).containsExactly(new Aborted(7, 30, 35, 36));
  }
}
