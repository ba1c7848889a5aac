package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.compaction.CompactionConfig;
import dev.varve.compaction.CompactorOptions;
import dev.varve.compaction.LogCompaction;
import dev.varve.log.OpenReport;
import dev.varve.log.inspect.Finding;
import dev.varve.log.inspect.LogVerifier;
import dev.varve.log.record.TimestampType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;

/**
 * That a pass of Varve over a log leaves what a pass of Kafka's cleaner leaves of the same
 * directory, at the same time and with the same configuration. In rounds: what one of them has left
 * is appended to and compacted again.
 */
class CompactionLikeKafkaProperties {
  private static final int RECORD_COUNT_AT = 57;

  /** A topic's configuration of compaction. */
  record Config(LogSettings settings, String minLagMillis, long deleteRetentionMillis) {
    Config withRoomFor(List<LogStep> steps) {
      return new Config(settings.withRoomFor(steps), minLagMillis, deleteRetentionMillis);
    }

    Map<String, String> topicConfig() {
      Map<String, String> config = new HashMap<>();
      config.put("cleanup.policy", "compact");
      config.put("min.compaction.lag.ms", minLagMillis);
      config.put("delete.retention.ms", Long.toString(deleteRetentionMillis));
      config.put("internal.segment.bytes", Integer.toString(settings.segmentBytes()));
      config.put("segment.index.bytes", Integer.toString(settings.segmentIndexBytes()));
      return config;
    }
  }

  /**
   * How a round goes.
   *
   * @param waitMillis passes before the pass
   * @param kafkaWrites who opens the log for appends
   * @param kafkasGoesOn whose outcome is appended to in the next round
   */
  record Round(long waitMillis, boolean kafkaWrites, boolean kafkasGoesOn) {}

  @Provide
  Arbitrary<Config> configs() {
    Arbitrary<LogSettings> settings =
        Combinators.combine(
                Arbitraries.integers().between(500, 4_000),
                Arbitraries.of(20_000L, 604_800_000L),
                Arbitraries.of(0, 1, 100, 600, 4096),
                Arbitraries.just(10 << 20), // Kafka groups by the bytes of indexes, too
                Arbitraries.frequencyOf(
                    Tuple.of(4, Arbitraries.just(TimestampType.CREATE_TIME)),
                    Tuple.of(1, Arbitraries.just(TimestampType.LOG_APPEND_TIME))))
            .as(LogSettings::new);
    return Combinators.combine(
            settings,
            Arbitraries.of("0", "0", "0", "60000"),
            Arbitraries.of(0L, 30_000L, 100_000L, 86_400_000L))
        .as(Config::new);
  }

  @Provide
  Arbitrary<List<LogStep>> histories() {
    return HistoryArbitraries.keyedHistories(80);
  }

  @Provide
  Arbitrary<List<Round>> rounds() {
    return Combinators.combine(
            Arbitraries.of(0L, 30_000L, 60_000L, 120_000L),
            Arbitraries.of(true, false),
            Arbitraries.of(true, false))
        .as(Round::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(5);
  }

  @Property(tries = 50, edgeCases = EdgeCasesMode.NONE)
  void aPassOfVarvesLeavesWhatAPassOfKafkasLeaves(
      @ForAll("configs") Config chosen,
      @ForAll("histories") List<LogStep> steps,
      @ForAll("rounds") List<Round> rounds)
      throws Exception {
    try (CompactionRounds log = new CompactionRounds(chosen.withRoomFor(steps))) {
      log.run(rounds, steps);
    }
  }

  @Property(tries = 5, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
  void kafkasToolHasNoComplaint(
      @ForAll("configs") Config chosen,
      @ForAll("histories") List<LogStep> steps,
      @ForAll("rounds") List<Round> rounds)
      throws Exception {
    try (CompactionRounds log = new CompactionRounds(chosen.withRoomFor(steps))) {
      log.run(rounds, steps);
      log.run(List.of(new Round(0, false, false)), List.of());
      // Of a time index the tool may say that an emptied batch has no time; open as to why.
      Path left = log.directory.path();
      assertThat(KafkaDump.complaints(left, KafkaDump.Check.CONTENT_WITHOUT_TIME_INDEXES))
          .isEmpty();
      assertThat(KafkaDump.complaints(left, KafkaDump.Check.INDEX_SANITY)).isEmpty();
    }
  }

  /** The one difference: of aborted data whose marker lies below the start, Kafka knows nothing. */
  @Example
  void belowTheStartKafkaKeepsWhatWasAborted() throws Exception {
    NewBatch.Producer producer = NewBatch.Producer.transactional(2, 0, 0);
    NewBatch batch = NewBatch.of(NewRecord.of(HistoryArbitraries.KEYED_SINCE_MILLIS, "k", "v"));
    List<LogStep> steps =
        List.of(
            new LogStep.Append(batch.by(producer)),
            new LogStep.EndTransaction(producer, false, 1, 0),
            new LogStep.Append(NewBatch.of(NewRecord.of(-1, "other", "value"))),
            new LogStep.DeleteRecords(67),
            new LogStep.Roll());
    Config config = new Config(LogSettings.ofSegmentBytes(1000), "0", 0);
    for (boolean kafkas : List.of(true, false)) {
      try (CompactionRounds log = new CompactionRounds(config)) {
        log.run(List.of(new Round(0, false, kafkas)), steps);
        assertThat(log.start).isEqualTo(2);
        byte[] left = Files.readAllBytes(log.directory.file(0, ".log"));
        int records = ByteBuffer.wrap(left).getInt(RECORD_COUNT_AT);
        assertThat(records).isEqualTo(kafkas ? 1 : 0); // in the producer's last batch
      }
    }
  }

  /** A log that goes through rounds. */
  private static final class CompactionRounds implements AutoCloseable {
    private final Config config;
    private LogDirectory directory = LogDirectory.create();
    private long nowMillis = HistoryArbitraries.KEYED_SINCE_MILLIS + 100_000;
    private long start;
    private OptionalLong firstDirty = OptionalLong.empty();

    CompactionRounds(Config config) throws IOException {
      this.config = config;
    }

    void run(List<Round> rounds, List<LogStep> steps) throws Exception {
      List<List<LogStep>> parts = LogStep.split(steps, rounds.size());
      for (int i = 0; i < rounds.size(); i++) {
        run(rounds.get(i), parts.get(i));
      }
    }

    private void run(Round round, List<LogStep> steps) throws Exception {
      try (PartitionLog log = round.kafkaWrites ? kafka(directory) : varve(directory)) {
        LogStep.applyAll(steps, log);
        start = log.startOffset();
        nowMillis = log.clock().milliseconds() + round.waitMillis;
      }
      LogDirectory ofKafka = directory.copy();
      LogDirectory ofVarve = directory.copy();
      directory.close();
      directory = round.kafkasGoesOn ? ofKafka : ofVarve;
      try (LogDirectory _ = round.kafkasGoesOn ? ofVarve : ofKafka) {
        Map<String, Object> before = CompactedFiles.identities(ofVarve);
        compact(ofKafka, ofVarve);
        CompactedFiles.assertSame(
            ofVarve, ofKafka, start, CompactedFiles.replaced(ofVarve, before));
        assertSound(ofKafka);
        assertSound(ofVarve);
      }
    }

    private void compact(LogDirectory ofKafka, LogDirectory ofVarve) throws Exception {
      try (KafkaLog kafka = kafka(ofKafka);
          VarveLog varve = varve(ofVarve);
          LogCompaction compaction = compaction(varve)) {
        OptionalLong kept = firstDirty;
        firstDirty = KafkaCleaning.clean(kafka.unified(), kept, nowMillis);
        compaction.run();
        assertThat(varve.commitLog().rewriter().firstDirtyOffset())
            .isEqualTo(firstDirty.orElse(-1));
        assertThat(varve.segmentBaseOffsets()).isEqualTo(kafka.segmentBaseOffsets());
        assertThat(varve.readAll()).isEqualTo(kafka.readAll());
        assertThat(varve.lastStableOffset())
            .isEqualTo(Math.max(start, kafka.lastStableOffset())); // Kafka may have it below
        assertThat(varve.readCommitted()).isEqualTo(kafka.readCommitted());
        assertSurvivesAKill(ofVarve, varve);
      }
    }

    private void assertSurvivesAKill(LogDirectory open, VarveLog log) throws IOException {
      try (LogDirectory killed = open.copy();
          VarveLog again =
              VarveLog.open(killed.path(), config.settings, new KafkaClock(nowMillis))) {
        OpenReport report = again.openReport();
        assertThat(report.losses()).isEmpty();
        assertThat(again.startOffset()).isEqualTo(log.startOffset());
        assertThat(again.endOffset()).isEqualTo(log.endOffset());
        assertThat(again.segmentBaseOffsets()).isEqualTo(log.segmentBaseOffsets());
        assertThat(again.readAll()).isEqualTo(log.readAll());
        assertThat(again.readCommitted()).isEqualTo(log.readCommitted());
      }
    }

    private static void assertSound(LogDirectory closed) throws IOException {
      List<Finding> findings = new ArrayList<>();
      LogVerifier.verify(closed.path(), findings::add);
      assertThat(findings).filteredOn(Finding::isDamage).isEmpty();
    }

    private LogCompaction compaction(VarveLog log) {
      return new LogCompaction(
          log.commitLog(),
          CompactionConfig.fromTopicConfig(config.topicConfig()),
          CompactorOptions.builder().keyMapBytes(1 << 18).build(),
          () -> nowMillis);
    }

    private KafkaLog kafka(LogDirectory at) throws IOException {
      KafkaLog.Opening opening =
          config.settings.kafka(at.path(), new KafkaClock(nowMillis)).logStartOffset(start);
      Map<String, String> topicConfig = config.topicConfig();
      topicConfig.remove("cleanup.policy"); // takes records without a key
      topicConfig.forEach(opening::config);
      KafkaLog log = opening.open();
      log.unified().updateHighWatermark(log.endOffset());
      return log;
    }

    private VarveLog varve(LogDirectory at) {
      VarveLog log =
          VarveLog.open(at.path(), config.settings, new KafkaClock(nowMillis), VarveEncoding.KAFKA);
      log.deleteRecordsBefore(start);
      firstDirty.ifPresent(log.commitLog().rewriter()::keepFirstDirtyOffset);
      return log;
    }

    @Override
    public void close() throws IOException {
      directory.close();
    }
  }
}
