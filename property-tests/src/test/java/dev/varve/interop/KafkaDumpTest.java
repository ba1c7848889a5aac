package dev.varve.interop;

import static dev.varve.interop.KafkaDump.Check.CONTENT;
import static dev.varve.interop.KafkaDump.Check.CONTENT_WITHOUT_TIME_INDEXES;
import static dev.varve.interop.KafkaDump.Check.INDEX_ENTRIES;
import static dev.varve.interop.KafkaDump.Check.INDEX_SANITY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.interop.KafkaDump.Complaint;
import dev.varve.interop.KafkaDump.Output;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.record.internal.CompressionType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The oracle must be able to fail, once for each thing that it is asked about. */
class KafkaDumpTest {
  private static final int FIRST_RECORD = 61;

  private LogDirectory directory;
  private long secondBase;

  @BeforeEach
  void writeALogOfSeveralSegments() throws IOException {
    directory = LogDirectory.create();
    CompressionType[] codecs = CompressionType.values();
    try (KafkaLog log = KafkaLog.at(directory.path()).segmentBytes(20_000).open()) {
      for (int i = 0; i < 600; i++) {
        NewRecord record = NewRecord.of(1_700_000_000_000L + i, "key " + i, "value " + i);
        log.append(
            NewBatch.of(codecs[i % codecs.length], record)
                .by(NewBatch.Producer.idempotent(9, 0, i)));
      }
      List<Long> bases = log.segmentBaseOffsets();
      assertThat(bases).hasSizeGreaterThan(2);
      secondBase = bases.get(1);
    }
  }

  @AfterEach
  void deleteDirectory() throws IOException {
    directory.close();
  }

  @ParameterizedTest
  @EnumSource
  void hasNoComplaintAboutWhatKafkaWrote(KafkaDump.Check check) throws IOException {
    assertThat(KafkaDump.complaints(directory.path(), check)).isEmpty();
  }

  @Test
  void readsEveryRecordOfEverySegment() throws IOException {
    long records = 0;
    for (Path file : directory.files()) {
      if (file.toString().endsWith(".log")) {
        records +=
            KafkaDump.dump(file, CONTENT).out().stream()
                .filter(line -> line.startsWith("| offset: "))
                .count();
      }
    }

    assertThat(records).isEqualTo(600);
  }

  @Test
  void aFlippedBitInARecordIsABatchThatIsNotValid() throws IOException {
    LogDirectory.flipBit(directory.file(0, ".log"), FIRST_RECORD + 8);

    assertComplaint(CONTENT, directory.file(0, ".log"), "isvalid: false");
  }

  @Test
  void zerosAfterTheDataAreARecordOfSizeZero() throws IOException {
    LogDirectory.appendZeros(directory.file(secondBase, ".log"), 100);

    assertComplaint(
        CONTENT,
        directory.file(secondBase, ".log"),
        "CorruptRecordException: Found record size 0 smaller than minimum record overhead (14)");
  }

  @Test
  void aTornTailIsInvalidBytesAtTheEnd() throws IOException {
    LogDirectory.cutOff(directory.file(secondBase, ".log"), 3);

    assertComplaint(
        CONTENT_WITHOUT_TIME_INDEXES,
        directory.file(secondBase, ".log"),
        "invalid bytes at the end of");
  }

  @Test
  void anIndexEntryWithAnotherOffsetIsAMismatch() throws IOException {
    Path index = directory.file(0, ".index");
    LogDirectory.flipBit(index, 3);

    assertComplaint(CONTENT, index, "Mismatches in :");
    assertComplaint(INDEX_ENTRIES, index, "Mismatches in :");
  }

  @Test
  void anIndexEntryBetweenBatchesEndsTheRun() throws IOException {
    Path index = directory.file(0, ".index");
    LogDirectory.flipBit(index, 7);

    assertThat(complaintsAbout(CONTENT, index)).isNotEmpty();
  }

  @Test
  void anIndexOfAnOddLengthIsCorrupt() throws IOException {
    Path index = directory.file(0, ".index");
    LogDirectory.cutOff(index, 1);

    assertComplaint(INDEX_SANITY, index, "CorruptIndexException");
  }

  @Test
  void aTimeIndexEntryWithAnotherTimeIsAMismatch() throws IOException {
    Path timeIndex = directory.file(0, ".timeindex");
    LogDirectory.flipBit(timeIndex, 7);

    assertComplaint(CONTENT, timeIndex, "Found timestamp mismatch in :");
  }

  @Test
  void aTimeIndexEntryThatNamesNoLastOffsetIsNotFound() throws IOException {
    Path timeIndex = directory.file(0, ".timeindex");
    // The offset of the first entry, made larger than any in the segment.
    LogDirectory.flipBit(timeIndex, 9);

    assertComplaint(CONTENT, timeIndex, "The following indexed offsets are not found in :");
  }

  @Test
  void anUntrimmedTimeIndexIsCorrupt() throws IOException {
    Path timeIndex = directory.file(secondBase, ".timeindex");
    LogDirectory.appendZeros(timeIndex, 24);

    assertComplaint(INDEX_SANITY, timeIndex, "CorruptIndexException");
  }

  @Test
  void aFlippedBitInASnapshotIsCorrupt() throws IOException {
    Path snapshot = directory.file(secondBase, ".snapshot");
    LogDirectory.flipBit(snapshot, (int) Files.size(snapshot) - 1);

    assertComplaint(CONTENT, snapshot, "Snapshot is corrupt (CRC is no longer valid)");
  }

  @Test
  void oneBadFileDoesNotHideTheNext() throws IOException {
    LogDirectory.appendZeros(directory.file(0, ".log"), 100);
    LogDirectory.flipBit(directory.file(secondBase, ".log"), FIRST_RECORD + 8);

    assertThat(KafkaDump.complaints(directory.path(), CONTENT_WITHOUT_TIME_INDEXES))
        .extracting(Complaint::file)
        .contains(
            directory.file(0, ".log").getFileName().toString(),
            directory.file(secondBase, ".log").getFileName().toString());
  }

  @Test
  void gapsAreNoComplaintButWhatFollowsThemIs() {
    Output output =
        new Output(
            List.of("Dumping x.log"),
            List.of(
                "Non-consecutive offsets in x.log",
                "  -1 is followed by 7",
                "  9 is followed by 12",
                "Mismatches in :x.index",
                "  Index offset: 3, log offset: 2"),
            "");

    assertThat(KafkaDump.complaintsIn(output))
        .containsExactly("Mismatches in :x.index", "  Index offset: 3, log offset: 2");
  }

  @Test
  void aDirectoryWithoutSegmentsIsAnErrorOfTheTest() throws IOException {
    try (LogDirectory empty = LogDirectory.create()) {
      Files.createDirectory(empty.path());

      assertThatThrownBy(() -> KafkaDump.complaints(empty.path()))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private void assertComplaint(KafkaDump.Check check, Path file, String text) throws IOException {
    assertThat(complaintsAbout(check, file)).anyMatch(complaint -> complaint.contains(text));
  }

  private List<String> complaintsAbout(KafkaDump.Check check, Path file) throws IOException {
    return KafkaDump.complaints(directory.path(), check).stream()
        .filter(complaint -> complaint.file().equals(file.getFileName().toString()))
        .map(Complaint::text)
        .toList();
  }
}
