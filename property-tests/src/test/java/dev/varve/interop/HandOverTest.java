package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.interop.NewBatch.Producer;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What one side learns of what the other has done to the directory. */
class HandOverTest {
  private static final long NOW_MILLIS = 1_700_000_000_000L;

  private final KafkaClock clock = new KafkaClock(NOW_MILLIS);
  private final LogSettings settings = LogSettings.ofSegmentBytes(400);
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
  void varveScansWhatKafkaHasChanged() throws IOException {
    fill(varve(), 20);
    fill(kafka(0), 1);

    try (VarveLog log = varve()) {
      assertThat(log.openReport().closedInOrder()).isFalse();
      assertThat(log.openReport().scannedSegments()).isEqualTo(log.segmentBaseOffsets().size());
      assertThat(log.openReport().losses()).isEmpty();
      assertThat(log.readAll()).hasSize(21);
    }
  }

  @Test
  void varveScansNothingThatKafkaOnlyRead() throws IOException {
    fill(varve(), 20);
    try (KafkaLog log = kafka(0)) {
      assertThat(log.readAll()).hasSize(20);
    }

    try (VarveLog log = varve()) {
      assertThat(log.openReport().closedInOrder()).isTrue();
      assertThat(log.readAll()).hasSize(20);
    }
  }

  @Test
  void theStartThatVarveHasMovedStaysWhereItIs() throws IOException {
    try (VarveLog log = varve()) {
      append(log, 20);
      log.deleteRecordsBefore(7);
    }
    fill(kafka(7), 1);

    try (VarveLog log = varve()) {
      assertThat(log.startOffset()).isEqualTo(7);
      assertThat(log.readAll()).hasSize(14);
    }
  }

  @Test
  void segmentsThatKafkaHasDeletedAreGoneInVarve() throws IOException {
    fill(varve(), 20);
    long firstBase;
    try (KafkaLog log = kafka(0)) {
      log.deleteRecordsBefore(12);
      firstBase = log.segmentBaseOffsets().getFirst();
    }

    try (VarveLog log = varve()) {
      assertThat(firstBase).isPositive();
      assertThat(log.startOffset()).isEqualTo(firstBase);
      assertThat(log.endOffset()).isEqualTo(20);
      assertThat(log.append(NewBatch.of(NewRecord.of(NOW_MILLIS, "k", "v")))).isEqualTo(20);
    }
  }

  @Test
  void whatKafkaHasTruncatedIsGoneInVarveAndItsOffsetsAreGivenAgain() throws IOException {
    fill(varve(), 20);
    try (KafkaLog log = kafka(0)) {
      log.truncateTo(3);
    }

    try (VarveLog log = varve()) {
      assertThat(log.endOffset()).isEqualTo(3);
      assertThat(log.append(NewBatch.of(NewRecord.of(NOW_MILLIS, "k", "v")))).isEqualTo(3);
    }
    try (KafkaLog log = kafka(0)) {
      assertThat(log.readAll()).hasSize(4);
    }
  }

  @Test
  void aTransactionGoesOnFromOneToTheOther() throws IOException {
    Producer producer = Producer.transactional(42, 3, 0);
    NewRecord record = NewRecord.of(NOW_MILLIS, "k", "v");
    try (VarveLog log = varve()) {
      log.append(NewBatch.of(record));
      log.append(NewBatch.of(record, record).by(producer));
    }
    try (KafkaLog log = kafka(0)) {
      assertThat(log.lastStableOffset()).isEqualTo(1);
      log.append(NewBatch.of(record).by(Producer.transactional(42, 3, 2)));
    }
    try (VarveLog log = varve()) {
      log.endTransaction(producer, false, 8, 0);
    }

    try (KafkaLog log = kafka(0)) {
      assertThat(log.lastStableOffset()).isEqualTo(5);
      assertThat(log.lastSequences()).containsEntry(42L, 2);
      assertThat(log.readAll())
          .extracting(KafkaRecord::control)
          .containsExactly(false, false, false, false, true);
    }
    assertThat(directory.file(baseOffsetOfAbortedTransactions(), ".txnindex")).hasSize(34);
  }

  @Test
  void theLeaderEpochThatKafkaHasReachedIsThatOfVarvesBatches() throws IOException {
    NewBatch batch = NewBatch.of(NewRecord.of(NOW_MILLIS, "k", "v"));
    try (KafkaLog log = kafka(0)) {
      log.append(batch, 2);
      log.append(batch, 6);
    }
    try (VarveLog log = varve()) {
      log.append(batch);
    }

    try (KafkaLog log = kafka(0)) {
      assertThat(log.readAll()).extracting(KafkaRecord::leaderEpoch).containsExactly(2, 6, 6);
    }
    assertThat(directory.path().resolve("leader-epoch-checkpoint"))
        .content()
        .isEqualTo("0\n2\n2 0\n6 1\n");
  }

  private long baseOffsetOfAbortedTransactions() throws IOException {
    return directory.files().stream()
        .map(file -> file.getFileName().toString())
        .filter(name -> name.endsWith(".txnindex"))
        .mapToLong(LogDirectory::baseOffsetOf)
        .findFirst()
        .orElseThrow();
  }

  private VarveLog varve() {
    return VarveLog.open(directory.path(), settings, clock);
  }

  private KafkaLog kafka(long startOffset) throws IOException {
    return settings.kafka(directory.path(), clock).logStartOffset(startOffset).open();
  }

  private static void fill(PartitionLog opened, int records) throws IOException {
    try (opened) {
      append(opened, records);
    }
  }

  /** One record a batch. */
  private static void append(PartitionLog log, int records) throws IOException {
    for (int i = 0; i < records; i++) {
      log.append(NewBatch.of(NewRecord.of(NOW_MILLIS, "key", "value " + i)));
    }
  }
}
