package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.compaction.CompactionConfig;
import dev.varve.compaction.CompactionFacts;
import dev.varve.compaction.CompactionPlan;
import dev.varve.log.SegmentInfo;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.kafka.storage.internals.log.UnifiedLog;

/** That Kafka and Varve would compact the same of a log, and find it due at the same time. */
class CompactionPlanLikeKafkaProperties {
  private static final long WRITTEN_MILLIS = 1_700_000_000_000L;

  /**
   * What bounds a pass.
   *
   * @param keptPercent where the last one ended; negative if there was none
   * @param highPercent the high watermark
   */
  record Bounds(
      String minLagMillis,
      String maxLagMillis,
      String ratio,
      int keptPercent,
      boolean keptIsBase,
      int highPercent,
      long agoMillis) {
    Map<String, String> topicConfig() {
      Map<String, String> config = new HashMap<>();
      config.put("min.compaction.lag.ms", minLagMillis);
      config.put("max.compaction.lag.ms", maxLagMillis);
      config.put("min.cleanable.dirty.ratio", ratio);
      return config;
    }
  }

  @Provide
  Arbitrary<LogSettings> settings() {
    return HistoryArbitraries.settings();
  }

  @Provide
  Arbitrary<List<LogStep>> histories() {
    return HistoryArbitraries.historiesWithDeletion(60);
  }

  @Provide
  Arbitrary<Bounds> bounds() {
    return Combinators.combine(
            Arbitraries.of("0", "0", "1", "60000", "500000"),
            Arbitraries.of("500000", "1000000", Long.toString(Long.MAX_VALUE)),
            Arbitraries.of("0", "0.3", "0.5", "0.9"),
            Arbitraries.of(-1, -1, 0, 20, 50, 80, 100, 110),
            Arbitraries.of(true, true, false),
            Arbitraries.of(100, 100, 100, 70, 30),
            Arbitraries.of(0L, 100_000L, 2_000_000L))
        .as(Bounds::new);
  }

  @Property(tries = 50)
  void kafkaAndVarvePlanTheSame(
      @ForAll("settings") LogSettings chosen,
      @ForAll("histories") List<LogStep> steps,
      @ForAll("bounds") Bounds bounds)
      throws Exception {
    LogSettings settings = chosen.withRoomFor(steps);
    KafkaClock clock = new KafkaClock(WRITTEN_MILLIS);
    try (LogDirectory directory = LogDirectory.create()) {
      KafkaLog.Opening opening = settings.kafka(directory.path(), clock);
      bounds.topicConfig().forEach(opening::config);
      try (KafkaLog kafka = opening.open()) {
        LogStep.applyAll(steps, kafka);
        assertSamePlan(
            kafka.unified(), settings, bounds, clock.milliseconds() + bounds.agoMillis());
      }
    }
  }

  private static void assertSamePlan(
      UnifiedLog log, LogSettings settings, Bounds bounds, long nowMillis) throws Exception {
    long start = log.logStartOffset();
    long span = log.logEndOffset() - start;
    log.updateHighWatermark(start + span * bounds.highPercent() / 100);
    OptionalLong kept = kept(log, bounds, start + span * bounds.keptPercent() / 100);
    Map<String, String> config = bounds.topicConfig();
    config.put("cleanup.policy", "compact"); // only for us: records without key are appended
    config.put("internal.segment.bytes", Integer.toString(settings.segmentBytes()));
    config.put("segment.index.bytes", Integer.toString(settings.segmentIndexBytes()));
    KafkaCleanerPlan theirs = KafkaCleanerPlan.of(log, kept, nowMillis);
    CompactionFacts facts = KafkaCleanerPlan.facts(log, kept, nowMillis);
    CompactionPlan ours = CompactionPlan.of(facts, CompactionConfig.fromTopicConfig(config));
    String explanation = ours.explain();
    assertThat(ours.firstDirtyOffset()).isEqualTo(theirs.toClean().firstDirtyOffset());
    assertThat(ours.cleanableEndOffset())
        .as(explanation)
        .isEqualTo(theirs.toClean().firstUncleanableOffset());
    assertThat(ours.cleanableBytes()).as(explanation).isEqualTo(theirs.toClean().cleanableBytes());
    long countedTwice = partlyDirtyBytes(facts, ours.firstDirtyOffset());
    assertThat(ours.cleanBytes())
        .as(explanation)
        .isEqualTo(theirs.toClean().cleanBytes() - countedTwice);
    if (countedTwice == 0) {
      assertThat(ours.isDue()).as(explanation).isEqualTo(theirs.isDue());
    }
    assertThat(
            ours.groups().stream()
                .map(group -> group.segments().stream().map(SegmentInfo::baseOffset).toList())
                .toList())
        .as(explanation)
        .isEqualTo(theirs.groups());
  }

  private static OptionalLong kept(UnifiedLog log, Bounds bounds, long offset) {
    if (bounds.keptPercent() < 0) {
      return OptionalLong.empty();
    }
    return bounds.keptIsBase() && offset <= log.logEndOffset()
        ? log.logSegments().stream()
            .mapToLong(segment -> segment.baseOffset())
            .filter(base -> base <= offset)
            .max()
        : OptionalLong.of(offset);
  }

  /** Kafka counts the segment that the first dirty offset lies in as clean and as dirty. */
  private static long partlyDirtyBytes(CompactionFacts facts, long firstDirty) {
    return facts.segments().stream()
        .filter(segment -> segment.baseOffset() < firstDirty)
        .filter(segment -> segment.endOffset() > firstDirty || segment.active())
        .mapToLong(SegmentInfo::sizeBytes)
        .sum();
  }
}
