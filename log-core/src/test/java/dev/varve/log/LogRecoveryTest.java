package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.error.CorruptLogException;
import dev.varve.log.segment.LogCheckpoint;
import dev.varve.log.segment.SegmentFile.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What opening makes of directories that were not left in order. */
class LogRecoveryTest {
  private static final int NOT_SUMMED_BYTES = 17; // base offset, length, epoch, magic

  @TempDir Path root;

  private static int[] batchEnds(LogFixture fixture) {
    List<Integer> ends = new ArrayList<>(List.of(0));
    try (PinnedBatches batches = fixture.log().read(0, 1 << 30)) {
      while (batches.next()) {
        ends.add(ends.getLast() + batches.batch().sizeBytes());
      }
    }
    return ends.stream().mapToInt(i -> i).toArray();
  }

  private static int wholeBatches(int[] ends, int bytes) {
    int whole = 0;
    while (whole + 1 < ends.length && ends[whole + 1] <= bytes) {
      whole++;
    }
    return whole;
  }

  @Test
  void aKilledLogThatIsCutAnywhereKeepsTheWholeBatchesBeforeTheCut() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b").appendBatch("c", "d");
      int[] ends = batchEnds(fixture);
      List<String> keys = List.of("a", "b", "c", "d");
      fixture.kill();
      for (int bytes = 0; bytes <= ends[3]; bytes++) {
        int cut = bytes;
        int whole = wholeBatches(ends, cut);
        int records = whole == 3 ? 4 : whole;
        fixture.onCopy(
            root,
            copy -> copy.truncate(LogFixture.logOf(0), cut),
            copy -> {
              assertThat(copy.keys()).isEqualTo(keys.subList(0, records));
              copy.assertOffsets(0, records);
              assertThat(copy.report().cutBytes()).isEqualTo(cut - ends[whole]);
              copy.append("next");
              assertThat(copy.keys()).hasSize(records + 1);
            });
      }
    }
  }

  @Test
  void whatFollowsTheLastBatchIsCutOff() {
    byte[] noise = new byte[300];
    new Random(7).nextBytes(noise);
    List<byte[]> tails =
        List.of(new byte[1], new byte[11], new byte[17], new byte[61], new byte[70_000], noise);
    for (boolean killed : new boolean[] {true, false}) {
      try (LogFixture fixture = LogFixture.open(root.resolve("killed-" + killed))) {
        fixture.append("a", "b");
        int end = batchEnds(fixture)[2];
        if (killed) {
          fixture.kill();
          fixture.truncate(LogFixture.logOf(0), end);
        } else {
          fixture.shut();
        }
        for (byte[] tail : tails) {
          boolean zeros = !Arrays.equals(tail, noise);
          fixture.onCopy(
              root,
              copy -> copy.extend(LogFixture.logOf(0), tail),
              copy -> {
                copy.assertReads("a", "b").assertOffsets(0, 2);
                assertThat(copy.report().closedInOrder()).isFalse();
                assertThat(copy.report().cutBytes()).isEqualTo(tail.length);
                assertThat(copy.report().cutReserved()).isEqualTo(zeros);
                assertThat(copy.report().losses()).hasSize(zeros ? 0 : 1);
                copy.append("c").reopen().assertReads("a", "b", "c");
              });
        }
      }
    }
  }

  @Test
  void aKilledLogIsCutAtAFlippedBitAboveTheRecoveryPoint() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b", "c");
      int[] ends = batchEnds(fixture);
      fixture.kill();
      for (int at = ends[1] + NOT_SUMMED_BYTES; at < ends[2]; at++) {
        int position = at;
        int bit = 1 << position % 8;
        fixture.onCopy(
            root,
            copy -> copy.flip(LogFixture.logOf(0), position, bit),
            copy -> {
              copy.assertReads("a").assertOffsets(0, 1);
              assertThat(copy.report().losses())
                  .singleElement()
                  .asString()
                  .contains("position " + ends[1], "found", "expected", "cuts off");
              copy.append("d").reopen().assertReads("a", "d");
            });
      }
    }
  }

  @Test
  void aFlippedBitInAClosedLogIsReportedByTheReadAndTheRestIsReadable() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b", "c", "d");
      int[] ends = batchEnds(fixture);
      fixture.shut();
      for (int at = ends[1] + NOT_SUMMED_BYTES; at < ends[2]; at += 3) {
        int position = at;
        fixture.onCopy(
            root,
            copy -> copy.flip(LogFixture.logOf(0), position, 4),
            copy -> {
              // A header that cannot be is seen at once, a wrong checksum by who reads the batch.
              assertThat(copy.report().losses()).hasSize(copy.report().closedInOrder() ? 0 : 1);
              copy.assertOffsets(0, 4);
              assertDamaged(copy, ends[1]);
            });
        fixture.onCopy(
            root,
            copy -> touchAndFlip(copy, position),
            copy -> {
              assertThat(copy.report().reason()).contains("changed");
              assertThat(copy.report().losses())
                  .singleElement()
                  .asString()
                  .contains(
                      "position " + ends[1], "offsets 1 to 1 are damaged", "cuts nothing off");
              copy.assertOffsets(0, 4);
              assertDamaged(copy, ends[1]);
              assertThat(copy.log().offsetForTimestamp(copy.nowMillis())).hasValue(0);
              copy.append("e").reopen();
              assertDamaged(copy, ends[1], "e");
            });
      }
    }
  }

  private static void touchAndFlip(LogFixture copy, int position) {
    byte[] bytes = copy.bytes(LogFixture.logOf(0));
    bytes[position] ^= 4;
    copy.write(LogFixture.logOf(0), bytes);
    assertThat(copy.file(LogFixture.logOf(0)).toFile().setLastModified(1_000_000)).isTrue();
  }

  private static void assertDamaged(LogFixture fixture, int position, String... more) {
    try (LogReader reader = fixture.log().reader(0)) {
      assertThat(reader.next()).isTrue();
      assertThat(LogFixture.keyOf(reader)).isEqualTo("a");
      for (int again = 0; again < 2; again++) {
        assertThatThrownBy(reader::next)
            .isInstanceOfSatisfying(
                CorruptLogException.class,
                e -> {
                  assertThat(e.position()).isEqualTo(position);
                  assertThat(e.file()).endsWith(LogFixture.logOf(0));
                });
      }
      reader.seek(2);
      List<String> rest = new ArrayList<>();
      while (reader.next()) {
        rest.add(LogFixture.keyOf(reader));
      }
      List<String> expected = new ArrayList<>(List.of("c", "d"));
      expected.addAll(List.of(more));
      assertThat(rest).isEqualTo(expected);
    }
  }

  @Test
  void damageBelowTheRecoveryPointIsReportedAndNothingIsGivenOutTwice() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b", "c").reopen().append("d", "e");
      int[] ends = batchEnds(fixture);
      fixture.kill();
      // A checksum: the batches behind it prove where it ends.
      fixture.onCopy(
          root,
          copy -> copy.flip(LogFixture.logOf(0), ends[1] + 70, 1),
          copy -> {
            copy.assertOffsets(0, 5);
            assertThat(copy.keys(2)).containsExactly("c", "d", "e");
            assertThat(copy.report().losses())
                .singleElement()
                .asString()
                .contains("offsets 1 to 1");
          });
      // So it is where what was durable ends.
      fixture.onCopy(
          root,
          copy -> copy.flip(LogFixture.logOf(0), ends[2] + 70, 1),
          copy -> {
            copy.assertOffsets(0, 5);
            assertThat(copy.keys(3)).containsExactly("d", "e");
            assertThat(copy.report().losses())
                .singleElement()
                .asString()
                .contains("offsets 2 to 2");
          });
      // A length without an index: nothing behind it can be found. Offsets below 3 were durable,
      // and stay taken.
      fixture.onCopy(
          root,
          copy ->
              copy.flip(LogFixture.logOf(0), ends[1] + 8, 0x40)
                  .deleteFile(LogFixture.name(0, Kind.OFFSET_INDEX)),
          copy -> {
            copy.assertOffsets(0, 3).assertBases(0L, 3L);
            assertThat(copy.report().losses())
                .singleElement()
                .asString()
                .contains("position " + ends[1], "offsets 1 to 2", "cuts nothing off");
            assertThat(copy.keys(3)).isEmpty();
            copy.append("f");
            assertThat(copy.keys(3)).containsExactly("f");
            assertThatThrownBy(() -> copy.keys(0)).isInstanceOf(CorruptLogException.class);
            copy.reopen();
            assertThat(copy.keys(3)).containsExactly("f");
          });
    }
  }

  @Test
  void behindADamagedLengthTheIndexLeadsOnHoweverOftenItIsRebuilt() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b", "c").reopen().append("d", "e");
      int[] ends = batchEnds(fixture);
      fixture.kill();
      fixture.flip(LogFixture.logOf(0), ends[1] + 8, 0x40);
      for (int i = 0; i < 3; i++) {
        fixture.reopen().assertOffsets(0, 5 + i);
        assertThat(fixture.report().losses())
            .singleElement()
            .asString()
            .contains("position " + ends[1], "offsets 1 to 1", "cuts nothing off");
        fixture.append("more " + i).kill();
      }
      fixture.reopen().roll().append("next").maintain(); // settled: its indexes are files now
      assertThat(fixture.keys(2)).startsWith("c", "d", "e").endsWith("next");
      fixture.shut().deleteFile(LogFixture.name(0, Kind.TIME_INDEX)).reopen();
      assertThat(fixture.keys(2)).startsWith("c", "d", "e").endsWith("next");
      fixture.shut().deleteFile(LogCheckpoint.FILE_NAME).reopen();
      assertThat(fixture.keys(2)).startsWith("c", "d", "e").endsWith("next");
    }
  }

  @Test
  void anIndexThatKnowsMoreThanDamageShowsIsNotReplaced() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b", "c", "d").roll().append("e").maintain();
      int[] ends = batchEnds(fixture);
      fixture.shut();
      byte[] index = fixture.bytes(LogFixture.name(0, Kind.OFFSET_INDEX));
      assertThat(index).isNotEmpty();
      fixture.flip(LogFixture.logOf(0), ends[1] + 8, 0x40);
      for (int i = 2; i < 4; i++) {
        fixture.flip(LogFixture.logOf(0), ends[i] + 70, 1); // no entry leads on
      }
      List<Consumer<LogFixture>> rebuilds =
          List.of(
              copy -> copy.deleteFile(LogFixture.name(0, Kind.TIME_INDEX)),
              copy -> copy.deleteFile(LogCheckpoint.FILE_NAME));
      for (Consumer<LogFixture> rebuild : rebuilds) {
        fixture.onCopy(
            root,
            rebuild,
            copy -> {
              assertThatThrownBy(copy::keys).isInstanceOf(CorruptLogException.class);
              assertThat(copy.keys(4)).containsExactly("e");
              assertThat(copy.bytes(LogFixture.name(0, Kind.OFFSET_INDEX))).isEqualTo(index);
              assertThat(copy.names()).contains(LogFixture.name(0, Kind.TIME_INDEX));
            });
      }
    }
  }

  @Test
  void zerosInAClosedLogAreDamageAndNotItsEnd() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b", "c").roll().append("d").maintain();
      int[] ends = batchEnds(fixture);
      fixture.shut();
      fixture.onCopy(
          root,
          copy ->
              copy.rot(
                  LogFixture.logOf(0),
                  bytes -> {
                    Arrays.fill(bytes, ends[1], ends[2], (byte) 0);
                    return bytes;
                  }),
          copy -> {
            assertThatThrownBy(copy::keys).isInstanceOf(CorruptLogException.class);
            assertThat(copy.keys(3)).containsExactly("d");
            try (PinnedBatches batches = copy.log().read(0, 100)) {
              assertThat(batches.next()).isTrue();
            }
          });
    }
  }

  @Test
  void aSegmentThatAReaderHeldAtTheCloseIsReadToItsEndAfterwards() {
    LogOptions options =
        LogOptions.builder().segmentBytesMax(100).ownMaintenanceThreads(false).build();
    CommitLog log = CommitLog.open(root, options);
    log.append(null, "a".getBytes(UTF_8));
    try (PinnedBatches held = log.read(0, 100)) {
      log.append(null, "b".getBytes(UTF_8));
      log.append(null, "c".getBytes(UTF_8));
      log.close();
      assertThat(held.next()).isTrue();
    }
    for (int i = 0; i < 2; i++) {
      try (CommitLog reopened = CommitLog.open(root, options);
          LogReader reader = reopened.reader(0)) {
        assertThat(reopened.segments()).hasSize(3);
        for (long offset = 0; offset < 3; offset++) {
          assertThat(reader.next()).isTrue();
          assertThat(reader.record().offset()).isEqualTo(offset);
        }
        assertThat(reader.next()).isFalse();
      }
    }
  }
}
