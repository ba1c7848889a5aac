package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.error.InvalidTransactionStateException;
import dev.varve.log.error.ProducerFencedException;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.EndTransactionMarker.Outcome;
import dev.varve.log.record.TransactionVersion;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Transactions of named producers, and what becomes of those that nobody ends. */
class ProducerTransactionTest {
  @TempDir Path root;

  @Test
  void committedRecordsCountAndAbortedOnesDoNot() {
    try (LogFixture fixture = LogFixture.open(root);
        Producer producer = fixture.log().producer("p")) {
      producer.beginTransaction();
      append(producer, "a");
      append(producer, "b");
      assertCommitted(fixture);
      producer.commitTransaction();
      assertCommitted(fixture, "a", "b");
      producer.beginTransaction();
      append(producer, "x");
      producer.abortTransaction();
      append(producer, "c");
      assertCommitted(fixture, "a", "b", "c");
      assertThat(producer.epoch()).isZero();
      assertThat(producer.nextSequence()).isEqualTo(4);
    }
  }

  @Test
  void builtAndNamedBatchesArePartOfTheTransactionToo() {
    try (LogFixture fixture = LogFixture.open(root);
        Producer producer = fixture.log().producer("p")) {
      producer.beginTransaction();
      producer.append(fixture.batch("x"));
      producer.append(
          fixture.log().newBatch().append(fixture.nowMillis(), "y".getBytes(UTF_8), null));
      producer.appendAs(2, fixture.batch("z"));
      producer.abortTransaction();
      producer.append(fixture.batch("a"));
      assertCommitted(fixture, "a");
    }
  }

  @Test
  void aBatchOfAnAbortedTransactionIsNotTakenForDone() {
    try (LogFixture fixture = LogFixture.open(root);
        Producer producer = fixture.log().producer("p")) {
      EncodedBatch batch = EncodedBatch.copyOf(bytes(fixture.batch("x")));
      producer.beginTransaction();
      producer.append(batch);
      assertThat(producer.append(batch)).as("repeated while it is undecided").isZero();
      producer.abortTransaction();

      producer.beginTransaction();
      assertThatThrownBy(() -> producer.append(batch))
          .isInstanceOf(InvalidTransactionStateException.class)
          .hasMessageContainingAll("sequence 0 at offset 0", "aborted", "a new sequence");
      producer.appendAs(producer.nextSequence(), batch);
      producer.commitTransaction();
      assertThat(producer.append(batch)).as("repeated after the commit").isEqualTo(2);
      assertCommitted(fixture, "x");
    }
  }

  @Test
  void aBatchOfAnAbortedTransactionIsRecognizedAfterAReopen() {
    try (LogFixture fixture = LogFixture.open(root)) {
      Producer producer = fixture.log().producer("p");
      producer.beginTransaction();
      producer.appendAs(0, fixture.batch("x"));
      producer.abortTransaction();
      fixture.reopen();
      try (Producer again = fixture.log().producer("p")) {
        assertThatThrownBy(() -> again.appendAs(0, fixture.batch("x")))
            .isInstanceOf(InvalidTransactionStateException.class)
            .hasMessageContaining("sequence 0 at offset 0");
      }
    }
  }

  @Test
  void aRepeatedBatchBeginsNoTransaction() {
    try (LogFixture fixture = LogFixture.open(root);
        Producer producer = fixture.log().producer("p")) {
      EncodedBatch batch = EncodedBatch.copyOf(bytes(fixture.batch("a")));
      producer.append(batch);
      producer.beginTransaction();
      assertThat(producer.append(batch)).isZero();
      producer.commitTransaction();
      fixture.assertOffsets(0, 1);
    }
  }

  @Test
  void whatSomebodyElseHasEndedIsNotCommitted() {
    try (LogFixture fixture = LogFixture.open(root);
        Producer producer = fixture.log().producer("p")) {
      producer.beginTransaction();
      append(producer, "x");
      fixture
          .log()
          .transactions()
          .end(producer.id(), producer.epoch(), Outcome.ABORT, 0, TransactionVersion.TV1);
      assertThatThrownBy(producer::commitTransaction)
          .isInstanceOf(InvalidTransactionStateException.class)
          .hasMessageContainingAll("found no open transaction", "from offset 0");
      producer.abortTransaction();
      append(producer, "a");
      assertCommitted(fixture, "a");
    }
  }

  private static MemorySegment bytes(EncodedBatch batch) {
    return batch.memory().asSlice(0, batch.sizeBytes());
  }

  @Test
  void aTransactionWithoutDataLeavesNothing() {
    try (LogFixture fixture = LogFixture.open(root);
        Producer producer = fixture.log().producer("p")) {
      producer.beginTransaction();
      producer.commitTransaction();
      producer.beginTransaction();
      producer.abortTransaction();
      fixture.assertOffsets(0, 0);
    }
  }

  @Test
  void callsInTheWrongStateAreRefusedByName() {
    try (LogFixture fixture = LogFixture.open(root);
        Producer producer = fixture.log().producer("p")) {
      assertThatThrownBy(producer::commitTransaction)
          .isInstanceOf(InvalidTransactionStateException.class)
          .hasMessageContainingAll("commitTransaction of producer p", "found no transaction");
      assertThatThrownBy(producer::abortTransaction)
          .isInstanceOf(InvalidTransactionStateException.class)
          .hasMessageContaining("abortTransaction of producer p");
      producer.beginTransaction();
      assertThatThrownBy(producer::beginTransaction)
          .isInstanceOf(InvalidTransactionStateException.class)
          .hasMessageContaining("found a transaction that is open");
    }
  }

  @Test
  void closingAProducerAbortsItsTransaction() {
    try (LogFixture fixture = LogFixture.open(root)) {
      try (Producer producer = fixture.log().producer("p")) {
        producer.beginTransaction();
        append(producer, "x");
      }
      fixture.append("a");
      assertCommitted(fixture, "a");
    }
  }

  @Test
  void theNextOwnerOfANameAbortsWhatTheLastLeftOpen() {
    try (LogFixture fixture = LogFixture.open(root);
        Producer old = fixture.log().producer("p")) {
      old.beginTransaction();
      append(old, "x");
      try (Producer next = fixture.log().producer("p")) {
        fixture.append("a");
        assertCommitted(fixture, "a");
        assertThat(next.epoch()).isGreaterThan(old.epoch());
        assertThatThrownBy(old::commitTransaction).isInstanceOf(ProducerFencedException.class);
        next.beginTransaction();
        append(next, "b");
        next.commitTransaction();
        assertCommitted(fixture, "a", "b");
      }
    }
  }

  @Test
  void whatADeadProcessLeftOpenIsAbortedByTheNextOwner() {
    try (LogFixture fixture = LogFixture.open(root)) {
      Producer dead = fixture.log().producer("p");
      dead.beginTransaction();
      append(dead, "x");
      fixture.kill().reopen();
      assertCommitted(fixture);
      try (Producer next = fixture.log().producer("p")) {
        fixture.append("a");
        assertCommitted(fixture, "a");
        assertThat(next.epoch()).isEqualTo((short) 1);
      }
    }
  }

  @Test
  void aTransactionThatIsOpenForTooLongIsAborted() {
    List<String> told = new ArrayList<>();
    try (LogFixture fixture = LogFixture.open(root, options -> options.listener(listener(told)));
        Producer producer = fixture.log().producer("p")) {
      producer.beginTransaction();
      append(producer, "x");
      fixture.advanceClock(59_999).append("a").maintain();
      assertThat(told).isEmpty();
      fixture.advanceClock(1).maintain();
      assertThat(told).containsExactly(producer.id() + " from 0 after 60000");
      assertCommitted(fixture, "a");
      assertThatThrownBy(producer::commitTransaction).isInstanceOf(ProducerFencedException.class);
      assertThatThrownBy(() -> append(producer, "y")).isInstanceOf(ProducerFencedException.class);
    }
  }

  @Test
  void onlyWhatIsTooOldIsAborted() {
    List<String> told = new ArrayList<>();
    try (LogFixture fixture = LogFixture.open(root, options -> options.listener(listener(told)));
        Producer old = fixture.log().producer("old");
        Producer young = fixture.log().producer("young")) {
      old.beginTransaction();
      append(old, "x");
      fixture.advanceClock(30_000).maintain();
      young.beginTransaction();
      append(young, "a");
      fixture.advanceClock(30_000).maintain();
      assertThat(told).containsExactly(old.id() + " from 0 after 60000");
      young.commitTransaction();
      assertCommitted(fixture, "a");
    }
  }

  /** The time of its records, unless they claim to be from the future. */
  @Test
  void afterAReopenTheAgeIsThatOfTheRecords() {
    List<String> told = new ArrayList<>();
    try (LogFixture fixture = LogFixture.open(root, options -> options.listener(listener(told)))) {
      Producer dead = fixture.log().producer("p");
      dead.beginTransaction();
      append(dead, "x");
      Producer ahead = fixture.log().producer("q");
      ahead.beginTransaction();
      ahead.append(fixture.nowMillis() + 10_000_000, "y".getBytes(UTF_8), null);
      fixture.advanceClock(50_000).kill().reopen();
      fixture.advanceClock(9_999).maintain();
      assertThat(told).isEmpty();
      fixture.advanceClock(1).maintain();
      assertThat(told).containsExactly(dead.id() + " from 0 after 60000");
      fixture.advanceClock(50_000).maintain();
      assertThat(told).hasSize(2);
    }
  }

  @Test
  void withoutATimeOutATransactionStaysOpen() {
    try (LogFixture fixture =
            LogFixture.open(root, options -> options.transactionTimeout(java.time.Duration.ZERO));
        Producer producer = fixture.log().producer("p")) {
      producer.beginTransaction();
      append(producer, "a");
      fixture.advanceClock(Integer.MAX_VALUE).maintain();
      producer.commitTransaction();
      assertCommitted(fixture, "a");
    }
  }

  private static LogListener listener(List<String> told) {
    return new LogListener() {
      @Override
      public void transactionTimedOut(long producerId, long firstOffset, long ageMillis) {
        told.add(producerId + " from " + firstOffset + " after " + ageMillis);
      }
    };
  }

  private static void append(Producer producer, String key) {
    producer.append(key.getBytes(UTF_8), LogFixture.valueOf(key));
  }

  private static void assertCommitted(LogFixture fixture, String... keys) {
    assertThat(fixture.committed(0)).containsExactly(keys);
  }
}
