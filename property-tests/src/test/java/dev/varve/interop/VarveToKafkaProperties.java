package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.record.TimestampType;
import java.io.IOException;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** That what Varve has written and closed is, to Kafka, a log that Kafka has closed. */
class VarveToKafkaProperties {
  /** So early that to Kafka no producer is idle, whatever timestamps its batches have. */
  private static final long NOW_MILLIS = 5_000_000;

  @Provide
  Arbitrary<LogSettings> settings() {
    return HistoryArbitraries.settings();
  }

  @Provide
  Arbitrary<List<LogStep>> histories() {
    return HistoryArbitraries.histories(30);
  }

  @Provide
  Arbitrary<List<LogStep>> historiesWithDeletion() {
    return HistoryArbitraries.historiesWithDeletion(30);
  }

  @Provide
  Arbitrary<List<NewBatch>> batchLists() {
    return BatchArbitraries.batchLists();
  }

  @Property(tries = 12)
  void kafkaReadsWhatVarveWrote(
      @ForAll("settings") LogSettings chosen,
      @ForAll("historiesWithDeletion") List<LogStep> steps,
      @ForAll @IntRange(min = 1, max = 3) int sessions)
      throws IOException {
    LogSettings settings = chosen.withRoomFor(steps);
    KafkaClock clock = new KafkaClock(NOW_MILLIS);
    try (LogDirectory directory = LogDirectory.create()) {
      Written written = write(directory, settings, clock, LogStep.split(steps, sessions));

      assertThat(KafkaDump.complaints(directory.path())).isEmpty();
      assertAsAsked(settings, written.records, steps);
      try (LogDirectory copy = directory.copy();
          KafkaLog kafka =
              settings.kafka(copy.path(), clock).logStartOffset(written.startOffset).open()) {
        assertThat(kafka.readAll()).isEqualTo(written.records);
        assertThat(kafka.startOffset()).isEqualTo(written.startOffset);
        assertThat(kafka.endOffset()).isEqualTo(written.endOffset);
        assertThat(kafka.segmentBaseOffsets()).isEqualTo(written.segmentBaseOffsets);
        if (TimeLookups.kafkaSeesAllTimes(directory, written.startOffset)) {
          TimeLookups.assertFindsFirstRecords(kafka, written.records);
        }
      }
    }
  }

  @Property(tries = 12)
  void kafkaMakesTheSameFilesOfTheLogAlone(
      @ForAll("settings") LogSettings chosen, @ForAll("histories") List<LogStep> steps)
      throws IOException {
    LogSettings settings = chosen.withRoomFor(steps);
    KafkaClock clock = new KafkaClock(NOW_MILLIS);
    try (LogDirectory directory = LogDirectory.create()) {
      Written written = write(directory, settings, clock, List.of(steps));

      try (LogDirectory rebuilt = directory.copy()) {
        rebuilt.deleteFilesEndingIn(
            ".index", ".timeindex", ".txnindex", ".snapshot", "leader-epoch-checkpoint");
        try (KafkaLog unclean = settings.kafka(rebuilt.path(), clock).afterUncleanStop().open();
            LogDirectory copy = directory.copy();
            KafkaLog clean = settings.kafka(copy.path(), clock).open()) {
          assertThat(unclean.readAll()).isEqualTo(written.records);
          assertThat(clean.lastSequences()).isEqualTo(unclean.lastSequences());
          assertThat(clean.lastStableOffset()).isEqualTo(unclean.lastStableOffset());
        }
        assertThat(rebuilt.kafkaFiles()).isEqualTo(directory.kafkaFiles());
      }
    }
  }

  /** Records of all sizes, also those that no codec makes shorter. */
  @Property(tries = 10)
  void kafkaReadsRecordsOfAllSizes(@ForAll("batchLists") List<NewBatch> batches)
      throws IOException {
    List<LogStep> steps = batches.stream().<LogStep>map(LogStep.Append::new).toList();
    LogSettings settings = LogSettings.ofSegmentBytes(60_000).withRoomFor(steps);
    KafkaClock clock = new KafkaClock(NOW_MILLIS);
    try (LogDirectory directory = LogDirectory.create()) {
      Written written = write(directory, settings, clock, List.of(steps));

      assertAsAsked(settings, written.records, steps);
      assertThat(KafkaDump.complaints(directory.path())).isEmpty();
      try (KafkaLog kafka = settings.kafka(directory.path(), clock).open()) {
        assertThat(kafka.readAll()).isEqualTo(written.records);
      }
    }
  }

  private static Written write(
      LogDirectory directory, LogSettings settings, KafkaClock clock, List<List<LogStep>> sessions)
      throws IOException {
    for (List<LogStep> steps : sessions.subList(0, sessions.size() - 1)) {
      try (VarveLog log = VarveLog.open(directory.path(), settings, clock)) {
        LogStep.applyAll(steps, log);
        log.runMaintenance();
      }
    }
    try (VarveLog log = VarveLog.open(directory.path(), settings, clock)) {
      LogStep.applyAll(sessions.getLast(), log);
      List<KafkaRecord> records = log.readAll();
      TimeLookups.assertFindsFirstRecords(log, records);
      return new Written(records, log.startOffset(), log.endOffset(), log.segmentBaseOffsets());
    }
  }

  /** The records, markers left out, are the last of those that were to be appended. */
  private static void assertAsAsked(
      LogSettings settings, List<KafkaRecord> records, List<LogStep> steps) {
    List<NewRecord> written =
        records.stream().filter(record -> !record.control()).map(KafkaRecord::asNew).toList();
    List<NewRecord> asked =
        LogStep.batches(steps).flatMap(batch -> batch.records().stream()).toList();
    boolean ownTimestamps = settings.timestampType() == TimestampType.CREATE_TIME;
    assertThat(written)
        .usingElementComparator((a, b) -> a.sameAs(b, ownTimestamps) ? 0 : 1)
        .isEqualTo(asked.subList(asked.size() - written.size(), asked.size()));
  }

  private record Written(
      List<KafkaRecord> records, long startOffset, long endOffset, List<Long> segmentBaseOffsets) {}
}
