package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.interop.KafkaLog.OffsetAtTime;
import dev.varve.interop.NewBatch.Producer;
import dev.varve.interop.NewRecord.RecordHeader;
import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KafkaLogTest {
  private LogDirectory directory;

  @BeforeEach
  void makeDirectory() throws IOException {
    directory = LogDirectory.create();
  }

  @AfterEach
  void deleteDirectory() throws IOException {
    directory.close();
  }

  @Test
  void readsARecordAsItWasAppended() throws IOException {
    NewRecord record =
        new NewRecord(
            1_600_000_000_123L,
            null,
            Bytes.of(),
            List.of(new RecordHeader("h", null), new RecordHeader("", Bytes.of((byte) 255))));

    try (KafkaLog log = KafkaLog.at(directory.path()).open()) {
      assertThat(log.append(NewBatch.of(CompressionType.ZSTD, record), 7)).isZero();

      assertThat(log.readAll())
          .singleElement()
          .satisfies(read -> assertThat(read.asNew()).isEqualTo(record))
          .extracting(KafkaRecord::toHexLine)
          .isEqualTo(
              "0\t1600000000123\tCreateTime\tnull\t\t68=null;=ff\t-1\t-1\t-1\tfalse\tfalse\t7"
                  + "\tzstd");
    }
  }

  @Test
  void offsetsGoOnFromBatchToBatchAndAfterReopening() throws IOException {
    try (KafkaLog log = KafkaLog.at(directory.path()).open()) {
      assertThat(log.append(NewBatch.of(numbered(0), numbered(1)))).isEqualTo(0);
      assertThat(log.append(NewBatch.of(numbered(2)))).isEqualTo(2);
    }
    try (KafkaLog log = KafkaLog.at(directory.path()).open()) {
      assertThat(log.append(NewBatch.of(numbered(3)))).isEqualTo(3);

      assertThat(log.readFrom(1)).extracting(KafkaRecord::offset).containsExactly(1L, 2L, 3L);
    }
  }

  @Test
  void logAppendTimeComesFromTheClock() throws IOException {
    try (KafkaLog log =
        KafkaLog.at(directory.path())
            .config("message.timestamp.type", "LogAppendTime")
            .clock(new KafkaClock(5_000))
            .open()) {
      log.clock().advance(11);
      log.append(NewBatch.of(numbered(0)));

      KafkaRecord read = log.readAll().getFirst();
      assertThat(read.timestamp()).isEqualTo(5_011);
      assertThat(read.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
    }
  }

  @Test
  void anOrderlyCloseTrimsTheIndexesAndACopyOfTheOpenLogHasThemUntrimmed() throws IOException {
    try (KafkaLog log = KafkaLog.at(directory.path()).open()) {
      log.append(NewBatch.of(numbered(0)));
      try (LogDirectory killed = directory.copy()) {
        assertThat(killed.file(0, ".timeindex")).hasSize(10 * 1024 * 1024 / 12 * 12L);
      }
    }

    assertThat(directory.file(0, ".index")).isEmptyFile();
    assertThat(directory.file(0, ".timeindex")).hasSize(12);
    assertThat(directory.file(1, ".snapshot")).exists();
  }

  @Test
  void recoveryMakesTheSameIndexesAgain() throws IOException {
    List<KafkaRecord> written;
    try (KafkaLog log = KafkaLog.at(directory.path()).segmentBytes(10_000).open()) {
      fill(log, 400);
      written = log.readAll();
      assertThat(log.segmentBaseOffsets()).hasSizeGreaterThan(2);
    }

    try (LogDirectory copy = directory.copy()) {
      copy.deleteFilesEndingIn(".index", ".timeindex", ".snapshot", "leader-epoch-checkpoint");
      try (KafkaLog log = KafkaLog.at(copy.path()).segmentBytes(10_000).afterUncleanStop().open()) {
        assertThat(log.readAll()).isEqualTo(written);
      }
      assertThat(copy.files())
          .allSatisfy(file ->
              assertThat(file)
                  .hasSameBinaryContentAs(directory.path().resolve(file.getFileName())));
      assertThat(copy.files()).hasSameSizeAs(directory.files());
    }
  }

  @Test
  void recoveryCutsATornTail() throws IOException {
    try (KafkaLog log = KafkaLog.at(directory.path()).open()) {
      fill(log, 10);
    }
    LogDirectory.cutOff(directory.file(0, ".log"), 1);

    try (KafkaLog log = KafkaLog.at(directory.path()).afterUncleanStop().open()) {
      assertThat(log.endOffset()).isEqualTo(9);
    }
  }

  @Test
  void recoveryDoesNotLookBelowTheRecoveryPoint() throws IOException {
    try (KafkaLog log = KafkaLog.at(directory.path()).segmentBytes(2_000).open()) {
      fill(log, 100);
    }
    LogDirectory.flipBit(directory.file(0, ".log"), 70);

    try (LogDirectory copy = directory.copy();
        KafkaLog log =
            KafkaLog.at(copy.path())
                .segmentBytes(2_000)
                .afterUncleanStop()
                .recoveryPoint(99)
                .open()) {
      assertThat(log.endOffset()).isEqualTo(100);
    }
    try (KafkaLog log =
        KafkaLog.at(directory.path()).segmentBytes(2_000).afterUncleanStop().open()) {
      assertThat(log.endOffset()).isZero();
    }
  }

  @Test
  void anAbortedTransactionIsInTheLogAndInTheTransactionIndex() throws IOException {
    Producer producer = Producer.transactional(42, 3, 0);
    try (KafkaLog log = KafkaLog.at(directory.path()).open()) {
      log.append(NewBatch.of(numbered(0), numbered(1)).by(producer));
      assertThat(log.lastStableOffset()).isZero();

      assertThat(log.endTransaction(producer, false, 5, 0)).isEqualTo(2);

      assertThat(log.lastStableOffset()).isEqualTo(3);
      assertThat(log.lastSequences()).containsEntry(42L, 1);
      assertThat(log.readAll()).extracting(KafkaRecord::sequence).containsExactly(0, 1, -1);
      assertThat(log.readAll().getLast())
          .satisfies(marker -> {
            assertThat(marker.control()).isTrue();
            assertThat(marker.key()).isEqualTo(Bytes.of((byte) 0, (byte) 0, (byte) 0, (byte) 0));
            assertThat(marker.value()).isEqualTo(Bytes.of(new byte[] {0, 0, 0, 0, 0, 5}));
          });
    }
    assertThat(directory.file(0, ".txnindex")).hasSize(34);
  }

  @Test
  void theMarkerOfTransactionVersionTwoHasTheNextEpoch() throws IOException {
    Producer producer = Producer.transactional(42, 3, 0);
    try (KafkaLog log = KafkaLog.at(directory.path()).open()) {
      log.append(NewBatch.of(numbered(0)).by(producer));
      log.endTransaction(producer, true, 0, 2);

      assertThat(log.readAll())
          .extracting(KafkaRecord::producerEpoch)
          .containsExactly((short) 3, (short) 4);
    }
  }

  @Test
  void aFollowerKeepsOffsetsGapsAndEpochs() throws IOException {
    try (KafkaLog log = KafkaLog.at(directory.path()).open()) {
      log.appendAsFollower(10, 4, NewBatch.of(numbered(0)), NewBatch.of(numbered(1), numbered(2)));
      log.appendAsFollower(100, 6, NewBatch.of(CompressionType.LZ4, numbered(3)));

      assertThat(log.readAll())
          .extracting(KafkaRecord::offset)
          .containsExactly(10L, 11L, 12L, 100L);
      assertThat(log.readAll()).extracting(KafkaRecord::leaderEpoch).containsExactly(4, 4, 4, 6);
    }
    assertThat(directory.path().resolve("leader-epoch-checkpoint"))
        .content()
        .isEqualTo("0\n2\n4 10\n6 100\n");
  }

  @Test
  void deletedRecordsAreGoneAndWholeSegmentsToo() throws IOException {
    try (KafkaLog log = KafkaLog.at(directory.path()).segmentBytes(2_000).open()) {
      fill(log, 100);
      List<Long> before = log.segmentBaseOffsets();

      log.deleteRecordsBefore(50);

      assertThat(log.startOffset()).isEqualTo(50);
      assertThat(log.readAll()).hasSize(50);
      assertThat(log.segmentBaseOffsets()).hasSizeLessThan(before.size());
    }
    assertThat(directory.file(0, ".log")).doesNotExist();
    assertThat(directory.files()).noneMatch(file -> file.toString().endsWith(".deleted"));
  }

  @Test
  void deletedFilesLingerUntilTheirDelayHasPassed() throws IOException {
    try (KafkaLog log =
        KafkaLog.at(directory.path()).config("file.delete.delay.ms", "500").open()) {
      fill(log, 3);
      log.roll();
      log.deleteRecordsBefore(3);

      log.clock().advance(499);
      assertThat(directory.file(0, ".log.deleted")).exists();
      log.clock().advance(1);
      assertThat(directory.file(0, ".log.deleted")).doesNotExist();
    }
  }

  @Test
  void aTimeFindsTheFirstRecordThatIsNotOlder() throws IOException {
    try (KafkaLog log = KafkaLog.at(directory.path()).segmentBytes(2_000).open()) {
      fill(log, 100);

      assertThat(log.offsetForTimestamp(numbered(60).timestamp()))
          .contains(new OffsetAtTime(60, numbered(60).timestamp()));
      assertThat(log.offsetForTimestamp(numbered(99).timestamp() + 1)).isEmpty();
    }
  }

  @Test
  void truncationCutsTheEnd() throws IOException {
    try (KafkaLog log = KafkaLog.at(directory.path()).segmentBytes(2_000).open()) {
      fill(log, 100);
      log.truncateTo(7);

      assertThat(log.readAll()).hasSize(7);
      assertThat(log.segmentBaseOffsets()).containsExactly(0L);
    }
  }

  @Test
  void aBatchAboveTheLimitIsRefused() throws IOException {
    try (KafkaLog log = KafkaLog.at(directory.path()).config("max.message.bytes", "70").open()) {
      assertThatThrownBy(() -> log.append(NewBatch.of(numbered(0))))
          .isInstanceOf(RecordTooLargeException.class);
      assertThat(log.endOffset()).isZero();
    }
  }

  private static NewRecord numbered(int number) {
    return NewRecord.of(1_700_000_000_000L + number, "key " + number, "value " + number);
  }

  /** One record a batch, in all codecs by turns. */
  private static void fill(KafkaLog log, int records) throws IOException {
    CompressionType[] codecs = CompressionType.values();
    for (int i = 0; i < records; i++) {
      log.append(NewBatch.of(codecs[i % codecs.length], numbered(i)));
    }
  }
}
