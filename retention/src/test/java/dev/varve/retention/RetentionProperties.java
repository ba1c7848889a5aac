package dev.varve.retention;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.LogOffsets;
import dev.varve.log.SegmentInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** What holds of any policy and any log. */
class RetentionProperties {
  private static final int TRIES = 500;

  /** A segment: how many offsets it has, its size and times. */
  private record Draft(int offsets, long bytes, long timestamp, long modified) {}

  @Provide
  Arbitrary<LogFacts> logs() {
    Arbitrary<Long> times = Arbitraries.longs().between(Facts.NOW - 100, Facts.NOW + 20);
    Arbitrary<Draft> drafts =
        Combinators.combine(
                Arbitraries.integers().between(1, 9),
                Arbitraries.longs().between(0, 100),
                Arbitraries.frequencyOf(Tuple.of(4, times), Tuple.of(1, Arbitraries.just(-1L))),
                times)
            .as(Draft::new);
    Arbitrary<ReaderPosition> readers =
        Combinators.combine(
                Arbitraries.of("a", "b", "c"),
                Arbitraries.longs().between(0, 60),
                Arbitraries.of(true, false))
            .as(ReaderPosition::new);
    return Combinators.combine(
            drafts.list().ofMinSize(1).ofMaxSize(8),
            Arbitraries.integers().between(0, 100),
            Arbitraries.integers().between(0, 100),
            readers.list().ofMaxSize(2))
        .as(RetentionProperties::facts);
  }

  /** The start lies in the first segment or at its end, the high watermark anywhere behind it. */
  private static LogFacts facts(
      List<Draft> drafts, int startPercent, int watermarkPercent, List<ReaderPosition> readers) {
    List<SegmentInfo> segments = new ArrayList<>();
    long base = 0;
    for (int i = 0; i < drafts.size(); i++) {
      Draft draft = drafts.get(i);
      boolean active = i == drafts.size() - 1;
      long end = active && draft.bytes == 0 ? base : base + draft.offsets;
      segments.add(
          new SegmentInfo(base, end, draft.bytes, active, draft.timestamp, draft.modified));
      base = end;
    }
    long start = segments.getFirst().endOffset() * startPercent / 100;
    long watermark = watermarkPercent > 80 ? base : start + (base - start) * watermarkPercent / 80;
    LogOffsets offsets = new LogOffsets(start, base, watermark, base, base);
    return new LogFacts("log", offsets, segments, readers, Facts.NOW);
  }

  @Provide
  Arbitrary<List<RetentionRule>> rules() {
    Arbitrary<RetentionRule> simple =
        Arbitraries.oneOf(
            Arbitraries.integers()
                .between(0, 100)
                .map(millis -> RetentionRule.age(Duration.ofMillis(millis))),
            Arbitraries.longs().between(0, 300).map(RetentionRule::bytes),
            Arbitraries.just(RetentionRule.startOffset()),
            Arbitraries.just(RetentionRule.passedByAllReaders()));
    Arbitrary<RetentionRule> all =
        simple
            .list()
            .ofMinSize(1)
            .ofMaxSize(3)
            .map(rules -> RetentionRule.allOf(rules.toArray(RetentionRule[]::new)));
    return Arbitraries.oneOf(simple, simple, all).list().ofMaxSize(3);
  }

  private static boolean expired(List<RetentionRule> rules, LogFacts log, int index) {
    Candidate candidate = new Candidate(log, index, log.sizeBytesFrom(index));
    return rules.stream().anyMatch(rule -> rule.judge(candidate).expired());
  }

  @Property(tries = TRIES, edgeCases = EdgeCasesMode.NONE)
  void nothingGoesThatIsKeptByAllRulesOrByAReaderOrLiesAboveTheHighWatermark(
      @ForAll("logs") LogFacts log, @ForAll("rules") List<RetentionRule> rules) {
    checkGoing(RetentionPolicy.of(rules).plan(log), rules);
  }

  private static void checkGoing(RetentionPlan plan, List<RetentionRule> rules) {
    LogFacts log = plan.log();
    int gone = plan.going().size();
    for (int i = 0; i < gone; i++) {
      SegmentInfo segment = log.segments().get(i);
      assertThat(plan.verdicts().get(i).segment()).isEqualTo(segment);
      assertThat(expired(rules, log, i)).as("%s", segment).isTrue();
      assertThat(segment.endOffset()).isLessThanOrEqualTo(log.offsets().highWatermark());
    }
    for (ReaderPosition reader : log.readers()) {
      if (reader.holds()) {
        assertThat(log.segments().stream().filter(segment -> segment.endOffset() > reader.offset()))
            .noneMatch(segment -> plan.going().stream().anyMatch(v -> v.segment().equals(segment)));
      }
    }
    assertThat(plan.startOffset()).isGreaterThanOrEqualTo(log.offsets().startOffset());
    if (gone > 0) {
      long end = log.segments().get(gone - 1).endOffset();
      assertThat(plan.startOffset()).isEqualTo(Math.max(end, log.offsets().startOffset()));
    }
  }

  @Property(tries = TRIES, edgeCases = EdgeCasesMode.NONE)
  void whatIsKeptIsKeptForAReason(
      @ForAll("logs") LogFacts log, @ForAll("rules") List<RetentionRule> rules) {
    checkKept(RetentionPolicy.of(rules).plan(log), rules);
  }

  private static void checkKept(RetentionPlan plan, List<RetentionRule> rules) {
    LogFacts log = plan.log();
    int gone = plan.going().size();
    if (gone == log.segments().size()) {
      return;
    }
    SegmentInfo kept = log.segments().get(gone);
    boolean held = log.readers().stream().anyMatch(r -> r.holds() && kept.endOffset() > r.offset());
    boolean above = kept.endOffset() > log.offsets().highWatermark();
    boolean empty = kept.active() && kept.sizeBytes() == 0;
    assertThat(!expired(rules, log, gone) || held || above || empty).as("%s", plan).isTrue();
  }

  @Property(tries = TRIES, edgeCases = EdgeCasesMode.NONE)
  void onlyWhenAllOfItHasExpiredIsTheActiveSegmentRolled(
      @ForAll("logs") LogFacts log, @ForAll("rules") List<RetentionRule> rules) {
    checkActive(RetentionPolicy.of(rules).plan(log), rules);
  }

  private static void checkActive(RetentionPlan plan, List<RetentionRule> rules) {
    LogFacts log = plan.log();
    SegmentInfo last = log.segments().getLast();
    if (plan.rollsActive()) {
      assertThat(plan.going()).hasSameSizeAs(log.segments());
      assertThat(last.sizeBytes()).isPositive();
      assertThat(expired(rules, log, log.segments().size() - 1)).isTrue();
    } else {
      assertThat(plan.going()).noneMatch(verdict -> verdict.segment().active());
    }
  }

  @Property(tries = TRIES, edgeCases = EdgeCasesMode.NONE)
  void aSecondRunFindsNothing(
      @ForAll("logs") LogFacts log, @ForAll("rules") List<RetentionRule> rules) {
    RetentionPolicy policy = RetentionPolicy.of(rules);
    assertThat(policy.plan(after(policy.plan(log))).isEmpty()).isTrue();
  }

  /** A planner that gets something wrong. */
  @FunctionalInterface
  private interface Defect {
    RetentionPlan plan(RetentionPolicy policy, LogFacts log);
  }

  private static Map<String, Defect> defects() {
    Map<String, Defect> defects = new TreeMap<>();
    defects.put(
        "overlooks leases",
        (policy, log) -> about(log, policy.plan(log.withReaders(released(log.readers())))));
    defects.put(
        "overlooks the high watermark",
        (policy, log) ->
            about(log, policy.plan(Facts.withHighWatermark(log, log.offsets().endOffset()))));
    defects.put(
        "takes the newest segment, too",
        (policy, log) -> {
          RetentionPlan plan = policy.plan(log);
          List<SegmentVerdict> verdicts = new ArrayList<>(plan.verdicts());
          verdicts.addLast(gone(verdicts.removeLast()));
          return new RetentionPlan(log, verdicts, plan.startOffset(), plan.rollsActive());
        });
    defects.put(
        "takes one more",
        (policy, log) -> {
          List<SegmentVerdict> going = new ArrayList<>(policy.plan(log).going());
          if (going.size() < log.segments().size()) {
            going.add(gone(SegmentVerdict.behind(log.segments().get(going.size()))));
          }
          return RetentionPlan.of(log, going);
        });
    defects.put(
        "takes one less",
        (policy, log) -> {
          List<SegmentVerdict> going = policy.plan(log).going();
          return RetentionPlan.of(log, going.subList(0, Math.max(0, going.size() - 1)));
        });
    defects.put(
        "moves the start too far",
        (policy, log) -> {
          RetentionPlan plan = policy.plan(log);
          return new RetentionPlan(
              log, plan.verdicts(), plan.startOffset() + 1, plan.rollsActive());
        });
    defects.put(
        "does not begin a segment when all go",
        (policy, log) -> {
          RetentionPlan plan = policy.plan(log);
          return new RetentionPlan(log, plan.verdicts(), plan.startOffset(), false);
        });
    return defects;
  }

  private static RetentionPlan about(LogFacts log, RetentionPlan plan) {
    return new RetentionPlan(log, plan.verdicts(), plan.startOffset(), plan.rollsActive());
  }

  private static List<ReaderPosition> released(List<ReaderPosition> readers) {
    return readers.stream()
        .map(reader -> new ReaderPosition(reader.name(), reader.offset(), false))
        .toList();
  }

  private static SegmentVerdict gone(SegmentVerdict verdict) {
    return new SegmentVerdict(verdict.segment(), true, "defect", "");
  }

  /** Null control: that the properties would notice. */
  @Example
  void aPlannerThatGetsSomethingWrongIsNoticed() {
    List<LogFacts> logs = logs().sampleStream().limit(2_000).toList();
    List<List<RetentionRule>> rules = rules().sampleStream().limit(2_000).toList();
    assertThat(noticedAfter((policy, log) -> policy.plan(log), logs, rules)).isEqualTo(-1);
    defects()
        .forEach((name, defect) -> {
          int after = noticedAfter(defect, logs, rules);
          System.out.println("null control of retention: " + name + ", caught by try " + after);
          assertThat(after).as(name).isNotNegative();
        });
  }

  /** -1 if nothing is noticed. */
  private static int noticedAfter(
      Defect defect, List<LogFacts> logs, List<List<RetentionRule>> rules) {
    for (int i = 0; i < logs.size(); i++) {
      RetentionPlan plan = defect.plan(RetentionPolicy.of(rules.get(i)), logs.get(i));
      try {
        checkGoing(plan, rules.get(i));
        checkKept(plan, rules.get(i));
        checkActive(plan, rules.get(i));
      } catch (AssertionError e) {
        return i;
      }
    }
    return -1;
  }

  /** The log when a plan was carried out. */
  private static LogFacts after(RetentionPlan plan) {
    LogFacts log = plan.log();
    LogOffsets offsets = log.offsets();
    long end = offsets.endOffset();
    List<SegmentInfo> left =
        new ArrayList<>(log.segments().subList(plan.going().size(), log.segments().size()));
    if (left.isEmpty()) {
      left.add(new SegmentInfo(end, end, 0, true, -1, Facts.NOW));
    }
    long watermark = Math.max(plan.startOffset(), offsets.highWatermark());
    return new LogFacts(
        log.name(),
        new LogOffsets(plan.startOffset(), end, watermark, end, end),
        left,
        log.readers(),
        log.nowMillis());
  }

  @Property(tries = TRIES, edgeCases = EdgeCasesMode.NONE)
  void theOrderOfRulesIsOfNoConsequence(
      @ForAll("logs") LogFacts log, @ForAll("rules") List<RetentionRule> rules) {
    RetentionPlan plan = RetentionPolicy.of(rules).plan(log);
    assertThat(RetentionPolicy.of(rules.reversed()).plan(log).startOffset())
        .isEqualTo(plan.startOffset());
  }

  /** Kafka applies one rule after the other, each to what the one before has left. */
  @Property(tries = TRIES, edgeCases = EdgeCasesMode.NONE)
  void theOutcomeIsThatOfKafkasPasses(
      @ForAll("logs") LogFacts log, @ForAll long retentionMillis, @ForAll long retentionBytes) {
    long millis = Math.floorMod(retentionMillis, 120) - 1L;
    long bytes = Math.floorMod(retentionBytes, 400) - 1L;
    LogFacts ours = truthful(log.withReaders(List.of()));
    RetentionConfig config = new RetentionConfig(true, millis, bytes);
    List<SegmentInfo> left = kafkaLeaves(ours, millis, bytes);
    RetentionPlan plan = config.policy().plan(ours);
    assertThat(plan.going()).hasSize(ours.segments().size() - left.size());
  }

  /** Where times lie in the future, Varve differs on purpose. */
  private static LogFacts truthful(LogFacts log) {
    List<SegmentInfo> segments =
        log.segments().stream()
            .map(segment ->
                new SegmentInfo(
                    segment.baseOffset(),
                    segment.endOffset(),
                    segment.sizeBytes(),
                    segment.active(),
                    Math.min(segment.timestampMax(), Facts.NOW),
                    Math.min(segment.lastModifiedMillis(), Facts.NOW)))
            .toList();
    return new LogFacts(log.name(), log.offsets(), segments, List.of(), log.nowMillis());
  }

  private static List<SegmentInfo> kafkaLeaves(LogFacts log, long millis, long bytes) {
    long start = log.offsets().startOffset();
    List<SegmentInfo> left =
        kafkaPass(log, log.segments(), s -> !s.active() && s.endOffset() <= start);
    if (bytes >= 0) {
      long[] diff = {left.stream().mapToLong(SegmentInfo::sizeBytes).sum() - bytes};
      left =
          kafkaPass(
              log,
              left,
              segment -> {
                boolean delete = diff[0] >= 0 && diff[0] - segment.sizeBytes() >= 0;
                diff[0] -= delete ? segment.sizeBytes() : 0;
                return delete;
              });
    }
    if (millis >= 0) {
      left =
          kafkaPass(
              log,
              left,
              segment -> {
                long time =
                    segment.timestampMax() >= 0
                        ? segment.timestampMax()
                        : segment.lastModifiedMillis();
                return Facts.NOW - time > millis;
              });
    }
    return left;
  }

  private static List<SegmentInfo> kafkaPass(
      LogFacts log, List<SegmentInfo> segments, Predicate<SegmentInfo> delete) {
    int gone = 0;
    for (SegmentInfo segment : segments) {
      boolean emptyLast = segment.active() && segment.sizeBytes() == 0;
      if (log.offsets().highWatermark() < segment.endOffset()
          || !delete.test(segment)
          || emptyLast) {
        break;
      }
      gone++;
    }
    return segments.subList(gone, segments.size());
  }
}
