package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.retention.RetentionConfig;
import dev.varve.retention.RetentionPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** That Kafka and Varve, with the same directory and configuration, give up the same segments. */
class RetentionLikeKafkaProperties {
  private static final long WRITTEN_MILLIS = 5_000_000;
  private static final long NOW_MILLIS = 1_700_000_300_000L;
  private static final long DAY_MILLIS = 86_400_000;

  /**
   * A topic's configuration of retention.
   *
   * @param retentionPercent of the bytes that the log has; negative for no limit
   */
  record Limits(String cleanupPolicy, long retentionMillis, int retentionPercent) {
    Map<String, String> topicConfig(long logBytes) {
      Map<String, String> config = new HashMap<>();
      config.put("cleanup.policy", cleanupPolicy);
      config.put("retention.ms", Long.toString(retentionMillis));
      long bytes = retentionPercent < 0 ? -1 : logBytes * retentionPercent / 100;
      config.put("retention.bytes", Long.toString(bytes));
      return config;
    }
  }

  @Provide
  Arbitrary<LogSettings> settings() {
    return HistoryArbitraries.settings();
  }

  @Provide
  Arbitrary<List<LogStep>> histories() {
    return HistoryArbitraries.historiesWithDeletion(40);
  }

  @Provide
  Arbitrary<Limits> limits() {
    return Combinators.combine(
            Arbitraries.frequency(
                Tuple.of(6, "delete"),
                Tuple.of(2, "compact,delete"),
                Tuple.of(1, "compact"),
                Tuple.of(1, "")),
            Arbitraries.of(-1L, 0L, 1_000L, 300_000L, 1_300_000L, DAY_MILLIS, 10_000 * DAY_MILLIS),
            Arbitraries.of(-1, -1, 0, 10, 50, 90, 100, 110))
        .as(Limits::new);
  }

  @Property(tries = 20)
  void kafkaAndVarveGiveUpTheSame(
      @ForAll("settings") LogSettings chosen,
      @ForAll("histories") List<LogStep> steps,
      @ForAll("limits") Limits limits,
      @ForAll long seed)
      throws IOException {
    LogSettings settings = chosen.withRoomFor(steps);
    try (LogDirectory directory = LogDirectory.create()) {
      long start = write(directory, settings, steps);
      setTimes(directory, settings, new Random(seed));
      assertSameOutcome(directory, settings, limits, start);
    }
  }

  private static long write(LogDirectory directory, LogSettings settings, List<LogStep> steps)
      throws IOException {
    KafkaClock clock = new KafkaClock(WRITTEN_MILLIS);
    try (VarveLog log = VarveLog.open(directory.path(), settings, clock)) {
      LogStep.applyAll(steps, log);
      return log.startOffset();
    }
  }

  /**
   * Gives files times from the recent past. Where records are from the future, Kafka keeps the
   * segment until that has come, and Varve as if it was appended when its file was modified, so
   * these are given a time at which it is kept by both.
   */
  private static void setTimes(LogDirectory directory, LogSettings settings, Random random)
      throws IOException {
    try (LogDirectory copy = directory.copy();
        VarveLog log = VarveLog.open(copy.path(), settings, new KafkaClock(NOW_MILLIS))) {
      for (var segment : log.segments()) {
        boolean future = segment.timestampMax() > NOW_MILLIS;
        long modified = future ? NOW_MILLIS : NOW_MILLIS - random.nextInt(2_000_000);
        Path file = directory.file(segment.baseOffset(), ".log");
        Files.setLastModifiedTime(file, FileTime.fromMillis(modified));
      }
    }
  }

  private static void assertSameOutcome(
      LogDirectory directory, LogSettings settings, Limits limits, long start) throws IOException {
    try (LogDirectory ofKafka = directory.copy();
        LogDirectory ofVarve = directory.copy()) {
      KafkaClock varveClock = new KafkaClock(NOW_MILLIS);
      try (VarveLog varve = VarveLog.open(ofVarve.path(), settings, varveClock)) {
        long bytes = varve.segments().stream().mapToLong(segment -> segment.sizeBytes()).sum();
        Map<String, String> config = limits.topicConfig(bytes);
        KafkaLog.Opening opening = settings.kafka(ofKafka.path(), new KafkaClock(NOW_MILLIS));
        config.forEach(opening::config);
        try (KafkaLog kafka = opening.logStartOffset(start).open()) {
          for (int run = 0; run < 2; run++) {
            kafka.deleteOldSegments();
            RetentionPlan plan = varve.retain(RetentionConfig.fromTopicConfig(config).policy());
            assertThat(varve.startOffset()).as("%s", plan).isEqualTo(kafka.startOffset());
            assertThat(varve.segmentBaseOffsets())
                .as("%s", plan)
                .isEqualTo(kafka.segmentBaseOffsets());
          }
          assertThat(varve.readAll()).isEqualTo(kafka.readAll());
          assertThat(varve.endOffset()).isEqualTo(kafka.endOffset());
        }
      }
    }
  }

  /** The one difference: a record from the future keeps its segment for ever in Kafka. */
  @Example
  void aRecordFromTheFutureKeepsItsSegmentInKafkaOnly() throws IOException {
    LogSettings settings = LogSettings.ofSegmentBytes(1_000_000);
    List<LogStep> steps =
        List.of(new LogStep.Append(NewBatch.of(NewRecord.of(4_000_000_000_000L, "key", "value"))));
    try (LogDirectory directory = LogDirectory.create()) {
      write(directory, settings, steps);
      Path file = directory.file(0, ".log");
      Files.setLastModifiedTime(file, FileTime.fromMillis(NOW_MILLIS - 2 * DAY_MILLIS));
      Map<String, String> config =
          new Limits("delete", DAY_MILLIS, -1).topicConfig(Files.size(file));
      try (LogDirectory copy = directory.copy();
          VarveLog varve = VarveLog.open(copy.path(), settings, new KafkaClock(NOW_MILLIS))) {
        varve.retain(RetentionConfig.fromTopicConfig(config).policy());
        assertThat(varve.startOffset()).isEqualTo(1);
      }
      KafkaLog.Opening opening = settings.kafka(directory.path(), new KafkaClock(NOW_MILLIS));
      config.forEach(opening::config);
      try (KafkaLog kafka = opening.open()) {
        kafka.deleteOldSegments();
        assertThat(kafka.startOffset()).isZero();
      }
    }
  }
}
