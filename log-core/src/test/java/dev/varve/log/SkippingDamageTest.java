package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.varve.log.error.CorruptLogException;
import dev.varve.log.error.DamagedRange;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.segment.SegmentFile.Kind;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log of the segments a to d and e to f, damaged while it was closed. */
class SkippingDamageTest {
  private static final int CHECKSUMMED = 70;
  private static final int LENGTH = 8;

  @TempDir Path root;

  private int[] starts = new int[0];

  @Test
  void aDamagedBatchIsSkippedToTheNext() {
    check(
        copy -> copy.flip(LogFixture.logOf(0), starts[1] + CHECKSUMMED, 1),
        copy -> {
          assertSkips(copy, range(1, 2, 1, 2), "a", "c", "d", "e", "f");
          assertThatThrownBy(() -> copy.keys(0))
              .isInstanceOfSatisfying(
                  CorruptLogException.class,
                  e -> {
                    assertThat(e.firstOffset()).isEqualTo(1);
                    assertThat(e.endOffset()).isEqualTo(2);
                    assertThat(e)
                        .hasMessageContaining("position " + starts[1])
                        .hasMessageContaining("offsets 1 to 1 are damaged");
                  });
        });
  }

  @Test
  void neighboursAreOneRange() {
    check(
        copy ->
            copy.flip(LogFixture.logOf(0), starts[1] + CHECKSUMMED, 1)
                .flip(LogFixture.logOf(0), starts[2] + CHECKSUMMED, 1),
        copy -> assertSkips(copy, range(1, 3, 1, 3), "a", "d", "e", "f"));
  }

  @Test
  void behindADamagedLengthTheIndexLeadsOn() {
    check(
        copy -> copy.flip(LogFixture.logOf(0), starts[1] + LENGTH, 0x40),
        copy -> {
          List<DamagedRange> told = new ArrayList<>();
          List<String> keys = skipping(copy, told);
          assertThat(told).hasSize(1);
          DamagedRange damage = told.getFirst();
          assertThat(damage.position()).isEqualTo(starts[1]);
          assertThat(damage.firstOffset()).isEqualTo(1);
          assertThat(damage.endOffset()).isBetween(2L, 3L);
          assertThat(damage.endPosition()).isEqualTo(starts[(int) damage.endOffset()]);
          assertThat(keys).startsWith("a").endsWith("d", "e", "f");
          assertThat(copy.keys(3)).containsExactly("d", "e", "f");
        });
  }

  @Test
  void withoutAWayOnTheNextSegmentIsNext() {
    check(
        copy ->
            copy.flip(LogFixture.logOf(0), starts[1] + LENGTH, 0x40)
                .write(LogFixture.name(0, Kind.OFFSET_INDEX), new byte[0]),
        copy -> assertSkips(copy, range(1, 4, 1, 4), "a", "e", "f"));
  }

  @Test
  void aSegmentThatWasCutIsNamedToItsEnd() {
    check(
        copy -> copy.truncate(LogFixture.logOf(0), starts[2] + 5),
        copy -> {
          List<DamagedRange> told = new ArrayList<>();
          assertThat(skipping(copy, told)).containsExactly("a", "b", "e", "f");
          assertThat(told)
              .singleElement()
              .satisfies(damage -> {
                assertThat(damage.position()).isEqualTo(starts[2]);
                assertThat(damage.endPosition()).isEqualTo(starts[2] + 5);
                assertThat(damage.firstOffset()).isEqualTo(2);
                assertThat(damage.endOffset()).isEqualTo(4);
              });
        });
  }

  @Test
  void aSegmentThatIsCutUnderAnOpenLogBeforeItIsReadLosesWhatWasCut() {
    check(
        _ -> {},
        sound -> {
          for (int cut = 0; cut < starts[4]; cut++) {
            int bytes = cut;
            int whole = 0;
            while (starts[whole + 1] <= bytes) {
              whole++;
            }
            List<String> keys = new ArrayList<>(List.of("a", "b", "c", "d").subList(0, whole));
            DamagedRange lost = range(whole, 4, whole, 4);
            keys.addAll(List.of("e", "f"));
            sound.onCopy(
                root,
                _ -> {},
                copy -> {
                  copy.truncate(LogFixture.logOf(0), bytes);
                  assertSkips(copy, lost, keys.toArray(String[]::new));
                  for (int i = 0; i < lost.firstOffset(); i++) {
                    try (PinnedBatches batches = copy.log().read(i, 1 << 20)) {
                      assertThat(batches.remainingBytes()).isEqualTo(lost.position() - starts[i]);
                    }
                  }
                  assertThat(copy.keys(4)).containsExactly("e", "f");
                });
          }
        });
  }

  @Test
  void theEndOfTheActiveSegmentIsNotPassed() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b", "c");
      fixture.shut();
      int third = starts(fixture)[2];
      fixture.onCopy(
          root,
          copy -> copy.flip(LogFixture.logOf(0), third + CHECKSUMMED, 1),
          copy -> {
            List<DamagedRange> told = new ArrayList<>();
            try (LogReader reader = copy.log().reader(0).skippingDamage(told::add)) {
              assertThat(LogFixture.rest(reader)).containsExactly("a", "b");
              assertThat(LogFixture.rest(reader)).isEmpty();
              copy.append("d");
              assertThat(LogFixture.rest(reader)).containsExactly("d");
              assertThat(reader.nextOffset()).isEqualTo(4);
            }
            assertThat(told)
                .extracting(DamagedRange::firstOffset, DamagedRange::endOffset)
                .containsExactly(tuple(2L, 3L));
          });
    }
  }

  @Test
  void aDurableReaderWaitsBeforeDamageThatIsNotDurable() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a");
      fixture.log().flush();
      fixture.append("b", "c");
      int second = starts(fixture)[1];
      corrupt(fixture, second + CHECKSUMMED);
      List<DamagedRange> told = new ArrayList<>();
      try (LogReader reader =
          fixture.log().reader(0, Visibility.DURABLE).skippingDamage(told::add)) {
        assertThat(LogFixture.rest(reader)).containsExactly("a");
        assertThat(LogFixture.rest(reader)).isEmpty();
        assertThat(told).isEmpty();
        fixture.log().flush();
        assertThat(LogFixture.rest(reader)).containsExactly("c");
        assertThat(told).extracting(DamagedRange::firstOffset).containsExactly(1L);
      }
    }
  }

  /** Changes a byte of a log that is open, in place. */
  private static void corrupt(LogFixture fixture, int position) {
    try (RandomAccessFile file =
        new RandomAccessFile(fixture.file(LogFixture.logOf(0)).toFile(), "rw")) {
      file.seek(position);
      int before = file.read();
      file.seek(position);
      file.write(before ^ 1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void check(Consumer<LogFixture> damage, Consumer<LogFixture> check) {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b", "c", "d").roll().append("e", "f").maintain();
      fixture.shut();
      starts = starts(fixture);
      fixture.onCopy(root, damage, check);
    }
  }

  private DamagedRange range(int from, int to, long firstOffset, long endOffset) {
    return new DamagedRange("", starts[from], starts[to], firstOffset, endOffset, "");
  }

  private static void assertSkips(LogFixture copy, DamagedRange expected, String... keys) {
    List<DamagedRange> told = new ArrayList<>();
    assertThat(skipping(copy, told)).containsExactly(keys);
    assertThat(told)
        .singleElement()
        .usingRecursiveComparison()
        .ignoringFields("file", "finding")
        .isEqualTo(expected);
    assertThat(told.getFirst().file()).endsWith(LogFixture.logOf(0));
    assertThat(told.getFirst().finding()).contains("found", "expected");
  }

  private static List<String> skipping(LogFixture copy, List<DamagedRange> told) {
    try (LogReader reader = copy.log().reader(0).skippingDamage(told::add)) {
      return LogFixture.rest(reader);
    }
  }

  /** Where the batches of the first segment begin, and its end. */
  private static int[] starts(LogFixture fixture) {
    byte[] log = fixture.bytes(LogFixture.logOf(0));
    RecordBatch batch = new RecordBatch();
    int[] starts = {0};
    MemorySegment bytes = MemorySegment.ofArray(log);
    while (starts[starts.length - 1] < log.length && log[starts[starts.length - 1] + 16] == 2) {
      int end =
          starts[starts.length - 1] + batch.wrap(bytes, starts[starts.length - 1]).sizeBytes();
      starts = Arrays.copyOf(starts, starts.length + 1);
      starts[starts.length - 1] = end;
    }
    return starts;
  }
}
