package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.record.TimestampType;
import java.io.IOException;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** A configuration that changes while a log is open counts in Varve when it does in Kafka. */
class DynamicConfigurationProperties {
  private static final long NOW_MILLIS = 1_700_000_000_000L;

  /** A configuration, and by how much each batch is later than the one before. */
  record Phase(LogSettings settings, List<Integer> laterMillis) {}

  @Provide
  Arbitrary<List<Phase>> phases() {
    Arbitrary<LogSettings> settings =
        Combinators.combine(
                Arbitraries.integers().between(150, 1500),
                Arbitraries.longs().between(1, 2000),
                Arbitraries.integers().between(0, 400),
                Arbitraries.integers().between(24, 200),
                Arbitraries.of(TimestampType.values()))
            .as(LogSettings::new);
    return Combinators.combine(
            settings, Arbitraries.integers().between(-50, 500).list().ofMinSize(1).ofMaxSize(12))
        .as(Phase::new)
        .list()
        .ofMinSize(2)
        .ofMaxSize(5);
  }

  @Property(tries = 60, edgeCases = EdgeCasesMode.NONE)
  void bothRollWhereTheOtherDoesAndLeaveTheSameFiles(@ForAll("phases") List<Phase> phases)
      throws IOException {
    LogSettings first = phases.getFirst().settings;
    KafkaClock kafkasClock = new KafkaClock(NOW_MILLIS);
    KafkaClock varvesClock = new KafkaClock(NOW_MILLIS);
    try (LogDirectory ofKafka = LogDirectory.create();
        LogDirectory ofVarve = LogDirectory.create()) {
      try (KafkaLog kafka = first.kafka(ofKafka.path(), kafkasClock).open();
          VarveLog varve = VarveLog.open(ofVarve.path(), first, varvesClock, VarveEncoding.KAFKA)) {
        long timestamp = NOW_MILLIS;
        for (Phase phase : phases) {
          kafka.configure(phase.settings.kafka(ofKafka.path(), kafkasClock));
          varve.configure(phase.settings);
          for (int later : phase.laterMillis) {
            timestamp += later;
            List<LogStep> append =
                List.of(
                    new LogStep.PassTime(Math.max(0, later)),
                    new LogStep.Append(NewBatch.of(NewRecord.of(timestamp, "key", "value"))));
            LogStep.applyAll(append, kafka);
            LogStep.applyAll(append, varve);
          }
          assertThat(varve.segmentBaseOffsets()).isEqualTo(kafka.segmentBaseOffsets());
        }
        assertThat(varve.readAll()).isEqualTo(kafka.readAll());
      }
      assertThat(ofVarve.kafkaFiles()).isEqualTo(ofKafka.kafkaFiles());
    }
  }
}
