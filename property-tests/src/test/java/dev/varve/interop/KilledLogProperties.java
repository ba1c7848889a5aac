package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * What a killed process leaves of Varve's log, as a copy of the directory taken while the log is
 * open: reserved zeros behind the batches, the newest indexes and snapshots missing.
 */
class KilledLogProperties {
  /** So early that to Kafka no producer is idle, whatever timestamps its batches have. */
  private static final long NOW_MILLIS = 5_000_000;

  private final KafkaClock clock = new KafkaClock(NOW_MILLIS);

  @Provide
  Arbitrary<LogSettings> settings() {
    return HistoryArbitraries.settings();
  }

  @Provide
  Arbitrary<List<LogStep>> histories() {
    return HistoryArbitraries.histories(30);
  }

  /**
   * Rolled segments keep their reserved zeros until maintenance has settled them. Kafka deletes
   * what follows a segment with zeros, or refuses to open the log, so Varve has to open such a
   * directory first.
   */
  @Property(tries = 12)
  void nothingAppendedIsLostAndKafkaAgreesAfterVarve(
      @ForAll("settings") LogSettings chosen,
      @ForAll("histories") List<LogStep> steps,
      @ForAll boolean reopened)
      throws IOException {
    LogSettings settings = chosen.withRoomFor(steps).withRoomForRebuiltIndexes();
    try (LogDirectory directory = LogDirectory.create()) {
      List<List<LogStep>> sessions = LogStep.split(steps, reopened ? 2 : 1);
      if (reopened) {
        try (VarveLog log = open(directory, settings)) {
          LogStep.applyAll(sessions.getFirst(), log);
        }
      }
      try (VarveLog log = open(directory, settings)) {
        LogStep.applyAll(sessions.getLast(), log);

        try (LogDirectory killed = directory.copy()) {
          assertRecovers(killed, settings, log.readAll(), log.segmentBaseOffsets());
          assertKafkaAgrees(killed, settings, log.readAll());
        }
      }
    }
  }

  @Property(tries = 8)
  void kafkaRecoversItAloneOnceRolledSegmentsAreSettled(
      @ForAll("settings") LogSettings chosen, @ForAll("histories") List<LogStep> steps)
      throws IOException {
    LogSettings settings = chosen.withRoomFor(steps);
    try (LogDirectory directory = LogDirectory.create();
        VarveLog log = open(directory, settings)) {
      LogStep.applyAll(steps, log);
      log.runMaintenance();

      try (LogDirectory killed = directory.copy();
          KafkaLog kafka = settings.kafka(killed.path(), clock).afterUncleanStop().open()) {
        assertThat(kafka.readAll()).isEqualTo(log.readAll());
        assertThat(kafka.segmentBaseOffsets()).isEqualTo(log.segmentBaseOffsets());
      }
    }
  }

  private VarveLog open(LogDirectory directory, LogSettings settings) {
    return VarveLog.open(directory.path(), settings, clock);
  }

  /** Opens it and closes it in order, twice: the second time there is nothing to do. */
  private void assertRecovers(
      LogDirectory killed, LogSettings settings, List<KafkaRecord> appended, List<Long> bases)
      throws IOException {
    try (VarveLog recovered = open(killed, settings)) {
      assertThat(recovered.openReport().closedInOrder()).isFalse();
      assertThat(recovered.openReport().losses()).isEmpty();
      assertThat(recovered.readAll()).isEqualTo(appended);
      assertThat(recovered.segmentBaseOffsets()).isEqualTo(bases);
    }
    try (VarveLog again = open(killed, settings)) {
      assertThat(again.openReport().closedInOrder()).isTrue();
      assertThat(again.readAll()).isEqualTo(appended);
    }
  }

  private void assertKafkaAgrees(
      LogDirectory recovered, LogSettings settings, List<KafkaRecord> appended) throws IOException {
    assertThat(KafkaDump.complaints(recovered.path(), KafkaDump.Check.INDEX_SANITY)).isEmpty();
    try (LogDirectory copy = recovered.copy();
        KafkaLog unclean = settings.kafka(copy.path(), clock).afterUncleanStop().open();
        KafkaLog clean = settings.kafka(recovered.path(), clock).open()) {
      assertThat(clean.readAll()).isEqualTo(appended);
      assertThat(unclean.readAll()).isEqualTo(appended);
      assertThat(clean.lastSequences()).isEqualTo(unclean.lastSequences());
      assertThat(clean.lastStableOffset()).isEqualTo(unclean.lastStableOffset());
    }
  }
}
