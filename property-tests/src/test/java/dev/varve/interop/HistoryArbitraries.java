package dev.varve.interop;

import dev.varve.interop.LogStep.Append;
import dev.varve.interop.LogStep.DeleteRecords;
import dev.varve.interop.LogStep.EndTransaction;
import dev.varve.interop.LogStep.PassTime;
import dev.varve.interop.LogStep.Roll;
import dev.varve.interop.NewBatch.Producer;
import dev.varve.log.record.TimestampType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;
import org.apache.kafka.common.record.internal.CompressionType;

/**
 * What happens to logs: batches without a producer, of idempotent and of transactional ones, and
 * the ends of transactions, so that Kafka takes every step. Records are small and many batches have
 * few, so that indexes and segments get full.
 */
final class HistoryArbitraries {
  private static final int RECORDS_MAX = 12;
  private static final int LAST_SEQUENCES = Integer.MAX_VALUE - 9;

  /** The oldest records of keyed histories are of then. */
  static final long KEYED_SINCE_MILLIS = 1_700_000_000_000L;

  private HistoryArbitraries() {}

  /** Appends and ends of transactions, some left open. */
  static Arbitrary<List<LogStep>> histories(int stepsMax) {
    return histories(stepsMax, 0, CompressionType.values());
  }

  /** The same, with records deleted from the front now and then. */
  static Arbitrary<List<LogStep>> historiesWithDeletion(int stepsMax) {
    return histories(stepsMax, 1, CompressionType.values());
  }

  /**
   * What a compacted log lives through: few keys, over and over, many tombstones, and transactions
   * most of which end.
   */
  static Arbitrary<List<LogStep>> keyedHistories(int stepsMax) {
    Arbitrary<What> kinds =
        Arbitraries.frequency(
            Tuple.of(6, What.PLAIN),
            Tuple.of(4, What.IDEMPOTENT),
            Tuple.of(6, What.TRANSACTIONAL),
            Tuple.of(7, What.END),
            Tuple.of(5, What.ROLL),
            Tuple.of(1, What.TIME),
            Tuple.of(1, What.DELETION));
    Arbitrary<CompressionType> codecs =
        Arbitraries.frequencyOf(
            Tuple.of(2, Arbitraries.just(CompressionType.NONE)),
            Tuple.of(1, Arbitraries.of(CompressionType.values())));
    return histories(stepsMax, kinds, codecs, keyedRecordLists());
  }

  private static Arbitrary<List<LogStep>> histories(
      int stepsMax, int deletions, CompressionType... codecs) {
    Arbitrary<What> kinds =
        Arbitraries.frequency(
            Tuple.of(8, What.PLAIN),
            Tuple.of(4, What.IDEMPOTENT),
            Tuple.of(4, What.TRANSACTIONAL),
            Tuple.of(3, What.END),
            Tuple.of(1, What.TIME),
            Tuple.of(deletions, What.DELETION));
    return histories(stepsMax, kinds, Arbitraries.of(codecs), smallRecordLists());
  }

  private static Arbitrary<List<LogStep>> histories(
      int stepsMax,
      Arbitrary<What> kinds,
      Arbitrary<CompressionType> codecs,
      Arbitrary<List<NewRecord>> records) {
    return Combinators.combine(kinds, Arbitraries.integers().between(0, 99), codecs, records)
        .as(Choice::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(stepsMax)
        .map(HistoryArbitraries::lawful);
  }

  /** Segments, indexes and intervals that are small, so that few batches fill several. */
  static Arbitrary<LogSettings> settings() {
    return Combinators.combine(
            Arbitraries.integers().between(500, 20_000),
            Arbitraries.of(20_000L, 500_000L, 604_800_000L),
            Arbitraries.of(0, 1, 100, 600, 4096),
            Arbitraries.of(24, 36, 48, 100, 10 << 20),
            Arbitraries.frequency(
                Tuple.of(4, TimestampType.CREATE_TIME), Tuple.of(1, TimestampType.LOG_APPEND_TIME)))
        .as(LogSettings::new);
  }

  private static Arbitrary<List<NewRecord>> smallRecordLists() {
    Arbitrary<Bytes> bytes = Arbitraries.bytes().array(byte[].class).ofMaxSize(60).map(Bytes::of);
    return Arbitraries.integers()
        .between(1, RECORDS_MAX)
        .flatMap(count ->
            Combinators.combine(
                    BatchArbitraries.timestamps(count),
                    Combinators.combine(
                            bytes.injectNull(0.2),
                            bytes.injectNull(0.1),
                            BatchArbitraries.headers())
                        .as((key, value, headers) -> new NewRecord(0, key, value, headers))
                        .list()
                        .ofSize(count))
                .as(HistoryArbitraries::stamped));
  }

  private static Arbitrary<List<NewRecord>> keyedRecordLists() {
    Arbitrary<Bytes> keys =
        Arbitraries.integers().between(0, 7).map(key -> Bytes.utf8("key " + key));
    Arbitrary<Bytes> values =
        Arbitraries.integers().between(0, 40).map(length -> Bytes.utf8("v".repeat(length)));
    Arbitrary<Long> timestamps =
        Arbitraries.frequencyOf(
            Tuple.of(
                9, Arbitraries.longs().between(KEYED_SINCE_MILLIS, KEYED_SINCE_MILLIS + 300_000)),
            Tuple.of(1, Arbitraries.of(-1L, 0L)));
    return Combinators.combine(
            timestamps, keys.injectNull(0.04), values.injectNull(0.3), BatchArbitraries.headers())
        .as(NewRecord::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(5);
  }

  private static List<NewRecord> stamped(List<Long> timestamps, List<NewRecord> records) {
    List<NewRecord> stamped = new ArrayList<>();
    for (int i = 0; i < records.size(); i++) {
      NewRecord record = records.get(i);
      stamped.add(new NewRecord(timestamps.get(i), record.key(), record.value(), record.headers()));
    }
    return stamped;
  }

  /** Turns choices into steps that keep the rules for producers; the first appends a batch. */
  private static List<LogStep> lawful(List<Choice> choices) {
    Map<Integer, ProducerCourse> producers = new HashMap<>();
    List<LogStep> steps = new ArrayList<>();
    for (int i = 0; i < choices.size(); i++) {
      Choice choice = choices.get(i);
      NewBatch batch = new NewBatch(choice.records, choice.codec, Producer.NONE);
      steps.add(
          switch (i == 0 ? What.PLAIN : choice.what) {
            case PLAIN -> new Append(batch);
            case IDEMPOTENT -> {
              int id = choice.number % 2;
              ProducerCourse course = producers.computeIfAbsent(id, ProducerCourse::new);
              if (choice.number >= 90) {
                course.nextEpoch();
              }
              yield new Append(batch.by(course.send(batch, false)));
            }
            case TRANSACTIONAL -> {
              int id = 2 + choice.number % 3;
              ProducerCourse course = producers.computeIfAbsent(id, ProducerCourse::new);
              yield new Append(batch.by(course.send(batch, true)));
            }
            case END -> {
              int id = 2 + choice.number % 3;
              ProducerCourse course = producers.computeIfAbsent(id, ProducerCourse::new);
              int version = choice.number % 4 == 0 ? 2 : 0;
              Producer producer = Producer.transactional(id, course.epoch, 0);
              course.end(version);
              yield new EndTransaction(producer, choice.number < 50, i, version);
            }
            case TIME -> new PassTime(choice.number * 1_000L);
            case ROLL -> new Roll();
            case DELETION -> new DeleteRecords(choice.number);
          });
    }
    return steps;
  }

  private enum What {
    PLAIN,
    IDEMPOTENT,
    TRANSACTIONAL,
    END,
    ROLL,
    TIME,
    DELETION
  }

  /** What a step is made of; the number picks a producer, an outcome, a duration. */
  private record Choice(What what, int number, CompressionType codec, List<NewRecord> records) {}

  /** What a producer has sent so far. Odd ones begin where sequences are about to wrap. */
  private static final class ProducerCourse {
    private final int id;
    private int epoch;
    private int nextSequence;
    private boolean sent;

    ProducerCourse(int id) {
      this.id = id;
      this.nextSequence = id % 2 == 1 ? LAST_SEQUENCES : 0;
    }

    Producer send(NewBatch batch, boolean transactional) {
      int sequence = nextSequence;
      sent = true;
      nextSequence = (sequence + batch.records().size()) & Integer.MAX_VALUE;
      return new Producer(id, (short) epoch, sequence, transactional);
    }

    /** A producer that is known by a marker only has to begin at 0, as in a new epoch. */
    void end(int transactionVersion) {
      if (transactionVersion >= 2) {
        nextEpoch();
      } else if (!sent) {
        nextSequence = 0;
      }
    }

    void nextEpoch() {
      epoch++;
      nextSequence = 0;
    }
  }
}
