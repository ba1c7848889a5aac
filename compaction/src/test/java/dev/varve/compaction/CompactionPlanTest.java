package dev.varve.compaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.compaction.CompactionFacts.IndexBytes;
import dev.varve.log.LogOffsets;
import dev.varve.log.SegmentInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whether a log is due, how far and why. Segments are written as their bytes; each has ten offsets,
 * and the last one takes appends. {@code 100@-5} has its largest timestamp 5 ms before now, {@code
 * 100@none-5} has none and its file was modified 5 ms before now.
 */
class CompactionPlanTest {
  private static final long NOW = 1_700_000_000_000L;

  private static CompactionFacts log(String segments) {
    return log(segments, 0, Long.MAX_VALUE, Long.MAX_VALUE);
  }

  private static CompactionFacts log(String segments, long start, long stable, long high) {
    List<SegmentInfo> all = new ArrayList<>();
    String[] words = segments.strip().split(" ", -1);
    for (int i = 0; i < words.length; i++) {
      String[] parts = words[i].split("@", -1);
      boolean none = parts.length > 1 && parts[1].startsWith("none");
      String ago = parts.length > 1 ? parts[1].replace("none", "") : "-1000000";
      long time = NOW + Long.parseLong(ago);
      all.add(
          new SegmentInfo(
              10L * i,
              10L * i + 10,
              Long.parseLong(parts[0]),
              i == words.length - 1,
              none ? -1 : time,
              none ? time : NOW));
    }
    long end = 10L * words.length;
    LogOffsets offsets =
        new LogOffsets(start, Math.min(stable, end), Math.min(high, end), end, end);
    return CompactionFacts.of("log", offsets, all, NOW);
  }

  private static CompactionConfig config(String... namesAndValues) {
    Map<String, String> config = new HashMap<>(Map.of("cleanup.policy", "compact"));
    for (int i = 0; i < namesAndValues.length; i += 2) {
      config.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return CompactionConfig.fromTopicConfig(config);
  }

  @ParameterizedTest
  @CsvSource({
    // kept, start, first dirty
    "-1    , 0    , 0 ",
    "-1    , 7    , 7 ",
    "20    , 0    , 20",
    "20    , 20   , 20",
    "20    , 21   , 21", // the log starts above
    "40    , 0    , 40", // its end
    "41    , 3    , 3 ", // beyond its end
  })
  void theFirstDirtyOffsetIsTheKeptOneIfItIsInTheLog(long kept, long start, long expected) {
    CompactionFacts log = log("100 100 100 100", start, 40, 40);
    CompactionFacts known = kept < 0 ? log : log.withFirstDirtyOffset(kept);
    assertThat(CompactionPlan.of(known, config()).firstDirtyOffset()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    // stable, high, kept, end, held back by
    "40      , 40  , 0   , 30 , active segment",
    "30      , 40  , 0   , 30 , active segment",
    "29      , 40  , 0   , 20 , last stable offset 29", // rounded down
    "20      , 40  , 0   , 20 , last stable offset 20",
    "9       , 40  , 0   , 0  , last stable offset 9",
    "40      , 15  , 0   , 10 , high watermark 15",
    "12      , 15  , 0   , 10 , last stable offset 12",
    "5       , 40  , 20  , 20 , last stable offset 5", // not before what is clean
    "5       , 40  , 25  , 20 , last stable offset 5",
    "40      , 40  , 35  , 30 , active segment", // all is clean
  })
  void aPassEndsBeforeWhatIsUndecided(
      long stable, long high, long kept, long end, String heldBackBy) {
    CompactionFacts log = log("100 100 100 100", 0, stable, high).withFirstDirtyOffset(kept);
    CompactionPlan plan = CompactionPlan.of(log, config());
    assertThat(plan.cleanableEndOffset()).isEqualTo(end);
    assertThat(plan.heldBackBy()).startsWith("from offset " + end + " on: ").contains(heldBackBy);
  }

  @ParameterizedTest
  @CsvSource({
    // segments                         , kept, end
    "1@-1001 1@-1001 1@-1001 1          , 0   , 30",
    "1@-1001 1@-1000 1@-1001 1          , 0   , 30", // as much as the lag is enough
    "1@-1001 1@-999 1@-1001 1           , 0   , 10",
    "1@-1 1@-1001 1@-999 1              , 10  , 20", // what is clean does not count
    "1@-1 1@-1001 1@-999 1              , 9   , 0 ", // what is clean in part does
    "1@none-1001 1@none-999 1@-1001 1   , 0   , 10", // none: the file's time, as in Kafka
    "1@5000 1@-1001 1                   , 0   , 0 ", // the future is young
  })
  void whatIsYoungIsNotCompacted(String segments, long kept, long end) {
    CompactionFacts log = log(segments).withFirstDirtyOffset(kept);
    CompactionPlan plan = CompactionPlan.of(log, config("min.compaction.lag.ms", "1000"));
    assertThat(plan.cleanableEndOffset()).as("%s", plan.explain()).isEqualTo(end);
    assertThat(CompactionPlan.of(log, config()).cleanableEndOffset())
        .as("without a lag")
        .isEqualTo(log.active().baseOffset());
  }

  @ParameterizedTest
  @CsvSource({
    // segments         , kept, stable, clean, dirty, due
    "100 100 100 900    , 0   , 40    , 0    , 300  , true ",
    "100 100 100 900    , 10  , 40    , 100  , 200  , true ",
    "100 200 100 900    , 30  , 40    , 400  , 0    , false",
    "100 100 200 900    , 20  , 40    , 200  , 200  , false", // not more than a half
    "100 100 201 900    , 20  , 40    , 200  , 201  , true ",
    "100 100 201 900    , 20  , 25    , 200  , 0    , false", // undecided
    "100 100 100 900    , 15  , 40    , 100  , 200  , true ", // in its midst
    "0 0 0 900          , 0   , 40    , 0    , 0    , false",
    "900                , 0   , 40    , 0    , 0    , false",
  })
  void aLogIsDueWhenMoreThanAPartIsDirty(
      String segments, long kept, long stable, long clean, long dirty, boolean due) {
    CompactionFacts log = log(segments, 0, stable, 40).withFirstDirtyOffset(kept);
    CompactionPlan plan = CompactionPlan.of(log, config());
    assertThat(plan.cleanBytes()).isEqualTo(clean);
    assertThat(plan.cleanableBytes()).isEqualTo(dirty);
    assertThat(plan.dirtyRatio()).isBetween(0.0, 1.0);
    assertThat(plan.isDue()).as("%s", plan.explain()).isEqualTo(due);
  }

  @ParameterizedTest
  @CsvSource({
    // first timestamps in ms before now; 0 none, -0 is timestamp 0
    // ages               , kept, stable, overdue
    "'10:1001'            , 0   , 40    , 1  ",
    "'10:1000'            , 0   , 40    , 0  ",
    "'10:1001 20:1500'    , 0   , 40    , 500",
    "'0:9000 10:1001'     , 10  , 40    , 1  ", // what is clean does not count
    "'30:9000'            , 0   , 40    , 0  ", // nor does the active one
    "'10:none 20:zero'    , 0   , 40    , 0  ",
    "'20:1001'            , 0   , 15    , 1  ", // what is held back does, as in Kafka
  })
  void aLogIsOverdueWhenTheOldestDirtyBatchIsTooOld(
      String ages, long kept, long stable, long overdue) {
    Map<Long, Long> timestamps = new HashMap<>();
    for (String word : ages.split(" ", -1)) {
      String[] parts = word.split(":", -1);
      long time =
          switch (parts[1]) {
            case "none" -> -1;
            case "zero" -> 0;
            default -> NOW - Long.parseLong(parts[1]);
          };
      timestamps.put(Long.parseLong(parts[0]), time);
    }
    CompactionFacts log =
        log("900 1 1 1", 0, stable, 40).withFirstDirtyOffset(kept).withFirstTimestamps(timestamps);
    CompactionPlan plan =
        CompactionPlan.of(
            log, config("max.compaction.lag.ms", "1000", "min.cleanable.dirty.ratio", "1"));
    assertThat(plan.overdueMillis()).isEqualTo(overdue);
    assertThat(plan.isDue()).as("%s", plan.explain()).isEqualTo(overdue > 0);
  }

  @Test
  void whatIsOverdueButHeldBackIsNotDue() {
    CompactionFacts log =
        log("1 1 1", 0, 5, 30).withFirstTimestamps(Map.of(0L, NOW - 5000, 10L, NOW - 5000));
    CompactionPlan plan = CompactionPlan.of(log, config("max.compaction.lag.ms", "1000"));
    assertThat(plan.overdueMillis()).isEqualTo(4000);
    assertThat(plan.isDue()).isFalse();
    assertThat(plan.reason())
        .isEqualTo(
            "nothing is dirty that could be compacted; held back from offset 0 on: last stable"
                + " offset 5, all behind is undecided");
  }

  @Test
  void aLogThatIsNotToBeCompactedIsNeverDue() {
    CompactionPlan plan = CompactionPlan.of(log("100 100 100"), config("cleanup.policy", "delete"));
    assertThat(plan.dirtyRatio()).isEqualTo(1);
    assertThat(plan.isDue()).isFalse();
    assertThat(plan.reason()).isEqualTo("cleanup.policy: it is not to compact");
  }

  private static String groups(List<SegmentGroup> groups) {
    return groups.stream()
        .map(group ->
            group.segments().stream()
                .map(segment -> Long.toString(segment.baseOffset()))
                .collect(Collectors.joining("+")))
        .collect(Collectors.joining(" "));
  }

  @ParameterizedTest
  @CsvSource({
    // segments          , groups
    "50 50 1 9           , 0+10 20",
    "50 51 1 9           , 0 10+20",
    "100 100 100 9       , 0 10 20",
    "101 1 100 9         , 0 10 20", // one that is too large is alone
    "10 10 10 10 9       , 0+10+20+30",
    "0 0 100 0 9         , 0+10+20+30",
    "9                   , ''",
  })
  void neighboursThatFitTogetherBecomeOne(String segments, String groups) {
    CompactionConfig config = config("internal.segment.bytes", "100");
    assertThat(groups(CompactionPlan.of(log(segments), config).groups())).isEqualTo(groups.strip());
  }

  @ParameterizedTest
  @CsvSource({
    // index sizes of the first three segments
    "50/1 50/1 1/1 , 0+10 20",
    "1/50 1/50 1/1 , 0+10 20",
    "50/1 1/50 1/1 , 0+10+20",
    "51/1 50/1 1/1 , 0 10+20",
  })
  void theirIndexesHaveToFitToo(String sizes, String groups) {
    Map<Long, IndexBytes> indexBytes = new HashMap<>();
    String[] words = sizes.strip().split(" ", -1);
    for (int i = 0; i < words.length; i++) {
      String[] parts = words[i].split("/", -1);
      indexBytes.put(10L * i, new IndexBytes(Long.parseLong(parts[0]), Long.parseLong(parts[1])));
    }
    CompactionConfig config = config("segment.index.bytes", "100");
    CompactionFacts log = log("1 1 1 1").withIndexBytes(indexBytes);
    assertThat(groups(CompactionPlan.of(log, config).groups())).isEqualTo(groups);
  }

  @Test
  void offsetsInAGroupReachNoFurtherThanItsBaseAllows() {
    long reach = Integer.MAX_VALUE;
    List<SegmentInfo> segments =
        List.of(
            new SegmentInfo(5, 10, 1, false, 0, 0),
            new SegmentInfo(10, 5 + reach + 1, 1, false, 0, 0), // the last offset is just in reach
            new SegmentInfo(5 + reach + 1, 5 + reach + 2, 1, false, 0, 0),
            new SegmentInfo(5 + reach + 2, 9 + 2 * reach, 0, false, 0, 0), // reaches nothing
            new SegmentInfo(9 + 2 * reach, 9 + 2 * reach, 0, true, 0, 0));
    long end = 9 + 2 * reach;
    LogOffsets offsets = new LogOffsets(5, end, end, end, end);
    CompactionPlan plan =
        CompactionPlan.of(CompactionFacts.of("log", offsets, segments, NOW), config());
    assertThat(groups(plan.groups())).isEqualTo("5+10 " + (5 + reach + 1) + "+" + (5 + reach + 2));
  }

  @ParameterizedTest
  @CsvSource({"0, ''", "1, 0", "10, 0", "11, 0+10", "30, 0+10+20", "99, 0+10+20"})
  void groupsGoAsFarAsKeysWereLearnt(long end, String groups) {
    assertThat(groups(CompactionPlan.of(log("1 1 1 1"), config()).groups(end))).isEqualTo(groups);
  }

  @Test
  void aGroupSaysWhatItTakesUp() {
    SegmentGroup group = CompactionPlan.of(log("1 2 3 4"), config()).groups().getFirst();
    assertThat(group.baseOffset()).isZero();
    assertThat(group.endOffset()).isEqualTo(30);
    assertThat(group.sizeBytes()).isEqualTo(6);
  }

  @Test
  void whatIsSetAsideEndsAGroupAndDoesNotCount() {
    CompactionFacts log =
        log("10 20 30 40 50")
            .withFirstDirtyOffset(30)
            .withSetAside(Map.of(10L, "invalid batch at position 7"));
    CompactionPlan plan = CompactionPlan.of(log, config());
    assertThat(groups(plan.groups())).isEqualTo("0 20+30");
    assertThat(plan.cleanBytes()).isEqualTo(40);
    assertThat(plan.cleanableBytes()).isEqualTo(40);
    assertThat(plan.verdicts().get(1))
        .hasToString("segment 10 is set aside: invalid batch at position 7");
    assertThat(plan.verdicts().get(1).isCompacted()).isFalse();
    CompactionPlan allDirtySetAside =
        CompactionPlan.of(
            log.withSetAside(Map.of(30L, "x")).withFirstTimestamps(Map.of(30L, 1L)),
            config("max.compaction.lag.ms", "1"));
    assertThat(allDirtySetAside.isDue()).isFalse();
    assertThat(allDirtySetAside.overdueMillis()).isZero();
  }

  @Test
  void thePlanExplainsItself() {
    CompactionFacts log =
        log("600 200 400 100 100@-60000 9", 3, 45, 60)
            .withFirstDirtyOffset(20)
            .withFirstTimestamps(Map.of(20L, NOW - 900_000));
    CompactionConfig config =
        config("min.compaction.lag.ms", "300000", "max.compaction.lag.ms", "800000");
    assertThat(CompactionPlan.of(log, config).explain().lines())
        .containsExactly(
            "log is due: max.compaction.lag.ms: the oldest dirty batch is 900,000 ms old, 100,000"
                + " ms more than 800,000 ms",
            "  segment 0 is clean: compacted up to offset 20",
            "  segment 10 is clean: compacted up to offset 20",
            "  segment 20 is dirty: dirty from offset 20 on",
            "  segment 30 is dirty: dirty from offset 30 on",
            "  segment 40 is held back: min.compaction.lag.ms: the newest record is of"
                + " 2023-11-14T22:12:20Z, 60,000 ms ago, less than 300,000 ms",
            "  segment 50 is held back: it takes appends",
            "  held back from offset 40 on: min.compaction.lag.ms: the newest record is of"
                + " 2023-11-14T22:12:20Z, 60,000 ms ago, less than 300,000 ms");
    assertThat(CompactionPlan.of(log, config("min.cleanable.dirty.ratio", "0.3")).explain().lines())
        .first()
        .isEqualTo(
            "log is due: min.cleanable.dirty.ratio: 500 of 1,300 bytes are dirty, 0.3846, more"
                + " than 0.3");
    assertThat(CompactionPlan.of(log, config()).explain().lines())
        .first()
        .isEqualTo(
            "log is not due: min.cleanable.dirty.ratio: 500 of 1,300 bytes are dirty, 0.3846, not"
                + " more than 0.5");
  }

  @Test
  void theDirtiestOfThoseThatAreDueIsFirst() {
    CompactionConfig config = config("max.compaction.lag.ms", "1000");
    CompactionFacts overdue =
        log("900 100 9").withFirstDirtyOffset(10).withFirstTimestamps(Map.of(10L, 1L));
    CompactionPlan overduePlan = CompactionPlan.of(overdue, config);
    CompactionPlan clean = CompactionPlan.of(log("900 100 9").withFirstDirtyOffset(10), config);
    CompactionPlan dirty = CompactionPlan.of(log("100 300 9").withFirstDirtyOffset(10), config);
    CompactionPlan sameRatio = CompactionPlan.of(log("200 600 9").withFirstDirtyOffset(10), config);
    assertThat(overduePlan.isDue()).isTrue();
    assertThat(Dirtiest.among(List.of(clean, overduePlan, dirty, sameRatio))).containsSame(dirty);
    assertThat(Dirtiest.among(List.of(overduePlan, clean))).containsSame(overduePlan);
    assertThat(Dirtiest.among(List.of(clean))).isEmpty();
    assertThat(Dirtiest.among(List.of())).isEmpty();
  }

  @Test
  void aLogHasASegment() {
    LogOffsets offsets = new LogOffsets(0, 0, 0, 0, 0);
    assertThatThrownBy(() -> CompactionFacts.of("log", offsets, List.of(), NOW))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("found no segments, expected one that takes appends");
  }
}
