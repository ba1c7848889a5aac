package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.error.InvalidTransactionStateException;
import dev.varve.log.error.ProducerFencedException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Transactions where a log is one replica of several: what is appended, cut, and appended anew. */
class ReplicatedTransactionTest {
  @TempDir Path root;

  private LogFixture replica(String name) {
    return LogFixture.open(root.resolve(name), options -> options.replicated(true));
  }

  @Test
  void onlyALeaderEndsWhatIsOpenForTooLong() {
    try (LogFixture leader = replica("leader");
        LogFixture follower = replica("follower")) {
      leader.log().replica().beginEpoch(1);
      Producer producer = leader.log().producer("p");
      producer.beginTransaction();
      append(producer, "x");
      follow(leader, follower);

      follower.advanceClock(1_000_000).maintain();
      follower.assertOffsets(0, 1);

      follower.log().replica().beginEpoch(2);
      follower.maintain();
      follower.assertOffsets(0, 2);
      follower.log().replica().advanceHighWatermark(2);
      assertThat(follower.log().offsets().lastStableOffset()).isEqualTo(2);
    }
  }

  @Test
  void aReplicaThatNobodyMadeALeaderEndsNothing() {
    try (LogFixture replica = replica("leader")) {
      replica.log().replica().beginEpoch(1);
      Producer producer = replica.log().producer("p");
      producer.beginTransaction();
      append(producer, "x");
      replica.kill().reopen();
      replica.advanceClock(1_000_000).maintain();
      replica.assertOffsets(0, 1);
    }
  }

  @Test
  void aLeaderThatStepsDownByATruncationThatCutsNothingEndsNothing() {
    try (LogFixture replica = replica("leader")) {
      replica.log().replica().beginEpoch(1);
      Producer producer = replica.log().producer("p");
      producer.beginTransaction();
      append(producer, "x");
      replica.log().replica().truncateTo(1);
      replica.advanceClock(1_000_000).maintain();
      replica.assertOffsets(0, 1);
    }
  }

  @Test
  void committedReadersStopAtTheHighWatermark() {
    try (LogFixture leader = replica("leader")) {
      Producer producer = leader.log().producer("p");
      producer.beginTransaction();
      append(producer, "a");
      producer.commitTransaction();
      leader.append("b");
      assertThat(leader.committed(0)).isEmpty();
      leader.log().replica().advanceHighWatermark(2);
      assertThat(leader.committed(0)).containsExactly("a");
      leader.log().replica().advanceHighWatermark(3);
      assertThat(leader.committed(0)).containsExactly("a", "b");
    }
  }

  @Test
  void aTransactionWhoseMarkerWasCutAwayIsOpenAgain() {
    try (LogFixture replica = replica("leader")) {
      Producer producer = replica.log().producer("p");
      producer.beginTransaction();
      append(producer, "a");
      producer.abortTransaction();
      assertThat(replica.log().transactions().open()).isEmpty();

      replica.log().replica().truncateTo(1);
      assertThat(replica.log().transactions().open()).hasSize(1);
      assertThat(replica.log().offsets().lastStableOffset()).isZero();

      // What decides it now is another marker than the one that readers knew of.
      replica.log().replica().beginEpoch(1);
      try (Producer next = replica.log().producer("p")) {
        next.beginTransaction();
        append(next, "b");
        next.commitTransaction();
      }
      replica.log().replica().advanceHighWatermark(4);
      assertThat(replica.committed(0)).containsExactly("b");
    }
  }

  @Test
  void aTransactionThatWasCutAwayHoldsNobodyBack() {
    try (LogFixture replica = replica("leader")) {
      replica.append("a");
      Producer producer = replica.log().producer("p");
      producer.beginTransaction();
      append(producer, "x");
      replica.log().replica().truncateTo(1);
      replica.append("b");
      replica.log().replica().advanceHighWatermark(2);
      assertThat(replica.log().offsets().lastStableOffset()).isEqualTo(2);
      assertThat(replica.committed(0)).containsExactly("a", "b");
    }
  }

  @Test
  void whoOwnsANameIsStillKnownAfterATruncation() {
    try (LogFixture replica = replica("leader")) {
      Producer older = replica.log().producer("p");
      append(older, "a");
      Producer newer = replica.log().producer("p");
      replica.log().replica().truncateTo(0);
      assertThatThrownBy(() -> append(older, "x"))
          .isInstanceOf(ProducerFencedException.class)
          .hasMessageContainingAll("epoch 0", "1");
      append(newer, "b");
      replica.assertReads("b");
    }
  }

  @Test
  void aTransactionIsUndecidedUntilItsMarkerIsReplicated() {
    try (LogFixture replica = replica("leader")) {
      replica.append("a");
      endOne(replica, "b"); // at offset 1, the marker at 2
      replica.append("c");
      assertUndecidedUntil(replica, 1, 3);
    }
  }

  @Test
  void whatIsUndecidedStaysSoWhenTheLogIsOpenedAgain() {
    try (LogFixture replica = replica("leader")) {
      replica.append("a");
      endOne(replica, "b");
      replica.append("c");
      replica.log().replica().advanceHighWatermark(2);
      replica.reopen();
      assertThat(replica.log().openReport().closedInOrder()).isTrue();
      assertUndecidedUntil(replica, 1, 3);
    }
  }

  @Test
  void whatIsUndecidedStaysSoAfterAKill() {
    try (LogFixture replica = replica("leader")) {
      endOne(replica, "a");
      replica.log().flush();
      replica.kill().reopen();
      assertUndecidedUntil(replica, 0, 2);
    }
  }

  @Test
  void whatIsUndecidedStaysSoWhenTheEndBehindItIsCut() {
    try (LogFixture replica = replica("leader")) {
      endOne(replica, "a");
      replica.roll().append("b", "c");
      replica.maintain();
      replica.log().replica().truncateTo(3);
      assertUndecidedUntil(replica, 0, 2);
    }
  }

  @Test
  void anEarlierUndecidedTransactionHoldsBackALaterOne() {
    try (LogFixture replica = replica("leader");
        Producer first = replica.log().producer("first")) {
      first.beginTransaction();
      append(first, "a"); // at 0
      endOne(replica, "b"); // 1 and 2
      first.commitTransaction(); // 3
      replica.log().replica().advanceHighWatermark(3);
      assertThat(replica.committed(0)).isEmpty();
      replica.log().replica().advanceHighWatermark(4);
      assertThat(replica.committed(0)).containsExactly("a", "b");
    }
  }

  @Test
  void aLaterOwnerDoesNotJoinWhatATruncationHasOpenedAgain() {
    try (LogFixture replica = replica("leader")) {
      Producer older = replica.log().producer("p");
      older.beginTransaction();
      append(older, "x");
      Producer newer = replica.log().producer("p"); // aborts it: the marker is at 1
      replica.log().replica().truncateTo(1);
      replica.log().replica().beginEpoch(1);
      newer.beginTransaction();
      assertThatThrownBy(() -> append(newer, "a"))
          .isInstanceOf(InvalidTransactionStateException.class)
          .hasMessageContainingAll("epoch 2", "of epoch 0", "open from offset 0");

      replica.log().transactions().abort(newer.id());
      append(newer, "a");
      newer.commitTransaction();
      replica.log().replica().advanceHighWatermark(4);
      assertThat(replica.committed(0)).containsExactly("a");
    }
  }

  @Test
  void whatATimeOutEndsThatATruncationHasOpenedAgainIsNotTheLaterOwners() {
    try (LogFixture replica = replica("leader")) {
      Producer older = replica.log().producer("p");
      older.beginTransaction();
      append(older, "x");
      Producer newer = replica.log().producer("p");
      replica.log().replica().truncateTo(1);
      replica.log().replica().beginEpoch(1);
      replica.advanceClock(1_000_000).maintain();
      append(newer, "a");
      replica.assertOffsets(0, 3);
    }
  }

  @Test
  void whatWasCutIsNotCommitted() {
    try (LogFixture replica = replica("leader")) {
      Producer producer = replica.log().producer("p");
      producer.beginTransaction();
      append(producer, "x");
      replica.log().replica().truncateTo(0);
      assertThatThrownBy(producer::commitTransaction)
          .isInstanceOf(InvalidTransactionStateException.class)
          .hasMessageContainingAll("found no open transaction", "from offset 0");
      producer.abortTransaction();
    }
  }

  @Test
  void aProducerGoesOnBehindWhatWasCut() {
    try (LogFixture replica = replica("leader")) {
      Producer producer = replica.log().producer("p");
      append(producer, "x");
      append(producer, "y");
      replica.log().replica().truncateTo(0); // nothing is known of the producer any more
      append(producer, "a");
      append(producer, "b");
      replica.assertReads("a", "b");
    }
  }

  private static void endOne(LogFixture replica, String key) {
    try (Producer producer = replica.log().producer("of " + key)) {
      producer.beginTransaction();
      append(producer, key);
      producer.commitTransaction();
    }
  }

  private static void assertUndecidedUntil(LogFixture replica, long firstOffset, long decidedAt) {
    for (long offset = firstOffset; offset < decidedAt; offset++) {
      replica.log().replica().advanceHighWatermark(offset);
      assertThat(replica.log().offsets().lastStableOffset())
          .as("at high watermark %d", offset)
          .isEqualTo(firstOffset);
    }
    replica.log().replica().advanceHighWatermark(decidedAt);
    assertThat(replica.log().offsets().lastStableOffset()).isEqualTo(decidedAt);
  }

  private static void follow(LogFixture leader, LogFixture follower) {
    long from = follower.log().offsets().endOffset();
    try (PinnedBatches batches = leader.log().read(from, 1 << 20)) {
      while (batches.next()) {
        follower
            .log()
            .replica()
            .appendAsFollower(
                batches
                    .batch()
                    .memory()
                    .asSlice(batches.batch().position(), batches.batch().sizeBytes()));
      }
    }
  }

  private static void append(Producer producer, String key) {
    producer.append(key.getBytes(UTF_8), LogFixture.valueOf(key));
  }
}
