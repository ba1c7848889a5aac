package dev.varve.log.inspect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.CommitLog;
import dev.varve.log.error.LogDirectoryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LogVerifierTest {
  @TempDir Path parent;

  /** What is done to a log. */
  @FunctionalInterface
  interface Damage {
    /** Returns the file in which it has to be found, and where. */
    Place inflict(SampleLog log) throws IOException;
  }

  record Place(Path file, long position) {}

  record Case(String name, Damage damage, String found, String expected) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> damages() {
    return Stream.of(
            logDamages(),
            indexDamages(),
            timeIndexDamages(),
            transactionIndexDamages(),
            stateDamages())
        .flatMap(List::stream);
  }

  private static List<Case> logDamages() {
    return List.of(
        new Case("a flipped bit", log -> flippedBatch(log, 1, 3, 70), "checksum", "0x"),
        new Case("a flipped length", log -> flippedBatch(log, 0, 2, 8), "bytes left", "a batch of"),
        new Case("another magic", log -> flippedBatch(log, 0, 2, 16), "magic 18", "magic 2"),
        new Case("a torn batch", LogVerifierTest::torn, "bytes left", "a batch of"),
        new Case("zeros behind", log -> tail(log, new byte[100]), "100 bytes of zeros", "the end"),
        new Case("noise behind", log -> tail(log, "noise ".repeat(20).getBytes(UTF_8)), "", ""),
        new Case(
            "a base offset that falls",
            log -> batch(log, 1, 2, false, batch -> batch.putLong(0, 0)),
            "base offset 0",
            "at least"),
        new Case(
            "a batch that leaps into the next segment",
            log -> lastBatch(log, 0, false, batch -> batch.putLong(0, batch.getLong(0) + 1000)),
            "base offset",
            ""),
        new Case(
            "a batch that reaches into the next segment",
            log -> lastBatch(log, 0, true, batch -> batch.putInt(23, batch.getInt(23) + 1000)),
            "last offset",
            "below the base offset"),
        new Case(
            "a leader epoch that contradicts the checkpoint",
            log -> batch(log, 0, 1, false, batch -> batch.putInt(12, 7)),
            "leader epoch 7",
            "epoch 0"),
        new Case(
            "a maxTimestamp that is not the maximum",
            log -> batch(log, 0, 1, true, batch -> batch.putLong(35, batch.getLong(35) + 1)),
            "maxTimestamp",
            "the largest timestamp of the records"),
        new Case(
            "a record count that is too low",
            log -> batch(log, 1, 1, true, batch -> batch.putInt(57, batch.getInt(57) - 1)),
            "behind the last record",
            "none"),
        new Case(
            "unknown attributes",
            log -> batch(log, 0, 1, true, batch -> batch.putShort(21, (short) 0x4000)),
            "attributes 0x4000",
            "bits 0 to 6"),
        new Case(
            "an unknown codec",
            log -> batch(log, 0, 1, true, batch -> batch.putShort(21, (short) 5)),
            "codec 5",
            "0 to 4"));
  }

  private static List<Case> indexDamages() {
    return List.of(
        new Case("no .index", log -> removed(log.file(".index", 0)), "no file", "an index"),
        new Case("no .timeindex", log -> removed(log.file(".timeindex", 1)), "no file", "an index"),
        new Case(
            "half an entry", log -> shortened(log.file(".index", 0), 8, 3), "5 bytes", "whole"),
        new Case(
            "half a time entry", log -> shortened(log.file(".timeindex", 0), 12, 4), "8 bytes", ""),
        new Case("zeros behind .index", log -> zeros(log.file(".index", 1), 800), "zeros", "trim"),
        new Case(
            "zeros behind .timeindex", log -> zeros(log.file(".timeindex", 1), 120), "zeros", ""),
        new Case("noise", log -> noise(log.file(".index", 0)), "offset", ""),
        new Case(
            "an index of another segment",
            log -> copied(log.file(".index", 1), log.file(".index", 0)),
            "",
            ""),
        new Case(
            "a base offset for a last one",
            log -> entry(log.file(".index", 0), 8, bytes -> bytes.putInt(8, bytes.getInt(8) - 1)),
            "offset",
            "its last offset"),
        new Case(
            "a position between batches",
            log -> entry(log.file(".index", 0), 8, bytes -> bytes.putInt(12, bytes.getInt(12) + 1)),
            "position",
            "the position of a batch"));
  }

  private static List<Case> timeIndexDamages() {
    return List.of(
        new Case(
            "no largest timestamp",
            log -> withoutLast(log.file(".timeindex", 0), 12),
            "no entry",
            "one for timestamp"),
        new Case(
            "an empty .timeindex",
            log -> withoutLast(log.file(".timeindex", 1), Integer.MAX_VALUE),
            "no entry",
            "one for timestamp"),
        new Case(
            "a timestamp that no batch has",
            log ->
                entry(
                    log.file(".timeindex", 0),
                    12,
                    bytes -> bytes.putLong(12, bytes.getLong(12) + 1)),
            "timestamp",
            "largest so far"),
        new Case(
            "the offset of a record for a batch's",
            log ->
                entry(
                    log.file(".timeindex", 0), 12, bytes -> bytes.putInt(20, bytes.getInt(20) - 1)),
            "offset",
            "the last offset of the first batch"));
  }

  private static List<Case> transactionIndexDamages() {
    return List.of(
        new Case("no .txnindex", log -> removed(log.file(".txnindex", 0)), "no file", "aborted"),
        new Case(
            "a .txnindex without its last entry",
            log -> withoutLast(log.file(".txnindex", 0), 34),
            "no entry for the ABORT marker",
            "AbortedTransaction"),
        new Case(
            "half a transaction",
            log -> shortened(log.file(".txnindex", 0), 34, 4),
            "30 bytes",
            "whole entries"),
        new Case(
            "another producer",
            log -> entry(log.file(".txnindex", 0), 0, bytes -> bytes.putLong(2, 77)),
            "producerId=77",
            "AbortedTransaction"),
        new Case(
            "another version of .txnindex",
            log -> entry(log.file(".txnindex", 0), 0, bytes -> bytes.putShort(0, (short) 9)),
            "version 9",
            "version 0"),
        new Case(
            "an index without its log",
            log -> copied(log.file(".index", 0), log.directory().resolve(name(9000, ".index"))),
            "an index without its log",
            name(9000, ".log")));
  }

  private static List<Case> stateDamages() {
    return List.of(
        new Case(
            "a flipped snapshot",
            log -> flipped(log.file(".snapshot", 0), 20),
            "checksum",
            "that of"),
        new Case(
            "no snapshot at the end",
            log -> removed(log.file(".snapshot", 2)),
            "no file",
            "snapshot"),
        new Case(
            "epochs that are no numbers",
            log -> text(log, "leader-epoch-checkpoint", "0\n1\nzero 0\n"),
            "line 3",
            "an epoch and an offset"),
        new Case(
            "epochs beyond the end",
            log -> text(log, "leader-epoch-checkpoint", "0\n2\n0 0\n1 99999\n"),
            "epoch from offset 99999",
            "at most the end"),
        new Case(
            "a checkpoint with a flipped bit",
            log -> flipped(log.file("varve.checkpoint", 0), 35),
            "crc",
            "crc"),
        new Case("an empty checkpoint", log -> text(log, "varve.checkpoint", ""), "line 1", ""),
        new Case(
            "metadata without a topic id",
            log -> text(log, "partition.metadata", "version: 0\n"),
            "other lines",
            "topic_id"),
        new Case(
            "a topic id of zeros",
            log -> text(log, "partition.metadata", "version: 0\ntopic_id: " + "A".repeat(22)),
            "a topic id of zeros",
            "that of a topic"));
  }

  @ParameterizedTest
  @MethodSource("damages")
  void damageIsFoundWhereItIs(Case damaged) throws IOException {
    SampleLog log = SampleLog.closed(parent.resolve("log-0"));

    Place place = damaged.damage.inflict(log);

    List<Finding> findings = new ArrayList<>();
    VerifyReport report = LogVerifier.verify(log.directory(), findings::add);
    assertThat(report.isSound()).isFalse();
    assertThat(findings)
        .filteredOn(Finding::isDamage)
        .anySatisfy(finding -> {
          assertThat(finding.file()).isEqualTo(place.file);
          assertThat(finding.position()).isEqualTo(place.position);
          assertThat(finding.found()).contains(damaged.found);
          assertThat(finding.expected()).contains(damaged.expected);
        });
  }

  @Test
  void aClosedLogHasNoFinding() throws IOException {
    SampleLog log = SampleLog.closed(parent.resolve("log-0"));

    List<Finding> findings = new ArrayList<>();
    VerifyReport report = LogVerifier.verify(log.directory(), findings::add);

    assertThat(findings).isEmpty();
    assertThat(report.segments()).isGreaterThan(2);
    assertThat(report.indexEntries()).isGreaterThan(20);
    // two of three batches are no transactions, and each transaction has a marker
    assertThat(report.records())
        .isEqualTo(SampleLog.RECORDS + SampleLog.RECORDS / SampleLog.BATCH_RECORDS / 3);
  }

  @Test
  void whatAnOpenLogHasNotWrittenYetIsNoDamage() throws IOException {
    Path directory = parent.resolve("log-0");
    try (CommitLog log = SampleLog.open(directory)) {
      List<Finding> findings = new ArrayList<>();
      VerifyReport report = LogVerifier.verify(directory, findings::add);

      assertThat(findings).filteredOn(Finding::isDamage).isEmpty();
      assertThat(findings)
          .extracting(Finding::found)
          .contains("no line that says closed", "a lock file")
          .anyMatch(found -> found.endsWith("bytes of zeros"));
      assertThat(report.records() + log.offsets().startOffset())
          .isEqualTo(log.offsets().endOffset());
    }
  }

  @Test
  void strangeFilesAndLeftoversAreNotes() throws IOException {
    SampleLog log = SampleLog.closed(parent.resolve("log-0"));
    List<String> names =
        List.of(
            "notes.txt",
            "123.log",
            name(0, ".log.swap"),
            name(0, ".index.deleted"),
            name(0, ".log.cleaned"),
            "varve.checkpoint.tmp");
    for (String name : names) {
      Files.writeString(log.directory().resolve(name), "");
    }
    Files.createDirectory(log.directory().resolve("folder"));

    List<Finding> findings = new ArrayList<>();
    VerifyReport report = LogVerifier.verify(log.directory(), findings::add);

    assertThat(report.isSound()).isTrue();
    assertThat(findings)
        .extracting(finding -> finding.file().getFileName().toString())
        .containsExactlyInAnyOrder(
            "notes.txt",
            "123.log",
            name(0, ".log.swap"),
            name(0, ".index.deleted"),
            name(0, ".log.cleaned"),
            "varve.checkpoint.tmp",
            "folder");
  }

  @Test
  void verifyingChangesNothing() throws IOException {
    SampleLog log = SampleLog.closed(parent.resolve("log-0"));
    SampleLog.flip(log.file(".log", 1), 100);
    Files.delete(log.file(".index", 0));
    List<String> before = listing(log.directory());

    LogVerifier.verify(log.directory(), finding -> {});

    assertThat(listing(log.directory())).isEqualTo(before);
  }

  @Test
  void whereThereIsNoLogIsSaid() throws IOException {
    Path file = Files.writeString(parent.resolve("file"), "");
    Path empty = Files.createDirectory(parent.resolve("empty"));

    assertThatThrownBy(() -> LogVerifier.verify(parent.resolve("missing"), finding -> {}))
        .isInstanceOf(LogDirectoryException.class)
        .hasMessageContaining("does not exist");
    assertThatThrownBy(() -> LogVerifier.verify(file, finding -> {}))
        .isInstanceOf(LogDirectoryException.class)
        .hasMessageContaining("is a file");
    assertThatThrownBy(() -> LogVerifier.verify(empty, finding -> {}))
        .isInstanceOf(LogDirectoryException.class)
        .hasMessageContaining("holds no log");
  }

  private static List<String> listing(Path directory) throws IOException {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.sorted().toList()) {
        lines.add(file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file));
      }
    }
    return lines;
  }

  private static String name(long base, String extension) {
    String digits = Long.toString(base);
    return "0".repeat(20 - digits.length()) + digits + extension;
  }

  private static Place flippedBatch(SampleLog log, int segment, int batch, int at)
      throws IOException {
    long position = log.batchPositions(segment).get(batch);
    SampleLog.flip(log.file(".log", segment), position + at);
    return new Place(log.file(".log", segment), position);
  }

  private static Place batch(
      SampleLog log, int segment, int number, boolean withChecksum, Consumer<ByteBuffer> change)
      throws IOException {
    Path file = log.file(".log", segment);
    long position = log.batchPositions(segment).get(number);
    if (withChecksum) {
      SampleLog.changeBatch(file, position, change);
    } else {
      SampleLog.change(file, bytes -> change.accept(bytes.position((int) position).slice()));
    }
    return new Place(file, position);
  }

  private static Place lastBatch(
      SampleLog log, int segment, boolean withChecksum, Consumer<ByteBuffer> change)
      throws IOException {
    int number = log.batchPositions(segment).size() - 2;
    return batch(log, segment, number, withChecksum, change);
  }

  private static Place torn(SampleLog log) throws IOException {
    List<Long> positions = log.batchPositions(0);
    Path file = log.file(".log", 0);
    SampleLog.cut(file, positions.getLast() - 10);
    return new Place(file, positions.get(positions.size() - 2));
  }

  private static Place tail(SampleLog log, byte[] bytes) throws IOException {
    Path file = log.file(".log", 0);
    long size = Files.size(file);
    SampleLog.extend(file, bytes);
    return new Place(file, size);
  }

  private static Place removed(Path file) throws IOException {
    Files.delete(file);
    return new Place(file, 0);
  }

  private static Place shortened(Path file, int entryBytes, int bytes) throws IOException {
    long size = Files.size(file);
    SampleLog.cut(file, size - bytes);
    return new Place(file, size - entryBytes);
  }

  private static Place withoutLast(Path file, int bytes) throws IOException {
    long size = Math.max(0, Files.size(file) - bytes);
    SampleLog.cut(file, size);
    return new Place(file, size);
  }

  private static Place zeros(Path file, int bytes) throws IOException {
    long size = Files.size(file);
    SampleLog.extend(file, new byte[bytes]);
    return new Place(file, size);
  }

  private static Place noise(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    new Random(3).nextBytes(bytes);
    bytes[0] = (byte) 0x80; // an offset below the base
    Files.write(file, bytes);
    return new Place(file, 0);
  }

  private static Place copied(Path from, Path to) throws IOException {
    Files.write(to, Files.readAllBytes(from));
    return new Place(to, 0);
  }

  private static Place entry(Path file, long position, Consumer<ByteBuffer> change)
      throws IOException {
    SampleLog.change(file, change);
    return new Place(file, position);
  }

  private static Place flipped(Path file, int position) throws IOException {
    SampleLog.flip(file, position);
    return new Place(file, 0);
  }

  private static Place text(SampleLog log, String name, String text) throws IOException {
    Path file = log.directory().resolve(name);
    Files.writeString(file, text);
    return new Place(file, 0);
  }

  /** What lies below the start is no longer in the checkpoint of epochs. */
  @Test
  void aLogWhoseStartWasMovedIsSound() throws IOException {
    Path moved = parent.resolve("moved-0");
    try (CommitLog log = CommitLog.open(moved)) {
      for (int i = 0; i < 3; i++) {
        log.append(null, new byte[10]);
      }
      log.advanceStartOffset(2);
    }
    assertThat(LogVerifier.verify(moved, finding -> {}).isSound()).isTrue();
  }
}
