package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.EndTransactionMarker;
import dev.varve.log.record.EndTransactionMarker.Outcome;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.segment.LogCheckpoint;
import dev.varve.log.segment.SegmentFile.Kind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What opening makes of everything in a directory that is not the log itself. */
class DirectoryRecoveryTest {
  @TempDir Path root;

  @ParameterizedTest
  @EnumSource(names = {"OFFSET_INDEX", "TIME_INDEX"})
  void indexesAreRebuiltFromTheLogWhateverHappenedToThem(Kind kind) {
    try (LogFixture fixture = LogFixture.open(root)) {
      for (int i = 0; i < 40; i++) {
        fixture.advanceClock(10).append("k" + i);
        if (i == 19) {
          fixture.roll();
        }
      }
      List<String> keys = fixture.keys();
      fixture.shut();
      for (long base : new long[] {0, 20}) {
        String name = LogFixture.name(base, kind);
        byte[] other = fixture.bytes(LogFixture.name(20 - base, kind));
        byte[] noise = new byte[96];
        new Random(3).nextBytes(noise);
        Map<String, Consumer<LogFixture>> damages =
            Map.of(
                "missing", copy -> copy.deleteFile(name),
                "empty", copy -> copy.write(name, new byte[0]),
                "cut", copy -> copy.truncate(name, copy.bytes(name).length - 5),
                "of another segment", copy -> copy.write(name, other),
                "noise", copy -> copy.write(name, noise),
                "untrimmed", copy -> copy.extend(name, new byte[1200]));
        damages.forEach((how, damage) ->
            fixture.onCopy(
                root,
                damage,
                copy -> {
                  assertThat(copy.keys()).as(how).isEqualTo(keys);
                  for (int i = 0; i < 40; i++) {
                    assertThat(copy.keys(i)).as(how).isEqualTo(keys.subList(i, 40));
                  }
                  List<Long> timestamps = timestamps(copy);
                  for (int i = 0; i < 40; i++) {
                    assertThat(copy.log().offsetForTimestamp(timestamps.get(i)))
                        .as(how)
                        .hasValue(i);
                  }
                  assertThat(copy.report().losses()).as("not a word").isEmpty();
                  copy.append("next").reopen();
                  assertThat(copy.keys()).hasSize(41);
                  assertThat(copy.report().closedInOrder()).isTrue();
                }));
      }
    }
  }

  @Test
  void aTimeIndexThatLostItsLastEntryHidesNothing() {
    try (LogFixture fixture = LogFixture.open(root)) {
      for (int i = 0; i < 10; i++) {
        fixture.appendAt(100 + i, "up " + i);
      }
      for (int i = 0; i < 20; i++) {
        fixture.appendAt(50, "down " + i);
      }
      fixture.roll().append("next").shut();
      String name = LogFixture.name(0, Kind.TIME_INDEX);
      int bytes = fixture.bytes(name).length;
      for (int cut = bytes - 12; cut >= 0; cut -= 12) {
        int left = cut;
        fixture.onCopy(
            root,
            copy -> copy.truncate(name, left),
            copy -> {
              for (int i = 0; i < 10; i++) {
                assertThat(copy.log().offsetForTimestamp(100 + i)).as("%s", left).hasValue(i);
              }
              assertThat(copy.log().segments().getFirst().timestampMax()).isEqualTo(109);
            });
      }
    }
  }

  private static List<Long> timestamps(LogFixture fixture) {
    List<Long> timestamps = new ArrayList<>();
    try (LogReader reader = fixture.log().reader(0)) {
      while (reader.next()) {
        timestamps.add(reader.record().timestamp());
      }
    }
    return timestamps;
  }

  @Test
  void theTransactionIndexOutlivesARebuildOfTheOthers() {
    try (LogFixture fixture = LogFixture.open(root)) {
      appendAborted(fixture, 7);
      fixture.roll().append("x").maintain();
      appendAborted(fixture, 8);
      fixture.shut();
      String sealed = LogFixture.name(0, Kind.TRANSACTION_INDEX);
      String active = LogFixture.name(2, Kind.TRANSACTION_INDEX);
      Map<String, byte[]> before = fixture.files();
      assertThat(before.get(sealed)).hasSize(34);
      assertThat(before.get(active)).hasSize(34);
      List<Consumer<LogFixture>> damages =
          List.of(
              copy -> copy.deleteFile(LogFixture.name(0, Kind.OFFSET_INDEX)),
              copy -> copy.deleteFile(LogFixture.name(2, Kind.OFFSET_INDEX)),
              copy -> copy.deleteFile(LogFixture.name(2, Kind.TIME_INDEX)),
              copy -> copy.write(active, new byte[34]),
              copy -> copy.deleteFile("varve.checkpoint").deleteFile(active),
              copy -> copy.deleteFile(StateFiles.EPOCHS_FILE_NAME).deleteFile(sealed));
      for (Consumer<LogFixture> damage : damages) {
        fixture.onCopy(
            root,
            damage,
            copy -> {
              assertThat(copy.keys()).hasSize(3);
              copy.shut();
              assertThat(copy.bytes(sealed)).isEqualTo(before.get(sealed));
              assertThat(copy.bytes(active)).isEqualTo(before.get(active));
            });
      }
    }
  }

  private static void appendAborted(LogFixture fixture, long producerId) {
    fixture
        .log()
        .append(
            fixture
                .log()
                .newBatch()
                .producer(producerId, (short) 0, 0)
                .transactional()
                .append(fixture.nowMillis(), "t".getBytes(UTF_8), LogFixture.valueOf("t"))
                .build());
    EndTransactionMarker abort = new EndTransactionMarker(Outcome.ABORT, 1);
    fixture.log().append(abort.encode(fixture.nowMillis(), producerId, (short) 0));
    fixture.append();
  }

  @Test
  void snapshotsAndEpochsAreMadeAgain() {
    try (LogFixture fixture = LogFixture.open(root)) {
      appendAborted(fixture, 7);
      EncodedBatch batch = fixture.batch("a");
      fixture.log().append(batch);
      fixture.roll().append("b").maintain().shut();
      String snapshot = LogFixture.name(4, Kind.PRODUCER_SNAPSHOT);
      String older = LogFixture.name(3, Kind.PRODUCER_SNAPSHOT);
      Map<String, byte[]> before = fixture.files();
      List<Consumer<LogFixture>> damages =
          List.of(
              copy -> copy.deleteFile(snapshot),
              copy -> copy.deleteFile(snapshot).deleteFile(older),
              copy -> copy.write(snapshot, new byte[0]),
              copy -> copy.write(snapshot, new byte[100]).write(older, new byte[5]),
              copy -> copy.deleteFile(StateFiles.EPOCHS_FILE_NAME),
              copy -> copy.write(StateFiles.EPOCHS_FILE_NAME, "7\nno".getBytes(UTF_8)),
              copy -> copy.deleteFile("varve.checkpoint"));
      for (Consumer<LogFixture> damage : damages) {
        fixture.onCopy(
            root,
            damage,
            copy -> {
              assertThat(copy.report().closedInOrder()).isFalse();
              assertThat(copy.keys()).containsExactly("t", "a", "b");
              copy.shut();
              assertThat(copy.bytes(snapshot)).isEqualTo(before.get(snapshot));
              assertThat(copy.bytes(StateFiles.EPOCHS_FILE_NAME))
                  .isEqualTo(before.get(StateFiles.EPOCHS_FILE_NAME));
              copy.reopen();
              assertThat(copy.report().closedInOrder()).isTrue();
            });
      }
    }
  }

  @Test
  void anEpochThatWasCutOffIsNotBelievedOfWhatIsWrittenThereLater() {
    try (LogFixture fixture = LogFixture.open(root)) {
      appendOfEpoch(fixture, 4, "a", "b");
      fixture.shut().deleteFile(LogCheckpoint.FILE_NAME);
      // As Kafka left it: what epoch 5 wrote is torn.
      fixture.write(StateFiles.EPOCHS_FILE_NAME, "0\n2\n4 0\n5 3\n".getBytes(UTF_8));
      fixture.extend(LogFixture.logOf(0), new byte[] {0, 0, 0, 0, 0, 0, 0, 2, 0, 0}).reopen();
      fixture.assertOffsets(0, 2);
      assertThat(fixture.report().decisions())
          .filteredOn(decision -> decision.kind() == RecoveryDecision.Kind.REBUILT_STATE)
          .anySatisfy(decision -> assertThat(decision.found()).contains("epoch 5"));
      appendOfEpoch(fixture, 4, "c", "d", "e");
      fixture.kill().reopen().assertReads("a", "b", "c", "d", "e").shut();
      assertThat(new String(fixture.bytes(StateFiles.EPOCHS_FILE_NAME), UTF_8))
          .isEqualTo("0\n1\n4 0\n");
    }
  }

  private static void appendOfEpoch(LogFixture fixture, int epoch, String... keys) {
    for (String key : keys) {
      byte[] value = LogFixture.valueOf(key);
      fixture
          .log()
          .append(
              fixture
                  .log()
                  .newBatch()
                  .leaderEpoch(epoch)
                  .append(fixture.nowMillis(), key.getBytes(UTF_8), value)
                  .build());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "noise",
        "varve-checkpoint 4\nstart-offset 1\nrecovery-point 2\ncrc 00000000\n",
        "varve-checkpoint 2\nstart-offset 1\nrecovery-point 2\ncrc 00000000\n",
        "varve-checkpoint 1\nstart-offset 1\nrecovery-point 2\ncrc 00000000\n"
      })
  void aCheckpointThatCannotBeBelievedIsAsNone(String text) {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b").roll().append("c").shut();
      fixture.write(LogCheckpoint.FILE_NAME, text.getBytes(UTF_8)).reopen();
      fixture.assertReads("a", "b", "c").assertOffsets(0, 3);
      assertThat(fixture.report().reason()).contains("no checkpoint");
      fixture.reopen();
      assertThat(fixture.report().closedInOrder()).isTrue();
    }
  }

  @Test
  void theStartOffsetOutlivesAKillAndAForeignChange() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b").roll().appendBatch("c", "d", "e").append("f");
      fixture.log().advanceStartOffset(3);
      fixture.kill().reopen().assertOffsets(3, 6).assertReads("d", "e", "f");
      fixture.shut().extend(LogFixture.logOf(2), new byte[20]).reopen();
      fixture.assertOffsets(3, 6).assertReads("d", "e", "f");
    }
  }

  @Test
  void leftoversOfReplacementsAndDeletionsAreFinishedOrTakenBackAsKafkaDoes() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a").roll().append("b").roll().append("c").roll().append("d").shut();
      byte[] second = fixture.bytes(LogFixture.logOf(1));
      byte[] third = fixture.bytes(LogFixture.logOf(2));
      byte[] both = Arrays.copyOf(second, second.length + third.length);
      System.arraycopy(third, 0, both, second.length, third.length);
      fixture.onCopy(
          root,
          copy -> {
            copy.write("00000000000000000009.log.deleted", second);
            copy.write("00000000000000000009.snapshot.deleted", second);
            copy.write("00000000000000000001.log.cleaned", second);
            copy.write("00000000000000000002.log.swap", new byte[0]);
          },
          copy -> {
            copy.assertReads("a", "b", "c", "d");
            assertThat(copy.names()).noneMatch(name -> name.matches(".*(deleted|cleaned|swap)"));
          });
      fixture.onCopy(
          root,
          copy -> copy.write("00000000000000000001.log.swap", both),
          copy -> {
            copy.assertReads("a", "b", "c", "d").assertBases(0L, 1L, 3L);
            assertThat(copy.bytes(LogFixture.logOf(1))).isEqualTo(both);
            assertThat(copy.names()).doesNotContain(LogFixture.logOf(2));
          });
    }
  }

  @Test
  void aLogThatKafkaHasAppendedToIsReadToItsNewEnd() {
    try (LogFixture fixture = LogFixture.open(root);
        LogFixture other = LogFixture.open(root.resolve("other"))) {
      fixture.append("a", "b").roll().append("c").shut();
      other.append("a", "b", "c").shut();
      byte[] next = other.reopen().append("d").shut().bytes(LogFixture.logOf(0));
      byte[] last = fixture.bytes(LogFixture.logOf(2));
      byte[] appended = Arrays.copyOfRange(next, next.length - last.length, next.length);
      assertThat(baseOffset(appended)).isEqualTo(3);
      fixture.onCopy(
          root,
          copy -> copy.extend(LogFixture.logOf(2), appended),
          copy -> {
            copy.assertReads("a", "b", "c", "d").assertOffsets(0, 4);
            assertThat(copy.report().losses()).isEmpty();
          });
      fixture.onCopy(
          root,
          copy -> copy.write(LogFixture.logOf(3), appended),
          copy -> {
            copy.assertReads("a", "b", "c", "d").assertOffsets(0, 4).assertBases(0L, 2L, 3L);
          });
    }
  }

  private static long baseOffset(byte[] batch) {
    MemorySegment memory = MemorySegment.ofArray(new long[batch.length / 8 + 1]);
    MemorySegment.copy(batch, 0, memory, ValueLayout.JAVA_BYTE, 0, batch.length);
    return new RecordBatch().wrap(memory, 0).baseOffset();
  }

  @Test
  void strangeFilesAndDirectoriesAreLeftAlone() throws Exception {
    try (LogFixture fixture = LogFixture.closed(root, options -> options)) {
      List<String> strange =
          List.of(
              "partition.metadata",
              "notes.txt",
              "0.log",
              "00000000000000000000.logx",
              "99999999999999999999.log",
              "00000000000000000000.log.checkpoint.deleted",
              "0000000000000000000a.log");
      for (String name : strange) {
        fixture.write(name, name.getBytes(UTF_8));
      }
      Files.createDirectories(fixture.file("00000000000000000005.log.d/inner"));
      fixture.reopen().append("a").roll().append("b").maintain();
      fixture.reopen().assertReads("a", "b").shut();
      for (String name : strange) {
        assertThat(fixture.bytes(name)).as(name).isEqualTo(name.getBytes(UTF_8));
      }
      assertThat(fixture.file("00000000000000000005.log.d/inner")).isDirectory();
    }
  }

  @Test
  void aDirectoryWithoutALogBecomesAnEmptyLog() {
    try (LogFixture fixture = LogFixture.closed(root, options -> options)) {
      fixture.write("00000000000000000005.index", new byte[16]);
      fixture.write("00000000000000000005.timeindex", new byte[24]);
      fixture.reopen().assertOffsets(0, 0).assertReads();
      assertThat(fixture.names()).doesNotContain("00000000000000000005.index");
      fixture.append("a").reopen().assertReads("a");
    }
  }

  @Test
  void anEmptyLogFileBeginsAtItsBase() {
    try (LogFixture fixture = LogFixture.closed(root, options -> options)) {
      fixture.write(LogFixture.logOf(42), new byte[0]).reopen().assertOffsets(42, 42);
      fixture.reopen().assertOffsets(42, 42);
      assertThat(fixture.report().closedInOrder()).isTrue();
      fixture.append("a").assertOffsets(42, 43).reopen().assertReads("a");
    }
  }

  @Test
  void offsetsOfALogWhoseFilesAreGoneAreNotGivenOutAgain() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b", "c").shut();
      fixture.deleteFile(LogFixture.logOf(0)).reopen();
      fixture.assertOffsets(3, 3).append("d").reopen().assertOffsets(3, 4).assertReads("d");
    }
  }

  @Test
  void openingTwiceChangesNothingTheSecondTime() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b").roll().append("c").maintain().append("d").roll().append("e").kill();
      int[] positions = {30, 70, 100, 130};
      for (int position : positions) {
        fixture.onCopy(
            root,
            copy -> copy.flip(LogFixture.logOf(2), position, 8),
            first -> {
              first.kill();
              Map<String, byte[]> once = first.files();
              first.reopen().kill();
              assertThat(first.files()).as("position %s", position).containsExactlyEntriesOf(once);
            });
      }
      fixture.reopen().assertReads("a", "b", "c", "d", "e").shut();
      Map<String, byte[]> closed = fixture.files();
      fixture.reopen().assertReads("a", "b", "c", "d", "e").shut();
      assertThat(fixture.files()).containsExactlyEntriesOf(closed);
    }
  }

  @Test
  void closingLeavesNoSnapshotsBetweenTheBasesOfSegments() {
    try (LogFixture fixture = LogFixture.open(root)) {
      for (String key : List.of("a", "b", "c", "d")) {
        fixture.append(key).reopen();
      }
      assertThat(fixture.names()).filteredOn(name -> name.endsWith(".snapshot")).hasSize(1);
    }
  }

  @Test
  void aControlBatchThatMarksNothingDoesNotKeepALogFromOpening() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a").roll();
      EndTransactionMarker marker = new EndTransactionMarker(Outcome.COMMIT, 0);
      EncodedBatch batch = marker.encode(fixture.nowMillis(), 7, (short) 0);
      int version = RecordBatch.HEADER_BYTES + 5; // the first byte of the key
      batch.memory().set(ValueLayout.JAVA_BYTE, version, (byte) 0x80);
      batch.stampLogAppendTime(fixture.nowMillis()); // sums anew
      assertThatThrownBy(() -> fixture.log().append(batch)).hasMessageContaining("version");
      fixture.assertOffsets(0, 1).append("b").assertReads("a", "b");

      batch.stamp(2, 0);
      byte[] bytes = batch.memory().asSlice(0, batch.sizeBytes()).toArray(ValueLayout.JAVA_BYTE);
      fixture.shut().extend(LogFixture.logOf(1), bytes).reopen();
      fixture.assertReads("a", "b").assertOffsets(0, 3);
      assertThat(fixture.report().losses()).isEmpty();
      assertThat(fixture.report().decisions())
          .filteredOn(decision -> decision.kind() == RecoveryDecision.Kind.PASSED_OVER_MARKER)
          .singleElement()
          .asString()
          .contains("marks nothing");
    }
  }
}
