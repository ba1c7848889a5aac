package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.record.EndTransactionMarker.Outcome;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.record.TransactionVersion;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What readers of committed records see, and the last stable offset. */
class CommittedReadTest {
  private static final short EPOCH = 3;

  @TempDir Path root;

  @Test
  void anOpenTransactionHoldsReadersAndItsEndLetsThemGoOn() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a");
      transactional(fixture, 1, 0, "t1");
      fixture.append("b");
      try (LogReader reader = fixture.log().reader(0, Visibility.COMMITTED)) {
        assertThat(LogFixture.rest(reader)).containsExactly("a");
        assertStable(fixture, 1);

        commit(fixture, 1);

        assertThat(LogFixture.rest(reader)).containsExactly("t1", "b");
        assertStable(fixture, 4);
      }
    }
  }

  @Test
  void whatIsAbortedIsLeftOutWhateverLiesBetween() {
    try (LogFixture fixture = LogFixture.open(root)) {
      transactional(fixture, 1, 0, "x0");
      transactional(fixture, 2, 0, "c0");
      fixture.append("a");
      transactional(fixture, 1, 1, "x1");
      abort(fixture, 1);
      transactional(fixture, 1, 2, "d0");
      assertThat(fixture.committed(0)).isEmpty();
      commit(fixture, 2);
      assertStable(fixture, 5);
      assertThat(fixture.committed(0)).containsExactly("c0", "a");
      commit(fixture, 1);
      assertThat(fixture.committed(0)).containsExactly("c0", "a", "d0");
      assertThat(fixture.keys()).containsExactly("x0", "c0", "a", "x1", "d0");
    }
  }

  /** The reader knows the aborted transactions of one stretch when the next is decided. */
  @Test
  void aTransactionThatReachesOverTheLastStableOffsetIsTakenUpOnce() {
    try (LogFixture fixture = LogFixture.open(root)) {
      transactional(fixture, 1, 0, "x0");
      transactional(fixture, 2, 0, "y0");
      transactional(fixture, 1, 1, "x1");
      abort(fixture, 1);
      try (LogReader reader = fixture.log().reader(0, Visibility.COMMITTED)) {
        assertThat(LogFixture.rest(reader)).isEmpty();
        transactional(fixture, 1, 2, "d0");
        abort(fixture, 2);
        assertThat(LogFixture.rest(reader)).isEmpty();
        fixture.append("a");
        commit(fixture, 1);
        transactional(fixture, 2, 1, "e0");
        commit(fixture, 2);
        assertThat(LogFixture.rest(reader)).containsExactly("d0", "a", "e0");
        reader.seek(2);
        assertThat(LogFixture.rest(reader)).containsExactly("d0", "a", "e0");
      }
    }
  }

  @Test
  void aMarkerSegmentsLaterIsFoundFromEveryPlace() {
    try (LogFixture fixture = LogFixture.open(root)) {
      transactional(fixture, 1, 0, "x0");
      fixture.roll().append("a").roll();
      transactional(fixture, 1, 1, "x1");
      fixture.append("b").roll().append("c");
      abort(fixture, 1);
      fixture.roll().append("d");
      Consumer<LogFixture> check =
          log -> {
            assertThat(log.committed(0)).containsExactly("a", "b", "c", "d");
            assertThat(log.committed(2)).containsExactly("b", "c", "d");
            assertThat(aborted(log, 0)).containsExactly(new AbortedTransaction(1, 0));
            assertThat(aborted(log, 2)).containsExactly(new AbortedTransaction(1, 0));
            assertThat(aborted(log, 6)).isEmpty();
          };
      check.accept(fixture);
      check.accept(fixture.maintain());
      fixture.reopen();
      check.accept(fixture);
      fixture.kill().reopen();
      check.accept(fixture);
    }
  }

  @Test
  void aSegmentThatLeavesNothingOpenIsNotTheLastToBeAsked() {
    try (LogFixture fixture = LogFixture.open(root)) {
      transactional(fixture, 1, 0, "a");
      fixture.roll().append("b");
      commit(fixture, 1);
      fixture.roll();
      transactional(fixture, 1, 1, "x");
      abort(fixture, 1);
      fixture.roll().append("c").reopen();
      assertThat(fixture.committed(0)).containsExactly("a", "b", "c");
    }
  }

  @Test
  void theStartMovesTheLastStableOffsetAlong() {
    try (LogFixture fixture = LogFixture.open(root)) {
      transactional(fixture, 1, 0, "x0");
      fixture.append("a", "b");
      fixture.log().advanceStartOffset(2);
      assertStable(fixture, 2);
      assertThat(fixture.committed(2)).isEmpty();
    }
  }

  @Test
  void otherVisibilitiesNameNoAbortedTransactions() {
    try (LogFixture fixture = LogFixture.open(root)) {
      transactional(fixture, 1, 0, "x0");
      abort(fixture, 1);
      try (PinnedBatches batches = fixture.log().read(0, 1000)) {
        assertThat(batches.abortedTransactions()).isEmpty();
      }
    }
  }

  private static void assertStable(LogFixture fixture, long offset) {
    assertThat(fixture.log().offsets().lastStableOffset()).isEqualTo(offset);
  }

  private static void transactional(
      LogFixture fixture, long producerId, int sequence, String... keys) {
    RecordBatchBuilder batch =
        fixture.log().newBatch().producer(producerId, EPOCH, sequence).transactional();
    for (String key : keys) {
      batch.append(fixture.nowMillis(), key.getBytes(UTF_8), LogFixture.valueOf(key));
    }
    fixture.log().append(batch.build());
  }

  private static void commit(LogFixture fixture, long producerId) {
    fixture.log().transactions().end(producerId, EPOCH, Outcome.COMMIT, 0, TransactionVersion.TV1);
  }

  private static void abort(LogFixture fixture, long producerId) {
    fixture.log().transactions().end(producerId, EPOCH, Outcome.ABORT, 0, TransactionVersion.TV1);
  }

  private static List<AbortedTransaction> aborted(LogFixture fixture, long from) {
    try (PinnedBatches batches = fixture.log().read(from, 1, Visibility.COMMITTED)) {
      return batches.abortedTransactions();
    }
  }
}
