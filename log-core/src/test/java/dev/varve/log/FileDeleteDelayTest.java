package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When the files go of segments that were given up. */
class FileDeleteDelayTest {
  private static final long DELAY_MILLIS = 60_000;

  @TempDir private Path root;

  private final List<Long> deleted = new ArrayList<>();
  private LogFixture fixture;

  @BeforeEach
  void open() {
    LogListener listener =
        new LogListener() {
          @Override
          public void segmentDeleted(long baseOffset) {
            deleted.add(baseOffset);
          }
        };
    fixture =
        LogFixture.open(
            root, options -> options.fileDeleteDelayMillis(DELAY_MILLIS).listener(listener));
    fixture.append("a").roll().append("b").roll().append("c").maintain();
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private List<String> leftovers() {
    return fixture.names().stream().filter(name -> name.endsWith(".deleted")).toList();
  }

  @Test
  void namesGoAtOnceAndFilesWhenTheDelayIsOver() {
    fixture.log().advanceStartOffset(1);
    assertThat(leftovers())
        .containsExactlyInAnyOrder(
            LogFixture.logOf(0) + ".deleted",
            LogFixture.logOf(0).replace(".log", ".index.deleted"),
            LogFixture.logOf(0).replace(".log", ".timeindex.deleted"));
    fixture.assertBases(1L, 2L).assertReads("b", "c");

    fixture.advanceClock(DELAY_MILLIS - 1).maintain();
    assertThat(leftovers()).hasSize(3);
    assertThat(deleted).isEmpty();

    fixture.advanceClock(1).maintain();
    assertThat(leftovers()).isEmpty();
    assertThat(deleted).containsExactly(0L);
  }

  @Test
  void eachSegmentHasADelayOfItsOwn() {
    fixture.log().advanceStartOffset(1);
    fixture.advanceClock(DELAY_MILLIS / 2).log().advanceStartOffset(2);
    fixture.advanceClock(DELAY_MILLIS / 2).maintain();
    assertThat(deleted).containsExactly(0L);
    fixture.advanceClock(DELAY_MILLIS / 2).maintain();
    assertThat(deleted).containsExactly(0L, 1L);
  }

  @Test
  void aPinOutlastsTheDelay() {
    try (LogReader reader = fixture.log().reader(0)) {
      assertThat(reader.next()).isTrue();
      fixture.log().advanceStartOffset(1);
      assertThat(fixture.log().offsets().startOffset()).isEqualTo(1);
      fixture.advanceClock(DELAY_MILLIS).maintain();
      assertThat(deleted).isEmpty();
      assertThat(LogFixture.keyOf(reader)).isEqualTo("a");
    }
    fixture.maintain();
    assertThat(deleted).containsExactly(0L);
    assertThat(leftovers()).isEmpty();
  }

  @Test
  void whatIsLeftWhenTheLogIsClosedTheNextOpenRemoves() {
    fixture.log().advanceStartOffset(1);
    fixture.shut();
    assertThat(leftovers()).hasSize(3);
    fixture.reopen().assertOffsets(1, 3).assertReads("b", "c");
    assertThat(leftovers()).isEmpty();
    assertThat(fixture.report().losses()).isEmpty();
    assertThat(fixture.report().scannedSegments()).isZero();
  }

  @Test
  void aProcessThatDiesLeavesThemToTheNextOpenToo() {
    fixture.log().advanceStartOffset(1);
    fixture.kill().reopen().assertOffsets(1, 3).assertReads("b", "c");
    assertThat(leftovers()).isEmpty();
  }

  @Test
  void aSegmentThatIsGivenUpBeforeItIsSettledGoesInTheSameWay() {
    fixture.append("d").log().roll();
    fixture.log().advanceStartOffset(4);
    fixture.assertBases(4L).advanceClock(DELAY_MILLIS).maintain();
    assertThat(deleted).containsExactly(0L, 1L, 2L);
    assertThat(leftovers()).isEmpty();
  }
}
