package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** That Kafka and Varve can take turns on one directory. */
class HandOverProperties {
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

  /** The later steps go on with the sequences of the earlier ones, so the producers are known. */
  @Property(tries = 12)
  void eachFindsWhatTheOtherLeft(
      @ForAll("settings") LogSettings chosen,
      @ForAll("histories") List<LogStep> steps,
      @ForAll boolean varveFirst)
      throws IOException {
    LogSettings settings = chosen.withRoomFor(steps).withRoomForRebuiltIndexes();
    KafkaClock clock = new KafkaClock(NOW_MILLIS);
    boolean varvesTurn = varveFirst;
    try (LogDirectory directory = LogDirectory.create()) {
      List<KafkaRecord> left = List.of();
      for (List<LogStep> session : LogStep.split(steps, 5)) {
        left = takeTurn(directory, settings, clock, varvesTurn, left, session);
        varvesTurn = !varvesTurn;
      }
      assertThat(KafkaDump.complaints(directory.path())).isEmpty();
      try (KafkaLog unclean = settings.kafka(directory.path(), clock).afterUncleanStop().open()) {
        assertThat(unclean.readAll()).isEqualTo(left);
      }
    }
  }

  /** Opens the directory, which must have what was left, adds to it, and closes it. */
  private static List<KafkaRecord> takeTurn(
      LogDirectory directory,
      LogSettings settings,
      KafkaClock clock,
      boolean varvesTurn,
      List<KafkaRecord> left,
      List<LogStep> session)
      throws IOException {
    try (PartitionLog log =
        varvesTurn
            ? VarveLog.open(directory.path(), settings, clock)
            : settings.kafka(directory.path(), clock).open()) {
      assertThat(log.readAll()).isEqualTo(left);
      LogStep.applyAll(session, log);
      List<KafkaRecord> records = log.readAll();
      assertThat(log.endOffset()).isEqualTo(records.isEmpty() ? 0 : records.getLast().offset() + 1);
      if (log instanceof VarveLog varve) {
        TimeLookups.assertFindsFirstRecords(varve, records);
      }
      return records;
    }
  }
}
