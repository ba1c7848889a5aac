package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What opening makes of a log whose end was lost, or cut off by somebody else, since its close. */
class ShortenedLogTest {
  @TempDir Path root;

  @Test
  void offsetsOfALastSegmentThatIsGoneAreNotGivenOutAgain() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b").roll().append("c", "d").shut();
      byte[] last = fixture.bytes(LogFixture.logOf(2));
      fixture.onCopy(
          root,
          copy -> {
            // What is left has the size of what is gone, and its time.
            long millis = copy.file(LogFixture.logOf(2)).toFile().lastModified();
            assertThat(copy.file(LogFixture.logOf(0)).toFile().setLastModified(millis)).isTrue();
            copy.deleteFile(LogFixture.logOf(2));
          },
          copy -> {
            copy.assertReads("a", "b").assertOffsets(0, 4).assertBases(0L, 4L);
            assertThat(copy.report().losses())
                .extracting(
                    RecoveryDecision::kind,
                    RecoveryDecision::firstOffset,
                    RecoveryDecision::endOffset)
                .containsExactly(tuple(RecoveryDecision.Kind.MISSING_RECORDS, 2L, 4L));
            copy.append("e").kill().reopen().assertReads("a", "b", "e").assertOffsets(0, 5);
            assertThat(copy.report().losses()).isEmpty();
            copy.shut().write(LogFixture.logOf(2), last).reopen();
            copy.assertReads("a", "b", "c", "d", "e").assertOffsets(0, 5);
          });
    }
  }

  @Test
  void whatSomebodyElseHasCutOffIsReportedAndItsOffsetsAreGivenOutAgain() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b").roll().append("c", "d").shut();
      int batchBytes = fixture.bytes(LogFixture.logOf(0)).length / 2;
      Map<Long, Consumer<LogFixture>> truncations =
          Map.of(
              3L, copy -> copy.truncate(LogFixture.logOf(2), batchBytes),
              2L, copy -> copy.truncate(LogFixture.logOf(2), 0),
              1L,
                  copy ->
                      copy.deleteFile(LogFixture.logOf(2))
                          .truncate(LogFixture.logOf(0), batchBytes));
      truncations.forEach((end, truncation) ->
          fixture.onCopy(
              root,
              truncation,
              copy -> {
                copy.assertOffsets(0, end);
                assertThat(copy.report().losses())
                    .extracting(
                        RecoveryDecision::kind,
                        RecoveryDecision::firstOffset,
                        RecoveryDecision::endOffset)
                    .containsExactly(tuple(RecoveryDecision.Kind.SHORTENED, end, 4L));
                copy.append("next").reopen().assertOffsets(0, end + 1);
                assertThat(copy.report().losses()).isEmpty();
              }));
    }
  }
}
