package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.varve.log.error.CorruptLogException;
import dev.varve.log.error.DamagedRange;
import dev.varve.log.inspect.DirectoryReader;
import dev.varve.log.segment.LogCheckpoint;
import dev.varve.log.segment.SegmentFile.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A flipped bit in a batch's base offset, which no checksum covers, costs that batch and no other:
 * 24 batches of one record, in segments of twelve.
 */
class FlippedOffsetTest {
  private static final int RECORDS = 24;
  private static final int IN_FIRST = 12;
  private static final int LOWEST_BYTE = 7;
  private static final int[] FLIPPED = {0, 1, 5, 10, 11, 12, 13, 20, 22};

  @TempDir Path root;

  /** How the log was left. */
  enum Left {
    CLOSED,
    /** Closed, opened, appended to, killed. */
    OPEN,
    /** Without a checkpoint, as if Kafka had written it. */
    FOREIGN
  }

  @ParameterizedTest
  @EnumSource
  void costsItsBatchAndNoOther(Left left) {
    try (LogFixture fixture = fill()) {
      int batchBytes = fixture.bytes(LogFixture.logOf(0)).length / IN_FIRST;
      if (left == Left.OPEN) {
        fixture.reopen().append(keys(RECORDS, RECORDS + 2)).kill();
      }
      int records = left == Left.OPEN ? RECORDS + 2 : RECORDS;
      for (int flipped : FLIPPED) {
        for (int bit = 1; bit <= 16; bit <<= 1) {
          long base = flipped < IN_FIRST ? 0 : IN_FIRST;
          int position = (int) (flipped - base) * batchBytes;
          int bits = bit;
          fixture.onCopy(
              root,
              copy -> {
                copy.flip(LogFixture.logOf(base), position + LOWEST_BYTE, bits);
                if (left == Left.FOREIGN) {
                  copy.deleteFile(LogCheckpoint.FILE_NAME);
                }
              },
              copy -> {
                copy.assertOffsets(0, records).assertBases(0L, (long) IN_FIRST);
                assertThat(copy.report().losses())
                    .as("%s to %s", flipped, flipped ^ bits)
                    .allSatisfy(loss -> {
                      assertThat(loss.kind()).isEqualTo(RecoveryDecision.Kind.KEPT_DAMAGE);
                      assertThat(loss.firstOffset()).isEqualTo(flipped);
                      assertThat(loss.endOffset()).isEqualTo(flipped + 1);
                    })
                    .hasSize(isScanned(copy, flipped) ? 1 : 0);
                for (int from : new int[] {0, flipped, flipped + 1, flipped ^ bits}) {
                  assertReads(copy, Math.min(from, records), flipped, records);
                }
                assertReadsInPlace(copy, base, flipped);
                assertPrints(copy, flipped, records);
              });
        }
      }
    }
  }

  private static boolean isScanned(LogFixture copy, int offset) {
    return copy.report().scannedSegments() > (offset < IN_FIRST ? 1 : 0);
  }

  private LogFixture fill() {
    LogFixture fixture = LogFixture.open(root);
    return fixture.append(keys(0, IN_FIRST)).roll().append(keys(IN_FIRST, RECORDS)).shut();
  }

  /** Keys of one length, so that all batches have one size. */
  private static String[] keys(int from, int to) {
    return IntStream.range(from, to).mapToObj(FlippedOffsetTest::key).toArray(String[]::new);
  }

  private static String key(int offset) {
    return "k" + (10 + offset);
  }

  private static List<String> keysBut(int from, int flipped, int to) {
    return IntStream.range(from, to)
        .filter(offset -> offset != flipped)
        .mapToObj(FlippedOffsetTest::key)
        .toList();
  }

  private static void assertReads(LogFixture copy, int from, int flipped, int records) {
    List<DamagedRange> told = new ArrayList<>();
    List<String> keys = new ArrayList<>();
    try (LogReader reader = copy.log().reader(from).skippingDamage(told::add)) {
      while (reader.next()) {
        assertThat(key((int) reader.record().offset())).isEqualTo(LogFixture.keyOf(reader));
        keys.add(LogFixture.keyOf(reader));
      }
    }
    assertThat(keys).as("from %s", from).isEqualTo(keysBut(from, flipped, records));
    assertThat(told)
        .extracting(DamagedRange::firstOffset, DamagedRange::endOffset)
        .containsExactlyElementsOf(
            from <= flipped ? List.of(tuple((long) flipped, flipped + 1L)) : List.of());
  }

  /** What is read in place ends before the damage, or says so there. */
  private static void assertReadsInPlace(LogFixture copy, long base, int flipped) {
    List<Long> offsets = new ArrayList<>();
    try (PinnedBatches batches = copy.log().read(base, Integer.MAX_VALUE)) {
      while (batches.next()) {
        offsets.add(batches.batch().baseOffset());
      }
    } catch (CorruptLogException e) {
      assertThat(e.firstOffset()).isEqualTo(flipped);
    }
    assertThat(offsets).isEqualTo(LongStream.range(base, flipped).boxed().toList());
  }

  private static void assertPrints(LogFixture copy, int flipped, int records) {
    List<DamagedRange> told = new ArrayList<>();
    List<Long> offsets = new ArrayList<>();
    try (DirectoryReader reader =
        DirectoryReader.open(copy.directory()).skippingDamage(told::add)) {
      while (reader.next()) {
        offsets.add(reader.record().offset());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    assertThat(offsets)
        .isEqualTo(
            IntStream.range(0, records)
                .filter(offset -> offset != flipped)
                .mapToObj(offset -> (long) offset)
                .toList());
    assertThat(told)
        .extracting(DamagedRange::firstOffset, DamagedRange::endOffset)
        .containsExactly(tuple((long) flipped, flipped + 1L));
  }

  @Test
  void whatLiesBelowTheRecoveryPointIsNotCutWhereTheFlippedBatchEndsAtIt() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append(keys(0, 9)).reopen().append(keys(9, 11)).kill();
      fixture.flip(LogFixture.logOf(0), LOWEST_BYTE, 8).reopen(); // offset 0 becomes 8
      fixture.assertOffsets(0, 11);
      assertThat(fixture.report().losses())
          .extracting(RecoveryDecision::kind, RecoveryDecision::endOffset)
          .containsExactly(tuple(RecoveryDecision.Kind.KEPT_DAMAGE, 1L));
      assertReads(fixture, 0, 0, 11);
    }
  }

  @Test
  void anIndexThatWasMadeFromAFlippedOffsetIsNotBelieved() {
    try (LogFixture fixture = fill()) {
      int batchBytes = fixture.bytes(LogFixture.logOf(0)).length / IN_FIRST;
      byte[] entries = ByteBuffer.allocate(16).putInt(2).putInt(2 * batchBytes).array();
      ByteBuffer.wrap(entries, 8, 8).putInt(11).putInt(3 * batchBytes);
      fixture.onCopy(
          root,
          copy ->
              copy.flip(LogFixture.logOf(0), 3 * batchBytes + LOWEST_BYTE, 8) // 3 becomes 11
                  .rot(LogFixture.name(0, Kind.OFFSET_INDEX), _ -> Arrays.copyOf(entries, 16)),
          copy -> {
            assertReads(copy, 11, 3, RECORDS);
            assertReads(copy, 4, 3, RECORDS);
            assertReads(copy, 0, 3, RECORDS);
            assertThatThrownBy(() -> copy.keys(3)).isInstanceOf(CorruptLogException.class);
          });
    }
  }
}
