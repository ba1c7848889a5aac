package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.error.LogTruncatedException;
import dev.varve.log.error.OffsetOutOfRangeException;
import dev.varve.log.error.TruncationBelowHighWatermarkException;
import dev.varve.log.segment.SegmentFile.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Takes the end off logs. */
class LogTruncationTest {
  @TempDir Path root;

  private LogFixture replica() {
    return LogFixture.open(root, options -> options.replicated(true));
  }

  /** Segments a b c, d e, and the active f g. */
  private LogFixture threeSegments() {
    return replica().append("a", "b", "c").roll().append("d", "e").roll().append("f", "g");
  }

  /** How the segments are when the log is truncated. */
  enum Before {
    ROLLED,
    SEALED,
    OPENED_AGAIN;

    private void make(LogFixture log) {
      switch (this) {
        case ROLLED -> {
          // as appends have left them
        }
        case SEALED -> log.maintain();
        case OPENED_AGAIN -> log.reopen();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void theEndGoesAndTheLogGoesOnFromThere(Before before) {
    String[] all = {"a", "b", "c", "d", "e", "f", "g"};
    for (int to = 0; to <= all.length; to++) {
      try (LogFixture log =
          LogFixture.open(root.resolve("to-" + to), options -> options.replicated(true))) {
        log.append("a", "b", "c").roll().append("d", "e").roll().append("f", "g");
        before.make(log);
        assertThat(log.log().replica().truncateTo(to)).isEqualTo(to);
        String[] left = Arrays.copyOf(all, to);
        log.assertReads(left).assertOffsets(0, to);
        log.append("h").roll().append("i");
        String[] more = Arrays.copyOf(left, to + 2);
        more[to] = "h";
        more[to + 1] = "i";
        log.assertReads(more).kill().reopen().assertReads(more);
        log.reopen().assertReads(more);
        assertThat(log.report().closedInOrder()).isTrue();
        assertThat(log.report().decisions()).isEmpty();
      }
    }
  }

  @Test
  void aBatchThatTheOffsetLiesInGoesWhole() {
    try (LogFixture log = replica()) {
      log.append("a").appendBatch("b", "c", "d").append("e");
      assertThat(log.log().replica().truncateTo(3)).isEqualTo(1);
      log.assertReads("a").assertOffsets(0, 1).reopen().assertReads("a").assertOffsets(0, 1);
    }
  }

  @Test
  void atTheEndNothingGoes() {
    try (LogFixture log = threeSegments()) {
      assertThat(log.log().replica().truncateTo(7)).isEqualTo(7);
      assertThat(log.log().replica().truncateTo(Long.MAX_VALUE)).isEqualTo(7);
      log.assertReads("a", "b", "c", "d", "e", "f", "g");
    }
  }

  @Test
  void whatLiesBelowTheHighWatermarkIsNotTakenBack() {
    try (LogFixture log = replica()) {
      log.append("a").appendBatch("b", "c").append("d");
      log.log().replica().advanceHighWatermark(2);
      assertThatThrownBy(() -> log.log().replica().truncateTo(1))
          .isInstanceOf(TruncationBelowHighWatermarkException.class)
          .hasMessageContaining("truncation to offset 1; expected at least 2");
      assertThatThrownBy(() -> log.log().replica().truncateTo(2))
          .isInstanceOf(TruncationBelowHighWatermarkException.class)
          .hasMessageContaining("to offset 2, and so to 1, where its batch begins; expected");
      log.assertReads("a", "b", "c", "d");
      assertThat(log.log().replica().truncateTo(3)).isEqualTo(3);
    }
  }

  @Test
  void aLogThatIsNotReplicatedKeepsAll() {
    try (LogFixture log = LogFixture.open(root).append("a", "b")) {
      assertThatThrownBy(() -> log.log().replica().truncateTo(1))
          .isInstanceOf(TruncationBelowHighWatermarkException.class);
      assertThat(log.log().replica().truncateTo(2)).isEqualTo(2);
      assertThatThrownBy(() -> log.log().replica().advanceHighWatermark(1))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("not replicated");
      assertThatThrownBy(() -> log.log().replica().truncateFullyAndStartAt(2))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("not replicated");
      log.assertReads("a", "b");
    }
  }

  @Test
  void readersKeepTheirMemoryAndHearOfTheCut() throws IOException {
    try (LogFixture log = threeSegments().maintain()) {
      try (LogReader above = log.log().reader(3);
          LogReader below = log.log().reader(0);
          LogReader at = log.log().reader(3);
          PinnedBatches raw = log.log().read(3, 1 << 20)) {
        for (int i = 0; i < 2; i++) {
          assertThat(above.next()).isTrue();
        }
        assertThat(at.next()).isTrue();
        assertThat(below.next()).isTrue();
        assertThat(log.log().replica().truncateTo(4)).isEqualTo(4);
        log.append("E", "F");

        assertThatThrownBy(above::next)
            .isInstanceOf(LogTruncatedException.class)
            .hasMessageContaining("truncated to offset 4, found 5 beyond it");
        assertThatThrownBy(above::next).isInstanceOf(LogTruncatedException.class);
        above.seek(4);
        assertThat(above.next()).isTrue();
        assertThat(LogFixture.keyOf(above)).isEqualTo("E");
        assertThat(at.next()).isTrue();
        assertThat(LogFixture.keyOf(at)).isEqualTo("E");
        for (String key : new String[] {"b", "c", "d", "E", "F"}) {
          assertThat(below.next()).isTrue();
          assertThat(LogFixture.keyOf(below)).isEqualTo(key);
        }
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        long bytes = raw.remainingBytes();
        assertThat(raw.transferTo(Channels.newChannel(sent))).isEqualTo(bytes);
        assertThat(sent.toString(UTF_8)).contains("value of d", "value of e");
        log.maintain();
        int batches = 0;
        while (raw.next()) {
          batches++;
        }
        assertThat(batches).isEqualTo(2);
      }
      log.maintain().kill().reopen().assertReads("a", "b", "c", "d", "E", "F");
    }
  }

  /** The file of a cut segment still has the old batches: it is cut before anything is read. */
  @Test
  void aCrashWhileAReaderHoldsWhatWasCut() {
    try (LogFixture log = threeSegments()) {
      LogReader reader = log.log().reader(3);
      assertThat(reader.next()).isTrue();
      assertThat(log.log().replica().truncateTo(4)).isEqualTo(4);
      log.append("E", "F", "G").maintain();
      int held = log.bytes(LogFixture.logOf(3)).length;
      Path directory = log.directory();
      LogFixture.copy(directory, root.resolve("crashed"));
      reader.close();
      log.maintain();
      assertThat(log.bytes(LogFixture.logOf(3)).length).isLessThan(held);
      try (LogFixture crashed =
          LogFixture.closed(root.resolve("other"), options -> options.replicated(true))) {
        LogFixture.copy(root.resolve("crashed"), crashed.directory());
        crashed.reopen().assertReads("a", "b", "c", "d", "E", "F", "G").assertOffsets(0, 7);
        assertThat(crashed.report().decisions())
            .extracting(RecoveryDecision::kind)
            .contains(RecoveryDecision.Kind.FINISHED_TRUNCATION);
        assertThat(crashed.report().losses()).isEmpty();
      }
    }
  }

  @Test
  void aSegmentIsCutAgainUnderReadersOfEachOfItsStates() {
    try (LogFixture log = replica().append("a", "b", "c", "d", "e", "f").maintain()) {
      LogReader first = log.log().reader(0);
      assertThat(first.next()).isTrue();
      assertThat(log.log().replica().truncateTo(5)).isEqualTo(5);
      LogReader second = log.log().reader(0);
      assertThat(second.next()).isTrue();
      assertThat(log.log().replica().truncateTo(3)).isEqualTo(3);
      second.close();
      log.maintain();
      for (String key : new String[] {"b", "c"}) { // its memory still reaches over the whole file
        assertThat(first.next()).isTrue();
        assertThat(LogFixture.keyOf(first)).isEqualTo(key);
      }
      assertThat(first.next()).isFalse();
      log.append("D");
      assertThat(first.next()).isTrue();
      assertThat(LogFixture.keyOf(first)).isEqualTo("D");
      first.close();
      log.maintain().reopen().assertReads("a", "b", "c", "D");
    }
  }

  @Test
  void whoWaitsForWhatIsCutHearsOfIt() {
    try (LogFixture log = threeSegments()) {
      CompletableFuture<Void> kept = log.log().whenDurable(3);
      CompletableFuture<Void> cut = log.log().whenDurable(4);
      log.log().replica().truncateTo(4);
      assertThat(kept).succeedsWithin(Duration.ofMinutes(1));
      // What was cut was durable before: the truncation forces.
      assertThat(cut).succeedsWithin(Duration.ofMinutes(1));
      assertThat(log.log().offsets()).isEqualTo(new LogOffsets(0, 0, 0, 4, 4));
      assertThatThrownBy(() -> log.log().awaitDurable(4))
          .isInstanceOf(OffsetOutOfRangeException.class);
    }
  }

  @Test
  void indexesAndLookupsKnowNothingOfWhatWasCut() {
    try (LogFixture log = replica()) {
      for (int i = 0; i < 40; i++) {
        log.appendAt(LogFixture.START_MILLIS + i, "k" + i);
      }
      log.maintain();
      log.log().replica().truncateTo(20);
      assertThat(log.log().offsetForTimestamp(LogFixture.START_MILLIS + 19)).hasValue(19);
      assertThat(log.log().offsetForTimestamp(LogFixture.START_MILLIS + 20)).isEmpty();
      log.appendAt(LogFixture.START_MILLIS + 5, "x");
      log.maintain().reopen();
      assertThat(log.log().offsetForTimestamp(LogFixture.START_MILLIS + 20)).isEmpty();
      assertThat(log.report().decisions()).isEmpty();
      assertThat(log.keys(18)).containsExactly("k18", "k19", "x");
    }
  }

  @Test
  void snapshotsAboveTheEndGo() {
    try (LogFixture log = threeSegments().maintain()) {
      assertThat(log.names()).contains(LogFixture.name(5, Kind.PRODUCER_SNAPSHOT));
      log.log().replica().truncateTo(4);
      assertThat(log.names())
          .contains(
              LogFixture.name(3, Kind.PRODUCER_SNAPSHOT),
              LogFixture.name(4, Kind.PRODUCER_SNAPSHOT))
          .doesNotContain(LogFixture.name(5, Kind.PRODUCER_SNAPSHOT));
    }
  }

  @Test
  void theLogBeginsAnewAtAnOffset() {
    try (LogFixture log = threeSegments().maintain()) {
      log.log().replica().beginEpoch(3);
      log.log().replica().advanceHighWatermark(2);
      LogReader reader = log.log().reader(0);
      assertThat(reader.next()).isTrue();
      log.log().replica().truncateFullyAndStartAt(100);
      assertThat(log.log().offsets()).isEqualTo(new LogOffsets(100, 100, 100, 100, 100));
      assertThat(log.log().replica().leaderEpochs()).isEmpty();
      assertThatThrownBy(reader::next).isInstanceOf(OffsetOutOfRangeException.class);
      reader.close();
      log.append("x").assertReads("x").kill().reopen().assertReads("x").assertOffsets(100, 101);
      assertThat(log.log().offsets().highWatermark()).isEqualTo(100);
      assertThatThrownBy(() -> log.log().replica().truncateFullyAndStartAt(99))
          .isInstanceOf(TruncationBelowHighWatermarkException.class);
    }
  }

  @Test
  void theStartIsNotMovedPastTheHighWatermark() {
    try (LogFixture log = threeSegments()) {
      log.log().replica().advanceHighWatermark(4);
      assertThatThrownBy(() -> log.log().advanceStartOffset(5))
          .isInstanceOf(OffsetOutOfRangeException.class);
      log.log().advanceStartOffset(4);
      assertThat(log.log().replica().truncateTo(4)).isEqualTo(4);
      log.assertOffsets(4, 4).append("E").reopen().assertReads("E").assertOffsets(4, 5);
    }
  }
}
