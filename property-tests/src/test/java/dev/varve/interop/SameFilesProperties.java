package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.SortedMap;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/**
 * That Kafka and Varve, told the same with the same batches, leave the same files, to the byte:
 * they roll at the same places, make the same index entries, remember the same of producers.
 */
class SameFilesProperties {
  /** So early that to Kafka no producer is idle, whatever timestamps its batches have. */
  private static final long NOW_MILLIS = 5_000_000;

  @Provide
  Arbitrary<LogSettings> settings() {
    return HistoryArbitraries.settings();
  }

  @Provide
  Arbitrary<List<LogStep>> histories() {
    return HistoryArbitraries.histories(40);
  }

  @Provide
  Arbitrary<List<LogStep>> historiesWithDeletion() {
    return HistoryArbitraries.historiesWithDeletion(40);
  }

  @Property(tries = 15)
  void kafkaAndVarveLeaveTheSameFiles(
      @ForAll("settings") LogSettings settings, @ForAll("histories") List<LogStep> steps)
      throws IOException {
    assertSameFiles(settings.withRoomFor(steps), List.of(steps));
  }

  /** Each begins its index interval anew when it opens a log that was closed in order. */
  @Property(tries = 15)
  void theFilesAreTheSameAfterReopeningAndDeletingToo(
      @ForAll("settings") LogSettings settings,
      @ForAll("historiesWithDeletion") List<LogStep> steps,
      @ForAll @IntRange(min = 2, max = 4) int sessions)
      throws IOException {
    assertSameFiles(settings.withRoomFor(steps), LogStep.split(steps, sessions));
  }

  private static void assertSameFiles(LogSettings settings, List<List<LogStep>> sessions)
      throws IOException {
    KafkaClock kafkaClock = new KafkaClock(NOW_MILLIS);
    KafkaClock varveClock = new KafkaClock(NOW_MILLIS);
    long start = 0;
    try (LogDirectory ofKafka = LogDirectory.create();
        LogDirectory ofVarve = LogDirectory.create()) {
      for (List<LogStep> steps : sessions) {
        try (KafkaLog kafka =
                settings.kafka(ofKafka.path(), kafkaClock).logStartOffset(start).open();
            VarveLog varve =
                VarveLog.open(ofVarve.path(), settings, varveClock, VarveEncoding.KAFKA)) {
          LogStep.applyAll(steps, kafka);
          LogStep.applyAll(steps, varve);
          start = kafka.startOffset();
          assertThat(varve.startOffset()).isEqualTo(start);
          assertThat(varve.segmentBaseOffsets()).isEqualTo(kafka.segmentBaseOffsets());
          assertThat(varve.readAll()).isEqualTo(kafka.readAll());
        }
        assertThat(filesThatCount(ofVarve, start)).isEqualTo(filesThatCount(ofKafka, start));
      }
    }
  }

  /**
   * Kafka removes the snapshots at and below the log start when it opens a log. Varve keeps that of
   * the first segment, without which a scan of the segment would forget older producers.
   */
  private static SortedMap<String, Bytes> filesThatCount(LogDirectory directory, long startOffset)
      throws IOException {
    SortedMap<String, Bytes> files = directory.kafkaFiles();
    files
        .keySet()
        .removeIf(
            name -> name.endsWith(".snapshot") && LogDirectory.baseOffsetOf(name) <= startOffset);
    return files;
  }
}
