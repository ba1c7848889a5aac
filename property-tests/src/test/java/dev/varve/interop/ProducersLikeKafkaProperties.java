package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.interop.NewBatch.Producer;
import dev.varve.interop.ProducersModel.Answer;
import dev.varve.interop.ProducersModel.Refusal;
import dev.varve.log.error.OutOfOrderSequenceException;
import dev.varve.log.error.ProducerFencedException;
import dev.varve.log.producer.ProducerEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.record.internal.CompressionType;

/**
 * That Kafka, Varve and a plain model answer idempotent producers alike, whatever those try: what
 * comes next, what was there, gaps, old epochs; before and after orderly stops and the forgetting
 * of idle producers; and that they remember the same.
 */
class ProducersLikeKafkaProperties {
  private static final long START_MILLIS = 1_700_000_000_000L;
  private static final long MINUTES_10 = 600_000;

  /** What is tried; the number says how far back, how far off or how long. */
  enum What {
    NEXT,
    AGAIN,
    GAP,
    OTHER_LENGTH,
    NEW_EPOCH,
    NEW_EPOCH_IN_THE_MIDDLE,
    OLD_EPOCH,
    BEFORE_THE_WRAP,
    TIME,
    REOPEN
  }

  record Try(What what, int producer, int records, int number) {}

  @Provide
  Arbitrary<List<Try>> tries() {
    Arbitrary<What> what =
        Arbitraries.frequency(
            Tuple.of(12, What.NEXT),
            Tuple.of(8, What.AGAIN),
            Tuple.of(2, What.GAP),
            Tuple.of(1, What.OTHER_LENGTH),
            Tuple.of(2, What.NEW_EPOCH),
            Tuple.of(1, What.NEW_EPOCH_IN_THE_MIDDLE),
            Tuple.of(1, What.OLD_EPOCH),
            Tuple.of(2, What.BEFORE_THE_WRAP),
            Tuple.of(1, What.TIME),
            Tuple.of(1, What.REOPEN));
    return Combinators.combine(
            what,
            Arbitraries.integers().between(0, 2),
            Arbitraries.integers().between(1, 3),
            Arbitraries.integers().between(0, 6))
        .as(Try::new)
        .list()
        .ofMinSize(10)
        .ofMaxSize(60);
  }

  @Property(tries = 60)
  void kafkaVarveAndTheModelAnswerAlike(@ForAll("tries") List<Try> tries) throws Exception {
    LogSettings settings = LogSettings.ofSegmentBytes(1500);
    ProducersModel model = new ProducersModel();
    try (LogDirectory ofKafka = LogDirectory.create();
        LogDirectory ofVarve = LogDirectory.create()) {
      Sessions sessions = new Sessions(settings, ofKafka, ofVarve);
      for (Try next : tries) {
        switch (next.what) {
          case TIME -> {
            sessions.pass(50 * MINUTES_10 * (1 + next.number));
            model.forget(sessions.nowMillis());
          }
          case REOPEN -> {
            sessions.stop();
            assertSameEntries(sessions, model);
            sessions.start();
            model.reopen();
            model.forget(sessions.nowMillis());
          }
          default -> {
            NewBatch batch = batch(next, model, sessions.nowMillis());
            Answer expected = model.append(batch);
            assertThat(sessions.appendToKafka(batch)).as("Kafka, %s", next).isEqualTo(expected);
            assertThat(sessions.appendToVarve(batch)).as("Varve, %s", next).isEqualTo(expected);
          }
        }
      }
      sessions.stop();
      assertSameEntries(sessions, model);
    }
  }

  /** Kafka writes no new snapshot because of producers that it forgot, so they are left out. */
  private static void assertSameEntries(Sessions sessions, ProducersModel model) throws Exception {
    long now = sessions.nowMillis();
    assertThat(entries(sessions.ofVarve, model.endOffset, now))
        .isEqualTo(entries(sessions.ofKafka, model.endOffset, now))
        .isEqualTo(model.entries(now));
  }

  private static NewBatch batch(Try next, ProducersModel model, long nowMillis) {
    int epoch = model.epoch(next.producer);
    int sequence = model.nextSequence(next.producer);
    int records = next.records;
    switch (next.what) {
      case AGAIN -> {
        NewBatch earlier = model.earlier(next.producer, next.number);
        if (earlier != null) {
          return earlier;
        }
      }
      case GAP -> sequence = (sequence + 1 + next.number) & Integer.MAX_VALUE;
      case OTHER_LENGTH -> {
        NewBatch earlier = model.earlier(next.producer, next.number);
        if (earlier != null) {
          sequence = earlier.producer().baseSequence();
          records = earlier.records().size() + 1;
        }
      }
      case NEW_EPOCH -> {
        epoch += 1 + next.number;
        sequence = 0;
      }
      case NEW_EPOCH_IN_THE_MIDDLE -> {
        epoch++;
        sequence = next.number;
      }
      case OLD_EPOCH -> epoch = Math.max(0, epoch - 1);
      case BEFORE_THE_WRAP -> sequence = Integer.MAX_VALUE - next.number;
      case NEXT, TIME, REOPEN -> {
        // as it should be
      }
    }
    List<NewRecord> list = new ArrayList<>();
    for (int i = 0; i < records; i++) {
      list.add(new NewRecord(nowMillis, Bytes.of(new byte[] {(byte) i}), null, List.of()));
    }
    return new NewBatch(
        list, CompressionType.NONE, Producer.idempotent(next.producer, epoch, sequence));
  }

  /** What the snapshot at the end of a log says of producers that are not idle, by id. */
  private static Map<Long, ProducerEntry> entries(
      LogDirectory directory, long endOffset, long nowMillis) throws IOException {
    Map<Long, ProducerEntry> entries = new TreeMap<>();
    if (endOffset > 0) {
      entries.putAll(SnapshotEntries.at(endOffset, directory));
      entries
          .values()
          .removeIf(entry -> nowMillis - entry.timestamp() >= ProducersModel.EXPIRATION_MILLIS);
    }
    return entries;
  }

  /** Both logs, opened and stopped together, under the same time. */
  private static final class Sessions {
    private final KafkaClock kafkaClock = new KafkaClock(START_MILLIS);
    private final KafkaClock varveClock = new KafkaClock(START_MILLIS);
    private final LogSettings settings;
    private final LogDirectory ofKafka;
    private final LogDirectory ofVarve;
    private KafkaLog kafka;
    private VarveLog varve;

    Sessions(LogSettings settings, LogDirectory ofKafka, LogDirectory ofVarve) throws IOException {
      this.settings = settings;
      this.ofKafka = ofKafka;
      this.ofVarve = ofVarve;
      this.kafka = settings.kafka(ofKafka.path(), kafkaClock).open();
      this.varve = VarveLog.open(ofVarve.path(), settings, varveClock);
    }

    long nowMillis() {
      return kafkaClock.milliseconds();
    }

    void start() throws IOException {
      kafka = settings.kafka(ofKafka.path(), kafkaClock).open();
      varve = VarveLog.open(ofVarve.path(), settings, varveClock);
    }

    void stop() {
      kafka.close();
      varve.close();
    }

    /** Both look for idle producers then. */
    void pass(long millis) {
      kafkaClock.advance(millis);
      kafka.forgetIdleProducers();
      varveClock.advance(millis);
      varve.runMaintenance();
    }

    Answer appendToKafka(NewBatch batch) throws IOException {
      try {
        return Answer.at(kafka.append(batch));
      } catch (InvalidProducerEpochException e) {
        return Answer.refused(Refusal.FENCED);
      } catch (org.apache.kafka.common.errors.OutOfOrderSequenceException e) {
        return Answer.refused(Refusal.OUT_OF_ORDER);
      }
    }

    Answer appendToVarve(NewBatch batch) {
      try {
        return Answer.at(varve.append(batch));
      } catch (ProducerFencedException e) {
        return Answer.refused(Refusal.FENCED);
      } catch (OutOfOrderSequenceException e) {
        return Answer.refused(Refusal.OUT_OF_ORDER);
      }
    }
  }
}
