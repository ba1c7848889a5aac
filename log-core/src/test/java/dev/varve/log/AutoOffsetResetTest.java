package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.error.OffsetOutOfRangeException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a reader when the log does not have what it wants to read. */
class AutoOffsetResetTest {
  @TempDir private Path root;

  private final List<String> heard = new ArrayList<>();
  private LogFixture fixture;

  /** Offsets 0 and 1 in a segment, 2 and 3 in the next, 4 in the last. */
  @BeforeEach
  void open() {
    LogListener listener =
        new LogListener() {
          @Override
          public void readerReset(long offset, long resetTo) {
            heard.add(offset + " to " + resetTo);
          }
        };
    fixture = LogFixture.open(root, options -> options.listener(listener));
    fixture.append("a", "b").roll().append("c", "d").roll().append("e").maintain();
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private LogReader reader(long offset, AutoOffsetReset reset) {
    return fixture.log().reader(offset, Visibility.WRITTEN, reset);
  }

  @Test
  void theDefaultIsToSayWhatTheLogHas() {
    try (LogReader reader = fixture.log().reader(0)) {
      assertThat(reader.next()).isTrue();
      fixture.log().advanceStartOffset(3);
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(reader::next)
            .isInstanceOfSatisfying(
                OffsetOutOfRangeException.class,
                e -> {
                  assertThat(e.offset()).isEqualTo(1);
                  assertThat(e.startOffset()).isEqualTo(3);
                  assertThat(e.endOffset()).isEqualTo(5);
                });
      }
      assertThat(heard).isEmpty();
    }
  }

  @Test
  void earliestGoesOnAtTheStart() {
    try (LogReader reader = reader(0, AutoOffsetReset.EARLIEST)) {
      assertThat(reader.next()).isTrue();
      fixture.log().advanceStartOffset(3);
      assertThat(LogFixture.rest(reader)).containsExactly("d", "e");
      fixture.append("f");
      assertThat(LogFixture.rest(reader)).containsExactly("f");
      assertThat(heard).containsExactly("1 to 3");
    }
  }

  @Test
  void latestGoesOnWithWhatComes() {
    try (LogReader reader = reader(0, AutoOffsetReset.LATEST)) {
      assertThat(reader.next()).isTrue();
      fixture.log().advanceStartOffset(3);
      assertThat(reader.next()).isFalse();
      assertThat(reader.nextOffset()).isEqualTo(5);
      fixture.append("f");
      assertThat(LogFixture.rest(reader)).containsExactly("f");
      assertThat(heard).containsExactly("1 to 5");
    }
  }

  @Test
  void latestOfWhatIsDurableIsTheDurableEnd() {
    fixture.append("f");
    fixture.log().advanceStartOffset(3); // makes durable what is there
    fixture.append("g");
    try (LogReader reader = fixture.log().reader(0, Visibility.DURABLE, AutoOffsetReset.LATEST)) {
      assertThat(reader.nextOffset()).isEqualTo(6);
      assertThat(reader.next()).isFalse();
      fixture.log().flush();
      assertThat(LogFixture.rest(reader)).containsExactly("g");
    }
  }

  @Test
  void aReaderMayBeginWhereTheLogIsNot() {
    fixture.log().advanceStartOffset(2);
    try (LogReader below = reader(1, AutoOffsetReset.EARLIEST);
        LogReader behind = reader(9, AutoOffsetReset.EARLIEST);
        LogReader latest = reader(9, AutoOffsetReset.LATEST)) {
      assertThat(LogFixture.rest(below)).containsExactly("c", "d", "e");
      assertThat(LogFixture.rest(behind)).containsExactly("c", "d", "e");
      assertThat(LogFixture.rest(latest)).isEmpty();
      assertThat(heard).containsExactly("1 to 2", "9 to 2", "9 to 5");
    }
    assertThatThrownBy(() -> reader(1, AutoOffsetReset.NONE))
        .isInstanceOf(OffsetOutOfRangeException.class);
  }

  @Test
  void whoSeeksWhereTheLogIsNotIsToldSo() {
    try (LogReader reader = reader(0, AutoOffsetReset.EARLIEST)) {
      assertThatThrownBy(() -> reader.seek(9)).isInstanceOf(OffsetOutOfRangeException.class);
      assertThat(reader.next()).isTrue();
    }
  }
}
