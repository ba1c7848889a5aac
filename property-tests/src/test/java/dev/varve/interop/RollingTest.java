package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.record.Compression;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.RecordBatchBuilder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each reason to begin a new segment, at its very edge, in Kafka and in Varve. */
class RollingTest {
  private static final long NOW_MILLIS = 1_700_000_000_000L;
  private static final int BATCH_BYTES = BatchEncoding.encode(batchAt(NOW_MILLIS)).sizeInBytes();
  private static final LogSettings ROOMY = LogSettings.ofSegmentBytes(1 << 20);

  private LogDirectory ofKafka;
  private LogDirectory ofVarve;

  @BeforeEach
  void makeDirectories() throws IOException {
    ofKafka = LogDirectory.create();
    ofVarve = LogDirectory.create();
  }

  @AfterEach
  void deleteDirectories() throws IOException {
    ofKafka.close();
    ofVarve.close();
  }

  @Test
  void aSegmentIsFilledToTheLastByte() throws IOException {
    List<LogStep> fourBatches = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      fourBatches.add(append(NOW_MILLIS));
    }

    assertSegments(LogSettings.ofSegmentBytes(2 * BATCH_BYTES), fourBatches, 0, 2);
  }

  @Test
  void aSegmentThatLacksOneByteForABatchIsRolled() throws IOException {
    List<LogStep> threeBatches =
        List.of(append(NOW_MILLIS), append(NOW_MILLIS), append(NOW_MILLIS));

    assertSegments(LogSettings.ofSegmentBytes(2 * BATCH_BYTES - 1), threeBatches, 0, 1, 2);
  }

  @Test
  void theAgeCountsFromTheFirstBatchByTheTimeOfTheRecords() throws IOException {
    List<LogStep> steps =
        List.of(
            append(NOW_MILLIS),
            append(NOW_MILLIS + 1_000),
            append(NOW_MILLIS - 5_000),
            append(NOW_MILLIS + 1_001),
            append(NOW_MILLIS + 1_002));

    assertSegments(ROOMY.withSegmentMillis(1_000), steps, 0, 3);
  }

  @Test
  void theAgeCountsByTheClockWhereTheFirstBatchHasNoTimestamp() throws IOException {
    List<LogStep> steps =
        List.of(
            append(-1),
            new LogStep.PassTime(1_000),
            append(NOW_MILLIS * 2),
            new LogStep.PassTime(1),
            append(-1),
            append(-1));

    assertSegments(ROOMY.withSegmentMillis(1_000), steps, 0, 2);
  }

  /** Three entries fit, and the first batch of a segment has none. */
  @Test
  void aFullOffsetIndexRolls() throws IOException {
    List<LogStep> steps = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      steps.add(append(-1));
    }

    assertSegments(ROOMY.withIndexIntervalBytes(0).withSegmentIndexBytes(24), steps, 0, 4, 8);
  }

  /** Three entries fit too, but one place is kept for the largest timestamp. */
  @Test
  void aFullTimeIndexRolls() throws IOException {
    List<LogStep> steps = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      steps.add(append(NOW_MILLIS + i));
    }

    assertSegments(ROOMY.withIndexIntervalBytes(0).withSegmentIndexBytes(36), steps, 0, 3, 6);
  }

  /** Offsets in a segment lie within 2^31-1 of its base. Kafka takes such batches from a leader. */
  @Test
  void anOffsetOutOfReachRolls() throws IOException {
    int[] lastOffsetDeltas = {Integer.MAX_VALUE - 1, 0, 0, 7};

    try (KafkaLog kafka = ROOMY.kafka(ofKafka.path(), new KafkaClock(NOW_MILLIS)).open();
        VarveLog varve = VarveLog.open(ofVarve.path(), ROOMY, new KafkaClock(NOW_MILLIS))) {
      for (int lastOffsetDelta : lastOffsetDeltas) {
        EncodedBatch batch =
            RecordBatchBuilder.of(Compression.NONE)
                .lastOffsetDelta(lastOffsetDelta)
                .append(NOW_MILLIS, null, new byte[1])
                .build();
        varve.append(batch);
        kafka.appendAsFollower(batch);
      }

      assertThat(kafka.segmentBaseOffsets()).containsExactly(0L, 1L << 31);
      assertThat(varve.segmentBaseOffsets()).containsExactly(0L, 1L << 31);
    }
    assertThat(ofVarve.kafkaFiles()).isEqualTo(ofKafka.kafkaFiles());
  }

  private void assertSegments(LogSettings settings, List<LogStep> steps, long... baseOffsets)
      throws IOException {
    try (KafkaLog kafka = settings.kafka(ofKafka.path(), new KafkaClock(NOW_MILLIS)).open();
        VarveLog varve =
            VarveLog.open(
                ofVarve.path(), settings, new KafkaClock(NOW_MILLIS), VarveEncoding.KAFKA)) {
      LogStep.applyAll(steps, kafka);
      LogStep.applyAll(steps, varve);

      assertThat(kafka.segmentBaseOffsets())
          .as("Kafka's segments")
          .isEqualTo(Arrays.stream(baseOffsets).boxed().toList());
      assertThat(varve.segmentBaseOffsets()).isEqualTo(kafka.segmentBaseOffsets());
    }
    assertThat(ofVarve.kafkaFiles()).isEqualTo(ofKafka.kafkaFiles());
  }

  private static LogStep append(long timestamp) {
    return new LogStep.Append(batchAt(timestamp));
  }

  private static NewBatch batchAt(long timestamp) {
    return NewBatch.of(NewRecord.of(timestamp, "key", "value"));
  }
}
