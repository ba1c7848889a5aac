package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.error.LogClosedException;
import dev.varve.log.error.OffsetOutOfRangeException;
import dev.varve.log.record.EndTransactionMarker;
import dev.varve.log.record.EndTransactionMarker.Outcome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LogReaderTest {
  private static final Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE);

  @TempDir Path root;

  @Test
  void aReaderGoesOnAcrossRolls() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b").roll().append("c").roll().append("d");
      fixture.assertBases(0L, 2L, 3L).assertReads("a", "b", "c", "d");
      fixture.maintain().assertReads("a", "b", "c", "d");
    }
  }

  @Test
  void aReaderThatIsAtTheEndSeesWhatIsAppendedLater() {
    try (LogFixture fixture = LogFixture.open(root);
        LogReader reader = fixture.log().reader(0)) {
      assertThat(reader.next()).isFalse();
      fixture.append("a");
      assertNext(reader, "a");
      assertThat(reader.next()).isFalse();
      fixture.append("b").roll().append("c");
      assertNext(reader, "b");
      assertNext(reader, "c");
      fixture.maintain().append("d").roll().append("e").maintain();
      assertNext(reader, "d");
      assertNext(reader, "e");
      assertThat(reader.next()).isFalse();
      assertThat(reader.nextOffset()).isEqualTo(5);
    }
  }

  private static void assertNext(LogReader reader, String key) {
    assertThat(reader.next()).as("a record after %s", key).isTrue();
    assertThat(LogFixture.keyOf(reader)).isEqualTo(key);
  }

  @Test
  void aReaderBeginsInsideABatch() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.appendBatch("a", "b", "c").appendBatch("d", "e");
      assertThat(fixture.keys(1)).containsExactly("b", "c", "d", "e");
      assertThat(fixture.keys(4)).containsExactly("e");
      assertThat(fixture.keys(5)).isEmpty();
    }
  }

  @Test
  void offsetsOutsideTheLogAreRefusedAndTheRangeIsNamed() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b", "c");
      fixture.log().advanceStartOffset(1);
      for (long offset : new long[] {Long.MIN_VALUE, -1, 0, 4, Long.MAX_VALUE}) {
        assertThatThrownBy(() -> fixture.log().reader(offset))
            .isInstanceOfSatisfying(
                OffsetOutOfRangeException.class,
                e -> {
                  assertThat(e.offset()).isEqualTo(offset);
                  assertThat(e.startOffset()).isEqualTo(1);
                  assertThat(e.endOffset()).isEqualTo(3);
                })
            .hasMessageContaining("[1, 3)");
        assertThatThrownBy(() -> fixture.log().read(offset, 1))
            .isInstanceOf(OffsetOutOfRangeException.class);
      }
    }
  }

  @Test
  void seekGoesForwardsAndBackWithinABatchAndBetweenSegments() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.appendBatch("a", "b", "c").roll().append("d").roll().append("e").maintain();
      try (LogReader reader = fixture.log().reader(0)) {
        assertNext(reader, "a");
        reader.seek(2);
        assertNext(reader, "c");
        reader.seek(4);
        assertNext(reader, "e");
        reader.seek(1);
        assertNext(reader, "b");
        reader.seek(5);
        assertThat(reader.next()).isFalse();
        assertThatThrownBy(() -> reader.seek(6)).isInstanceOf(OffsetOutOfRangeException.class);
        reader.seek(0);
        assertNext(reader, "a");
      }
    }
  }

  @Test
  void controlRecordsAreShownOnlyToThoseWhoAsk() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a");
      appendMarker(fixture);
      fixture.append("b");
      appendMarker(fixture);
      fixture.assertReads("a", "b").assertOffsets(0, 4);
      try (LogReader reader = fixture.log().reader(0).withControlRecords()) {
        List<Boolean> control = new ArrayList<>();
        while (reader.next()) {
          control.add(reader.batch().isControl());
        }
        assertThat(control).containsExactly(false, true, false, true);
      }
    }
  }

  private static void appendMarker(LogFixture fixture) {
    EndTransactionMarker marker = new EndTransactionMarker(Outcome.COMMIT, 0);
    fixture.log().append(marker.encode(fixture.nowMillis(), 7, (short) 0));
  }

  @Test
  void aReaderBehindControlRecordsIsNotBelowAStartThatHasPassedThem() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a");
      appendMarker(fixture);
      try (LogReader reader = fixture.log().reader(0)) {
        assertNext(reader, "a");
        assertThat(reader.next()).isFalse();
        assertThat(reader.nextOffset()).isEqualTo(2);
        fixture.log().advanceStartOffset(2);
        assertThat(reader.next()).isFalse();
        fixture.append("b");
        assertNext(reader, "b");
      }
    }
  }

  @Test
  void aReaderThatTheStartHasPassedIsToldSoAndSkipsNothingSilently() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b").roll().append("c").roll().append("d").roll().append("e");
      try (LogReader reader = fixture.log().reader(0)) {
        assertNext(reader, "a");
        assertNext(reader, "b");
        fixture.log().advanceStartOffset(3);
        assertThatThrownBy(reader::next)
            .isInstanceOfSatisfying(
                OffsetOutOfRangeException.class,
                e -> {
                  assertThat(e.offset()).isEqualTo(2);
                  assertThat(e.startOffset()).isEqualTo(3);
                });
        reader.seek(3);
        assertNext(reader, "d");
        fixture.log().advanceStartOffset(4);
        assertNext(reader, "e");
      }
    }
  }

  @Test
  void theFilesOfADeletedSegmentStayUntilItsReaderLetsGo() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a").roll().append("b").maintain();
      LogReader reader = fixture.log().reader(0);
      assertNext(reader, "a");
      fixture.log().advanceStartOffset(1);
      fixture.maintain();
      assertThat(fixture.names()).contains("00000000000000000000.log.deleted");
      reader.close();
      fixture.maintain();
      assertThat(fixture.names()).noneMatch(name -> name.endsWith(".deleted"));
    }
  }

  @Test
  void aClosedReaderAndAClosedLogAreRefused() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b");
      LogReader closed = fixture.log().reader(0);
      closed.close();
      closed.close();
      assertThatThrownBy(closed::next).isInstanceOf(LogClosedException.class);
      assertThatThrownBy(() -> closed.awaitNext(FOREVER)).isInstanceOf(LogClosedException.class);

      CommitLog log = fixture.log();
      fixture.shut();
      assertThatThrownBy(() -> log.reader(0)).isInstanceOf(LogClosedException.class);
      assertThatThrownBy(() -> log.read(0, 1)).isInstanceOf(LogClosedException.class);
      assertThatThrownBy(() -> log.append(null, null)).isInstanceOf(LogClosedException.class);
      assertThatThrownBy(() -> log.offsetForTimestamp(0)).isInstanceOf(LogClosedException.class);
      assertThatThrownBy(() -> log.advanceStartOffset(1)).isInstanceOf(LogClosedException.class);
      assertThatThrownBy(log::segments).isInstanceOf(LogClosedException.class);
      assertThatThrownBy(log::flush).isInstanceOf(LogClosedException.class);
      assertThatThrownBy(log::maintenance).isInstanceOf(LogClosedException.class);
      log.close();
    }
  }

  @Test
  void aReaderOfALogThatIsClosedUnderItIsToldSo() {
    LogFixture fixture = LogFixture.open(root);
    fixture.append("a", "b");
    CommitLog log = fixture.log();
    try (LogReader reader = log.reader(0)) {
      assertNext(reader, "a");
      log.close();
      assertThatThrownBy(reader::next).isInstanceOf(LogClosedException.class);
    }
  }

  @Test
  void awaitNextReturnsWhatAnotherThreadAppends() throws InterruptedException {
    try (LogFixture fixture = LogFixture.open(root, options -> options.segmentBytesMax(500))) {
      CountDownLatch waiting = new CountDownLatch(1);
      List<String> read = new ArrayList<>();
      Thread tail =
          Thread.ofPlatform()
              .start(() -> {
                try (LogReader reader = fixture.log().reader(0)) {
                  waiting.countDown();
                  while (read.size() < 400 && reader.awaitNext(FOREVER)) {
                    read.add(LogFixture.keyOf(reader));
                  }
                }
              });
      waiting.await();
      List<String> appended = new ArrayList<>();
      for (int i = 0; i < 400; i++) {
        appended.add("k" + i);
        fixture.append("k" + i);
        if (i % 17 == 0) {
          fixture.log().maintenance();
        }
      }
      tail.join();
      assertThat(read).isEqualTo(appended);
    }
  }

  @Test
  void awaitNextGivesUpAfterItsTimeoutAndOnInterruptWhoseStatusItKeeps() {
    try (LogFixture fixture = LogFixture.open(root);
        LogReader reader = fixture.log().reader(0)) {
      assertThat(reader.awaitNext(Duration.ZERO)).isFalse();
      assertThat(reader.awaitNext(Duration.ofMillis(-5))).isFalse();
      assertThat(reader.awaitNext(Duration.ofMillis(2))).isFalse();
      Thread.currentThread().interrupt();
      assertThat(reader.awaitNext(FOREVER)).isFalse();
      assertThat(Thread.interrupted()).isTrue();
      fixture.append("a");
      Thread.currentThread().interrupt();
      assertThat(reader.awaitNext(FOREVER)).as("what is there is read").isTrue();
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void timestampsAreLookedUpAcrossSegmentsInTheOrderOfTheLog() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.appendAt(100, "a").appendAt(50, "b").appendAt(-1, "c").appendAt(300, "d");
      fixture.roll().append("e").maintain();
      for (int round = 0; round < 2; round++) {
        assertThat(fixture.log().offsetForTimestamp(Long.MIN_VALUE)).hasValue(0);
        assertThat(fixture.log().offsetForTimestamp(-1)).hasValue(0);
        assertThat(fixture.log().offsetForTimestamp(100)).hasValue(0);
        assertThat(fixture.log().offsetForTimestamp(101)).hasValue(3);
        assertThat(fixture.log().offsetForTimestamp(301)).hasValue(4);
        assertThat(fixture.log().offsetForTimestamp(fixture.nowMillis())).hasValue(4);
        assertThat(fixture.log().offsetForTimestamp(fixture.nowMillis() + 1)).isEmpty();
        assertThat(fixture.log().offsetForTimestamp(Long.MAX_VALUE)).isEmpty();
        fixture.log().advanceStartOffset(0);
        fixture.reopen();
      }
      fixture.log().advanceStartOffset(1);
      assertThat(fixture.log().offsetForTimestamp(50)).hasValue(1);
      assertThat(fixture.log().offsetForTimestamp(60)).hasValue(3);
    }
  }

  @Test
  void aRecordMayHaveNeitherKeyNorValue() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.log().append(null, "v".getBytes(UTF_8));
      fixture.log().append("k".getBytes(UTF_8), null);
      fixture.log().append(null, null);
      fixture.reopen();
      try (LogReader reader = fixture.log().reader(0)) {
        assertThat(reader.next()).isTrue();
        assertThat(reader.record().hasKey()).isFalse();
        assertThat(reader.record().copyValue()).isEqualTo("v".getBytes(UTF_8));
        assertThat(reader.next()).isTrue();
        assertThat(reader.record().hasValue()).isFalse();
        assertThat(reader.next()).isTrue();
        assertThat(reader.record().hasKey()).isFalse();
        assertThat(reader.next()).isFalse();
      }
    }
  }
}
