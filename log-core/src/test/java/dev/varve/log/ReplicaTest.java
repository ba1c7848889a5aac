package dev.varve.log;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.error.BatchTooLargeException;
import dev.varve.log.error.CorruptRecordException;
import dev.varve.log.error.FencedLeaderEpochException;
import dev.varve.log.error.OffsetOutOfRangeException;
import dev.varve.log.error.OffsetsOutOfOrderException;
import dev.varve.log.error.UnexpectedAppendOffsetException;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.EpochEnd;
import dev.varve.log.record.LeaderEpoch;
import dev.varve.log.segment.LogCheckpoint;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a log does as one of several replicas. */
class ReplicaTest {
  private static final long FAR = 3L << 31;

  @TempDir Path root;

  private LogFixture replica() {
    return LogFixture.open(root, options -> options.replicated(true));
  }

  /** A batch as a leader has it. */
  private static byte[] batch(LogFixture log, long offset, int epoch, String... keys) {
    EncodedBatch batch = log.batch(keys);
    batch.stamp(offset, epoch);
    return batch.memory().asSlice(0, batch.sizeBytes()).toArray(ValueLayout.JAVA_BYTE);
  }

  private static MemorySegment run(byte[]... batches) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] batch : batches) {
      all.writeBytes(batch);
    }
    return MemorySegment.ofArray(all.toByteArray());
  }

  @Test
  void aLeaderBeginsWhereTheLogEnds() {
    try (LogFixture log = replica().append("a")) {
      log.log().replica().beginEpoch(3);
      log.append("b").log().replica().beginEpoch(5);
      assertThat(log.log().replica().leaderEpochs())
          .containsExactly(new LeaderEpoch(0, 0), new LeaderEpoch(3, 1), new LeaderEpoch(5, 2));
      try (PinnedBatches batches = log.log().read(1, 1)) {
        assertThat(batches.next()).isTrue();
        assertThat(batches.batch().leaderEpoch()).isEqualTo(3);
      }
      assertThatThrownBy(() -> log.log().replica().beginEpoch(4))
          .isInstanceOf(FencedLeaderEpochException.class)
          .hasMessageContaining("found leader epoch 4, expected at least 5");
      log.log().replica().beginEpoch(5);
      assertThatThrownBy(() -> log.log().replica().beginEpoch(-1))
          .isInstanceOf(IllegalArgumentException.class);
      log.kill().reopen();
      assertThat(log.log().replica().latestEpoch()).isEqualTo(5);
      assertThat(log.log().replica().endOffsetForEpoch(0)).isEqualTo(new EpochEnd(0, 1));
      assertThat(log.log().replica().endOffsetForEpoch(4)).isEqualTo(new EpochEnd(3, 2));
      assertThat(log.log().replica().endOffsetForEpoch(5)).isEqualTo(new EpochEnd(5, 2));
      assertThat(log.log().replica().endOffsetForEpoch(6).isKnown()).isFalse();
      log.log().replica().truncateTo(2);
      assertThat(log.log().replica().latestEpoch()).isEqualTo(3);
    }
  }

  @Test
  void missingEpochsAreFoundAgainInTheBatches() {
    try (LogFixture log = replica().append("a")) {
      log.log().replica().beginEpoch(3);
      log.append("b").shut().deleteFile(StateFiles.EPOCHS_FILE_NAME).reopen();
      assertThat(log.log().replica().leaderEpochs())
          .containsExactly(new LeaderEpoch(0, 0), new LeaderEpoch(3, 1));
      assertThat(log.report().decisions())
          .extracting(RecoveryDecision::kind)
          .contains(RecoveryDecision.Kind.REBUILT_STATE);
    }
  }

  @Test
  void batchesOfALeaderComeAsTheyAre() {
    try (LogFixture log = replica()) {
      long end =
          log.log()
              .replica()
              .appendAsFollower(
                  run(batch(log, 5, 2, "a", "b"), batch(log, 10, 2, "c"), batch(log, 11, 4, "d")));
      assertThat(end).isEqualTo(12);
      assertThat(log.log().replica().appendAsFollower(run())).isEqualTo(12);
      log.assertReads("a", "b", "c", "d");
      assertThat(log.log().replica().leaderEpochs())
          .containsExactly(new LeaderEpoch(2, 5), new LeaderEpoch(4, 11));
      log.kill().reopen().assertReads("a", "b", "c", "d").assertOffsets(0, 12);
      assertThat(log.log().replica().latestEpoch()).isEqualTo(4);
      assertThat(log.report().losses()).isEmpty();
    }
  }

  @Test
  void aGapBeforeASegmentIsKept() {
    try (LogFixture log = replica()) {
      log.log().replica().appendAsFollower(run(batch(log, 0, 0, "a")));
      log.roll();
      log.log().replica().appendAsFollower(run(batch(log, 10, 0, "b")));
      log.log().replica().appendAsFollower(run(batch(log, FAR, 0, "c")));
      log.assertBases(0L, 10L, FAR).assertReads("a", "b", "c");
      log.kill().reopen().assertReads("a", "b", "c").assertOffsets(0, FAR + 1);
      assertThat(log.report().losses()).isEmpty();
      assertThat(log.log().replica().truncateTo(FAR - 5)).isEqualTo(FAR - 5);
      log.assertReads("a", "b").kill().reopen().assertOffsets(0, FAR - 5).assertReads("a", "b");
      assertThat(log.report().losses()).isEmpty();
    }
  }

  @Test
  void whatDoesNotFitIsRefusedWholeAndNothingIsAppended() {
    try (LogFixture log = replica().append("a", "b")) {
      byte[] good = batch(log, 2, 0, "c");
      byte[] damaged = batch(log, 3, 0, "d");
      damaged[damaged.length - 1] ^= 1;
      assertThatThrownBy(() -> log.log().replica().appendAsFollower(run(good, damaged)))
          .isInstanceOf(CorruptRecordException.class)
          .hasMessageContaining(log.directory() + ": batches of a leader, position " + good.length)
          .hasMessageContaining("expected 0x");
      assertThatThrownBy(
              () -> log.log().replica().appendAsFollower(run(good).asSlice(0, good.length - 1)))
          .isInstanceOf(CorruptRecordException.class);
      assertThatThrownBy(
              () -> log.log().replica().appendAsFollower(run(good, batch(log, 2, 0, "d"))))
          .isInstanceOf(OffsetsOutOfOrderException.class)
          .hasMessageContaining("found base offset 2, expected at least 3");
      assertThatThrownBy(() -> log.log().replica().appendAsFollower(run(batch(log, 1, 0, "d"))))
          .isInstanceOf(UnexpectedAppendOffsetException.class)
          .hasMessageContaining("found batches from offset 1, expected at least 2");
      assertThatThrownBy(
              () -> log.log().replica().appendAsFollower(run(good, batch(log, 3L + FAR, 0, "d"))))
          .isInstanceOf(CorruptRecordException.class);
      log.assertReads("a", "b").assertOffsets(0, 2);
    }
  }

  @Test
  void moreThanASegmentHoldsIsRefused() {
    try (LogFixture log =
        LogFixture.open(root, options -> options.replicated(true).segmentBytesMax(200))) {
      byte[] batch = batch(log, 0, 0, "a");
      byte[] next = batch(log, 1, 0, "b");
      byte[] third = batch(log, 2, 0, "c");
      assertThatThrownBy(() -> log.log().replica().appendAsFollower(run(batch, next, third)))
          .isInstanceOf(BatchTooLargeException.class);
      log.log().replica().appendAsFollower(run(batch, next));
      log.log().replica().appendAsFollower(run(third));
      log.assertBases(0L, 2L).assertReads("a", "b", "c");
    }
  }

  @Test
  void aLogThatIsNotReplicatedTakesNoBatchesOfALeader() {
    try (LogFixture log = LogFixture.open(root)) {
      MemorySegment batches = run(batch(log, 0, 0, "a"));
      assertThatThrownBy(() -> log.log().replica().appendAsFollower(batches))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void theHighWatermarkOnlyAdvancesAndIsKept() {
    try (LogFixture log = replica().append("a", "b", "c")) {
      CommitLog open = log.log();
      assertThat(open.offsets().highWatermark()).isZero();
      open.replica().advanceHighWatermark(2);
      open.replica().advanceHighWatermark(1);
      assertThat(open.offsets()).isEqualTo(new LogOffsets(0, 2, 2, 0, 3));
      assertThatThrownBy(() -> open.replica().advanceHighWatermark(4))
          .isInstanceOf(OffsetOutOfRangeException.class);
      log.reopen();
      assertThat(log.log().offsets().highWatermark()).isEqualTo(2);
      assertThat(new String(log.bytes(LogCheckpoint.FILE_NAME), US_ASCII))
          .contains("high-watermark 2\n");
    }
  }

  @Test
  void aReaderSeesNoFurtherThanTheHighWatermark() {
    try (LogFixture log = replica().append("a").appendBatch("b", "c").append("d")) {
      try (LogReader reader = log.log().reader(0, Visibility.HIGH_WATERMARK)) {
        assertThat(reader.next()).isFalse();
        log.log()
            .replica()
            .advanceHighWatermark(2); // inside a batch, which is shown whole or not at all
        assertThat(reader.next()).isTrue();
        assertThat(reader.next()).isFalse();
        log.log().replica().advanceHighWatermark(3);
        assertThat(reader.next()).isTrue();
        assertThat(reader.next()).isTrue();
        assertThat(reader.next()).isFalse();
      }
      try (PinnedBatches batches = log.log().read(0, 1 << 20, Visibility.HIGH_WATERMARK)) {
        assertThat(batches.next()).isTrue();
        assertThat(batches.next()).isTrue();
        assertThat(batches.next()).isFalse();
      }
    }
  }

  @Test
  void ofALogThatIsNotReplicatedTheHighWatermarkIsTheEnd() {
    try (LogFixture log = LogFixture.open(root).append("a", "b")) {
      assertThat(log.log().offsets()).isEqualTo(new LogOffsets(0, 2, 2, 0, 2));
      try (LogReader reader = log.log().reader(0, Visibility.HIGH_WATERMARK)) {
        assertThat(reader.next()).isTrue();
        assertThat(reader.next()).isTrue();
        assertThat(reader.next()).isFalse();
      }
      log.shut();
      assertThat(new String(log.bytes(LogCheckpoint.FILE_NAME), US_ASCII))
          .doesNotContain("high-watermark");
    }
  }

  @Test
  void anOldCheckpointIsRead() throws Exception {
    LogCheckpoint checkpoint =
        LogCheckpoint.parse(
            """
            varve-checkpoint 1
            start-offset 120
            recovery-point 4200
            scan-from 4096
            closed 4200 1048570 1763802000000
            crc 0c5fa334
            """
                .getBytes(US_ASCII));
    assertThat(checkpoint.highWatermark()).isEqualTo(LogCheckpoint.NONE);
    assertThat(checkpoint.closed())
        .isEqualTo(new LogCheckpoint.Closed(4200, 1048570, 1763802000000L));
  }

  private static LogCheckpoint.Replacement replacementAt1000() {
    return new LogCheckpoint.Replacement(1000, 0, 7);
  }

  @Test
  void aCheckpointIsReadAsItWasWritten() throws Exception {
    LogCheckpoint checkpoint =
        new LogCheckpoint(
            120,
            4200,
            4096,
            2048,
            4150,
            4180,
            List.of(new LogCheckpoint.Cut(2048, 917), new LogCheckpoint.Cut(4096, 0)),
            new LogCheckpoint.Rewrite(
                0,
                2048,
                List.of(new LogCheckpoint.Replacement(0, 51, 0xFFFFFFFFL), replacementAt1000())),
            null);
    assertThat(LogCheckpoint.parse(checkpoint.format())).isEqualTo(checkpoint);
  }
}
