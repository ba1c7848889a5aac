package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.interop.NewBatch.Producer;
import dev.varve.log.AbortedTransaction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/**
 * That transactions come out as under Kafka's log, when both are told the same, lawful or not:
 * answers and refusals, last stable offset, aborted lists, what is committed, and the files; also
 * when they are opened again, die, or go on in the directory of the other.
 */
class TransactionProperties {
  private static final long NOW_MILLIS = 5_000_000;
  private static final int PRODUCERS = 4;

  /** What somebody does; most of it lawful, some with a number that is off. */
  record Step(What what, int producer, int epochOff, int sequenceOff, int version) {}

  enum What {
    DATA,
    PLAIN_DATA,
    COMMIT,
    ABORT,
    NO_PRODUCER,
    /** Closes both and opens them again. */
    REOPEN,
    /** Opens what both processes would leave if they died. */
    DIE,
    /** Closes both, and gives each the directory of the other. */
    SWAP,
    /** Takes away what Varve keeps beside the batches. */
    REBUILD
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    return Combinators.combine(
            Arbitraries.frequency(
                Tuple.of(12, What.DATA),
                Tuple.of(1, What.PLAIN_DATA),
                Tuple.of(4, What.COMMIT),
                Tuple.of(4, What.ABORT),
                Tuple.of(4, What.NO_PRODUCER),
                Tuple.of(1, What.REOPEN),
                Tuple.of(1, What.DIE),
                Tuple.of(1, What.SWAP),
                Tuple.of(1, What.REBUILD)),
            Arbitraries.integers().between(0, PRODUCERS - 1),
            Arbitraries.frequency(Tuple.of(12, 0), Tuple.of(1, -1), Tuple.of(1, 1)),
            Arbitraries.frequency(Tuple.of(12, 0), Tuple.of(1, -1), Tuple.of(1, 1)),
            Arbitraries.of(1, 1, 2))
        .as(Step::new)
        .list()
        .ofMinSize(5)
        .ofMaxSize(60);
  }

  @Property(tries = 100)
  void transactionsAreKafkas(@ForAll("steps") List<Step> steps) throws IOException {
    LogSettings settings = LogSettings.ofSegmentBytes(700).withIndexIntervalBytes(200);
    try (Pair pair = new Pair(settings)) {
      for (Step step : steps) {
        pair.apply(step);
      }
      pair.assertAlike();
      pair.stop();
      assertThat(transactionIndexes(pair.ofVarve)).isEqualTo(transactionIndexes(pair.ofKafka));
    }
  }

  /** The entries of all files; two logs that have refused something may roll elsewhere. */
  private static List<String> transactionIndexes(LogDirectory directory) throws IOException {
    List<String> entries = new ArrayList<>();
    for (Path file : directory.files()) {
      if (file.toString().endsWith(".txnindex")) {
        String bytes = HexFormat.of().formatHex(Files.readAllBytes(file));
        entries.addAll(List.of(bytes.split("(?<=\\G.{68})")));
      }
    }
    entries.remove("");
    return entries;
  }

  /** The two logs, and what the producers think that they know. */
  private static final class Pair implements AutoCloseable {
    private final LogSettings settings;
    private final KafkaClock kafkaClock = new KafkaClock(NOW_MILLIS);
    private final KafkaClock varveClock = new KafkaClock(NOW_MILLIS);
    private final int[] epochs = new int[PRODUCERS];
    private final int[] sequences = new int[PRODUCERS];
    private LogDirectory ofKafka = LogDirectory.create();
    private LogDirectory ofVarve = LogDirectory.create();
    private KafkaLog kafka;
    private VarveLog varve;
    private boolean stopped;

    /** One of them has made indexes anew, so that they may have other entries. */
    private boolean rebuilt;

    Pair(LogSettings settings) throws IOException {
      this.settings = settings;
      this.kafka = settings.kafka(ofKafka.path(), kafkaClock).open();
      this.varve = VarveLog.open(ofVarve.path(), settings, varveClock);
    }

    void apply(Step step) throws IOException {
      int p = step.producer;
      switch (step.what) {
        case NO_PRODUCER -> bothAppend(Producer.NONE);
        case DATA, PLAIN_DATA -> {
          Producer producer =
              new Producer(
                  p,
                  (short) Math.max(0, epochs[p] + step.epochOff),
                  Math.max(0, sequences[p] + step.sequenceOff),
                  step.what == What.DATA);
          if (bothAppend(producer)) {
            epochs[p] = producer.epoch();
            sequences[p] = producer.baseSequence() + 1;
          }
        }
        case COMMIT, ABORT -> end(step);
        case REOPEN -> {
          stop();
          start(settings.kafka(ofKafka.path(), kafkaClock));
        }
        case SWAP -> {
          stop();
          LogDirectory kafkas = ofKafka;
          ofKafka = ofVarve;
          ofVarve = kafkas;
          start(settings.kafka(ofKafka.path(), kafkaClock));
        }
        case DIE -> {
          rebuilt = true;
          LogDirectory leftByKafka = ofKafka.copy();
          LogDirectory leftByVarve = ofVarve.copy();
          close();
          ofKafka = leftByKafka;
          ofVarve = leftByVarve;
          start(settings.kafka(ofKafka.path(), kafkaClock).afterUncleanStop());
        }
        case REBUILD -> {
          rebuilt = true;
          stop();
          ofVarve.deleteFilesEndingIn(
              ".txnindex", ".snapshot", "varve.checkpoint", "leader-epoch-checkpoint");
          start(settings.kafka(ofKafka.path(), kafkaClock));
        }
      }
      assertSameStableOffset();
    }

    /** Both leave the same state of producers. */
    void stop() throws IOException {
      long end = kafka.endOffset();
      closeLogs();
      if (end > 0) {
        assertThat(SnapshotEntries.at(end, ofVarve)).isEqualTo(SnapshotEntries.at(end, ofKafka));
      }
    }

    private void start(KafkaLog.Opening opening) throws IOException {
      stopped = false;
      kafka = opening.open();
      varve = VarveLog.open(ofVarve.path(), settings, varveClock);
      assertThat(varve.readCommitted()).isEqualTo(kafka.readCommitted());
    }

    private boolean bothAppend(Producer producer) {
      NewBatch batch = NewBatch.of(NewRecord.of(NOW_MILLIS, "k", "v")).by(producer);
      String ofKafkas = answer(() -> kafka.append(batch));
      assertThat(answer(() -> varve.append(batch))).isEqualTo(ofKafkas);
      return !ofKafkas.startsWith("refused");
    }

    private void end(Step step) {
      int p = step.producer;
      Producer producer = Producer.transactional(p, Math.max(0, epochs[p] + step.epochOff), 0);
      int coordinatorEpoch = 5 + step.sequenceOff;
      boolean commit = step.what == What.COMMIT;
      String ofKafkas =
          answer(() -> kafka.endTransaction(producer, commit, coordinatorEpoch, step.version));
      assertThat(
              answer(() -> varve.endTransaction(producer, commit, coordinatorEpoch, step.version)))
          .as("end by %s in version %d", producer, step.version)
          .isEqualTo(ofKafkas);
      if (!ofKafkas.startsWith("refused")) {
        int epoch = producer.epoch() + (step.version == 2 ? 1 : 0);
        sequences[p] = epoch == epochs[p] ? sequences[p] : 0;
        epochs[p] = epoch;
      }
    }

    private void assertSameStableOffset() throws IOException {
      assertThat(varve.endOffset()).isEqualTo(kafka.endOffset());
      assertThat(varve.lastStableOffset()).isEqualTo(kafka.lastStableOffset());
    }

    void assertAlike() throws IOException {
      assertThat(varve.readCommitted()).isEqualTo(kafka.readCommitted());
      // Kafka rolls before it refuses a batch, and ends a fetch where a segment ends.
      boolean sameSegments = varve.segmentBaseOffsets().equals(kafka.segmentBaseOffsets());
      long end = rebuilt || !sameSegments ? 0 : kafka.lastStableOffset();
      for (long offset = 0; offset < end; offset++) {
        for (int bytes : new int[] {1, 300, 10_000}) {
          List<AbortedTransaction> ofKafka = kafka.abortedTransactions(offset, bytes);
          List<AbortedTransaction> ofVarve = varve.abortedTransactions(offset, bytes);
          assertThat(ofKafka).as("from %d, %d bytes", offset, bytes).containsAll(ofVarve);
          // Kafka's search does not see that the first index entry lies where the fetch ends, and
          // then names transactions that begin behind it.
          long fetchEnd = varve.fetchEnd(offset, bytes);
          assertThat(ofVarve)
              .as("from %d, %d bytes", offset, bytes)
              .containsAll(
                  ofKafka.stream().filter(found -> found.firstOffset() < fetchEnd).toList());
        }
      }
    }

    private void closeLogs() {
      if (!stopped) {
        stopped = true;
        kafka.close();
        varve.close();
      }
    }

    @Override
    public void close() throws IOException {
      closeLogs();
      ofKafka.close();
      ofVarve.close();
    }

    private interface Call {
      long run() throws IOException;
    }

    /** An offset, or by which name it was refused. */
    private static String answer(Call call) {
      try {
        return "offset " + call.run();
      } catch (Exception e) {
        return "refused: " + Refusals.kafkasNameOf(e);
      }
    }
  }

  /** Kafka's names for what both refuse. */
  private static final class Refusals {
    static String kafkasNameOf(Exception refusal) {
      return switch (refusal.getClass().getSimpleName()) {
        case "ProducerFencedException" -> "InvalidProducerEpochException";
        case "InvalidTransactionStateException" -> "InvalidTxnStateException";
        case String name -> name;
      };
    }
  }
}
