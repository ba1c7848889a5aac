package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.producer.LeaderEpochs;
import dev.varve.log.record.EpochEnd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.storage.internals.checkpoint.LeaderEpochCheckpointFile;
import org.apache.kafka.storage.internals.epoch.LeaderEpochFileCache;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;

/** The history of leader epochs against Kafka's own, after any changes. */
class KafkaEpochsProperties {
  private static final int EPOCHS = 12;
  private static final long LOG_END = 1_000;

  /** One change of the history. */
  record Change(Kind kind, int epoch, long offset) {
    enum Kind {
      ASSIGN,
      CUT_END,
      CUT_START
    }

    void applyTo(LeaderEpochFileCache cache) {
      switch (kind) {
        case ASSIGN -> cache.assign(epoch, offset);
        case CUT_END -> cache.truncateFromEndAsyncFlush(offset);
        case CUT_START -> cache.truncateFromStartAsyncFlush(offset);
      }
    }

    LeaderEpochs applyTo(LeaderEpochs epochs) {
      return switch (kind) {
        case ASSIGN -> epochs.assign(epoch, offset);
        case CUT_END -> epochs.truncateFromEnd(offset);
        case CUT_START -> epochs.truncateFromStart(offset);
      };
    }
  }

  @Provide
  Arbitrary<List<Change>> changes() {
    return Combinators.combine(
            Arbitraries.of(
                Change.Kind.ASSIGN,
                Change.Kind.ASSIGN,
                Change.Kind.ASSIGN,
                Change.Kind.CUT_END,
                Change.Kind.CUT_START),
            Arbitraries.integers().between(0, EPOCHS - 1),
            Arbitraries.longs().between(0, 120))
        .as(Change::new)
        .list()
        .ofMaxSize(20);
  }

  @Property(tries = 50)
  void historiesAgreeAfterEveryChange(@ForAll("changes") List<Change> changes)
      throws IOException, InvalidStateFileException {
    try (LogDirectory directory = LogDirectory.create()) {
      Files.createDirectories(directory.path());
      Path file = directory.path().resolve("leader-epoch-checkpoint");
      LeaderEpochCheckpointFile checkpoint =
          new LeaderEpochCheckpointFile(file.toFile(), new LogDirFailureChannel(1));
      LeaderEpochFileCache kafka =
          new LeaderEpochFileCache(
              new TopicPartition("topic", 0), checkpoint, new KafkaClock(0).scheduler());
      LeaderEpochs varve = LeaderEpochs.NONE;
      for (Change change : changes) {
        change.applyTo(kafka);
        varve = change.applyTo(varve);
        assertSameAnswers(kafka, varve);
      }
      checkpoint.write(kafka.epochEntries());
      byte[] bytes = Files.readAllBytes(file);
      assertThat(varve.format()).isEqualTo(bytes);
      assertThat(LeaderEpochs.parse(bytes)).isEqualTo(varve);
    }
  }

  private static void assertSameAnswers(LeaderEpochFileCache kafka, LeaderEpochs varve) {
    for (int epoch = LeaderEpochs.NO_EPOCH; epoch <= EPOCHS; epoch++) {
      var expected = kafka.endOffsetFor(epoch, LOG_END);
      EpochEnd found = varve.endOffsetFor(epoch, LOG_END);
      assertThat(found.epoch()).isEqualTo(expected.getKey());
      assertThat(found.endOffset()).isEqualTo(expected.getValue());
    }
  }
}
