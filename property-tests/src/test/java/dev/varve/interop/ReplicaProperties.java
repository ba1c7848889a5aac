package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * A replica of Kafka and one of Varve, told the same: leaders begin, batches of other leaders come
 * with gaps, the log is truncated. Both have the same records, ends, and history of leaders.
 */
class ReplicaProperties {
  private static final String EPOCHS = "leader-epoch-checkpoint";

  /** Kafka makes the file without a byte, and goes on to write this. */
  private static final String NO_EPOCHS = "0\n0\n";

  private static final int SEGMENT_BYTES = 1000;

  /** One thing that a replica is told. */
  record Step(Kind kind, int number) {
    enum Kind {
      FOLLOW,
      FOLLOW_BEHIND_GAP,
      FOLLOW_ANOTHER_LEADER,
      LEAD,
      APPEND,
      TRUNCATE,
      TRUNCATE_AT_END
    }
  }

  @Provide
  Arbitrary<List<Step>> histories() {
    return Combinators.combine(
            Arbitraries.of(Step.Kind.class), Arbitraries.integers().between(1, 5))
        .as(Step::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(30);
  }

  @Property(tries = 60)
  void replicasThatAreToldTheSameAreTheSame(@ForAll("histories") List<Step> steps)
      throws IOException {
    LogSettings settings = LogSettings.ofSegmentBytes(SEGMENT_BYTES);
    try (LogDirectory ofKafka = LogDirectory.create();
        LogDirectory ofVarve = LogDirectory.create()) {
      List<KafkaRecord> records;
      try (KafkaLog kafka = settings.kafka(ofKafka.path(), new KafkaClock(0)).open();
          VarveLog varve = VarveLog.openReplica(ofVarve.path(), settings, new KafkaClock(0))) {
        Both both = new Both(kafka, varve);
        for (Step step : steps) {
          both.take(step);
          both.check();
        }
        records = varve.readAll();
      }
      String epochs = Files.readString(ofKafka.path().resolve(EPOCHS));
      assertThat(Files.readString(ofVarve.path().resolve(EPOCHS)))
          .isEqualTo(epochs.isEmpty() ? NO_EPOCHS : epochs);
      assertEachReadsTheOthers(settings, ofKafka, ofVarve, records);
    }
  }

  private static void assertEachReadsTheOthers(
      LogSettings settings, LogDirectory ofKafka, LogDirectory ofVarve, List<KafkaRecord> records)
      throws IOException {
    try (VarveLog varve = VarveLog.openReplica(ofKafka.path(), settings, new KafkaClock(0));
        KafkaLog kafka = settings.kafka(ofVarve.path(), new KafkaClock(0)).open()) {
      assertThat(varve.readAll()).isEqualTo(records);
      assertThat(kafka.readAll()).isEqualTo(records);
    }
  }

  /** A missing file of epochs is made again from the batches, which Kafka does not do. */
  @Property(tries = 15)
  void missingEpochsOfKafkaAreFoundAgain(@ForAll("histories") List<Step> steps) throws IOException {
    LogSettings settings = LogSettings.ofSegmentBytes(SEGMENT_BYTES);
    try (LogDirectory ofKafka = LogDirectory.create()) {
      int epochs = 0;
      try (KafkaLog kafka = settings.kafka(ofKafka.path(), new KafkaClock(0)).open()) {
        for (Step step : steps) { // no leader that wrote nothing, as nothing tells of it
          if (step.kind() == Step.Kind.FOLLOW_ANOTHER_LEADER) {
            epochs++;
          }
          kafka.appendAsFollower(kafka.endOffset(), epochs, batch(step.number()));
        }
      }
      String kept = Files.readString(ofKafka.path().resolve(EPOCHS));
      Files.delete(ofKafka.path().resolve(EPOCHS));
      VarveLog.openReplica(ofKafka.path(), settings, new KafkaClock(0)).close();
      assertThat(Files.readString(ofKafka.path().resolve(EPOCHS))).isEqualTo(kept);
    }
  }

  private static NewBatch batch(int records) {
    NewRecord[] all = new NewRecord[records];
    for (int i = 0; i < records; i++) {
      all[i] = NewRecord.of(i, "key " + i, "value " + i);
    }
    return NewBatch.of(all);
  }

  /** The two replicas. */
  private static final class Both {
    private final KafkaLog kafka;
    private final VarveLog varve;

    /** Where a batch begins or ends, to which logs are truncated. */
    private final List<Long> bounds = new ArrayList<>(List.of(0L));

    private int epoch;
    private boolean truncated;

    Both(KafkaLog kafka, VarveLog varve) {
      this.kafka = kafka;
      this.varve = varve;
    }

    void take(Step step) throws IOException {
      switch (step.kind()) {
        case FOLLOW -> follow(varve.endOffset(), step.number());
        case FOLLOW_BEHIND_GAP -> follow(varve.endOffset() + step.number(), step.number());
        case FOLLOW_ANOTHER_LEADER -> {
          epoch += step.number();
          follow(varve.endOffset(), step.number());
        }
        case LEAD -> {
          epoch += step.number();
          kafka.becomeLeader(epoch);
          varve.becomeLeader(epoch);
        }
        case APPEND -> {
          // Only with a history of epochs is it known which one the log stamps.
          kafka.becomeLeader(epoch);
          varve.becomeLeader(epoch);
          bounds.add(kafka.append(batch(step.number()), epoch));
          varve.append(batch(step.number()));
          bounds.add(varve.endOffset());
        }
        case TRUNCATE -> truncate(bounds.get(bounds.size() * step.number() / 6));
        case TRUNCATE_AT_END -> truncate(varve.endOffset() + step.number() - 1);
      }
    }

    private void follow(long offset, int number) {
      NewBatch[] batches = {batch(number), batch(1)};
      kafka.appendAsFollower(offset, epoch, batches);
      varve.appendAsFollower(offset, epoch, batches);
      bounds.add(offset);
      bounds.add(varve.endOffset());
    }

    private void truncate(long offset) {
      truncated |= offset < varve.endOffset();
      kafka.truncateTo(offset);
      varve.truncateTo(offset);
      bounds.removeIf(bound -> bound > varve.endOffset());
    }

    void check() throws IOException {
      assertThat(varve.endOffset()).isEqualTo(kafka.endOffset());
      assertThat(varve.readAll()).isEqualTo(kafka.readAll());
      for (int asked = -1; asked <= epoch + 1; asked++) {
        assertThat(varve.endOffsetForEpoch(asked)).isEqualTo(kafka.endOffsetForEpoch(asked));
      }
      if (!truncated) { // Kafka goes on in the segment that it has cut
        assertThat(varve.segmentBaseOffsets()).isEqualTo(kafka.segmentBaseOffsets());
      }
    }
  }
}
