package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.interop.NewBatch.Producer;
import java.io.IOException;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** How the high watermark holds back what readers of committed records see, as under Kafka. */
class HighWatermarkProperties {
  private static final int PRODUCERS = 3;

  /** What is done by a producer, or how far the high watermark comes. */
  record Step(What what, int number) {}

  enum What {
    DATA,
    COMMIT,
    ABORT,
    NO_PRODUCER,
    ADVANCE
  }

  @Provide
  Arbitrary<List<Step>> histories() {
    return Combinators.combine(
            Arbitraries.of(What.class), Arbitraries.integers().between(0, PRODUCERS - 1))
        .as(Step::new)
        .list()
        .ofMinSize(5)
        .ofMaxSize(50);
  }

  @Property(tries = 60)
  void theLastStableOffsetIsKafkas(@ForAll("histories") List<Step> history) throws IOException {
    LogSettings settings = LogSettings.ofSegmentBytes(700);
    try (LogDirectory ofKafka = LogDirectory.create();
        LogDirectory ofVarve = LogDirectory.create();
        KafkaLog kafka = settings.kafka(ofKafka.path(), new KafkaClock(0)).open();
        VarveLog varve = VarveLog.openReplica(ofVarve.path(), settings, new KafkaClock(0))) {
      varve.becomeLeader(0);
      int[] sequences = new int[PRODUCERS];
      long highWatermark = 0;
      for (Step step : history) {
        int number = step.number;
        switch (step.what) {
          case DATA -> {
            Producer producer = Producer.transactional(number, 0, sequences[number]++);
            append(kafka, varve, NewBatch.of(NewRecord.of(0, "k", "v")).by(producer));
          }
          case NO_PRODUCER -> append(kafka, varve, NewBatch.of(NewRecord.of(0, "k", "v")));
          case COMMIT, ABORT -> {
            Producer producer = Producer.transactional(number, 0, 0);
            boolean commit = step.what == What.COMMIT;
            kafka.endTransaction(producer, commit, 0, 1);
            varve.endTransaction(producer, commit, 0, 1);
          }
          case ADVANCE -> highWatermark = Math.min(highWatermark + 1 + number, varve.endOffset());
        }
        assertThat(varve.endOffset()).isEqualTo(kafka.endOffset());
        assertThat(varve.lastStableOffset(highWatermark))
            .as("at high watermark %d", highWatermark)
            .isEqualTo(kafka.lastStableOffset(highWatermark));
      }
    }
  }

  private static void append(KafkaLog kafka, VarveLog varve, NewBatch batch) throws IOException {
    kafka.append(batch);
    varve.append(batch);
  }
}
