package dev.varve.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What goes of which log. Segments are written as {@link Facts} says; {@code gone} counts those
 * that go, {@code rule} keeps the next one. With all gone, a new segment is begun before.
 */
class RetentionPolicyTableTest {

  private static void assertGone(RetentionPlan plan, int gone, String rule) {
    assertThat(plan.going()).as("%s", plan.verdicts()).hasSize(gone);
    assertThat(plan.verdicts().subList(0, gone)).allMatch(SegmentVerdict::goes);
    assertThat(plan.verdicts()).hasSameSizeAs(plan.log().segments());
    boolean all = gone == plan.verdicts().size();
    assertThat(plan.rollsActive()).isEqualTo(all);
    if (!all) {
      assertThat(plan.verdicts().get(gone).rule()).isEqualTo(rule);
    }
    if (gone > 0) {
      assertThat(plan.startOffset()).isEqualTo(plan.log().segments().get(gone - 1).endOffset());
    }
  }

  @ParameterizedTest
  @CsvSource({
    // segments                            , gone, rule that keeps the next
    "100B@-1001 100B@-1000 100B@0          , 1   , retention.ms", // more than, not as much as
    "100B@-1002 100B@-1001 100B@0          , 2   , retention.ms",
    "100B@-1000 100B@-9999 100B@0          , 0   , retention.ms", // unordered: one keeps all behind
    "100B@-9999 100B@-9999 100B@-9999      , 3   , -           ", // all expired: also the active
    // one
    "100B@-9999 100B@-9999 0B@none/-9999   , 2   , empty       ",
    "100B@-9999                            , 1   , -           ", // single
    "100B@-1000                            , 0   , retention.ms",
    "0B@none/-9999                         , 0   , empty       ",
    "100B@none/-1001 100B@none/-1000 9B@0  , 1   , retention.ms", // none: the file's time
    "100B@0/-9999 100B@0                   , 0   , retention.ms", // a timestamp goes before it
    "100B@-9999/0 100B@0                   , 1   , retention.ms",
    "100B@1/-1001 100B@0                   , 1   , retention.ms", // future: the file's time
    "100B@1/-1000 100B@0                   , 0   , retention.ms",
    "100B@9999/0 100B@-9999 100B@0         , 0   , retention.ms", // future, and appended just now
    "100B@9999/-9999 100B@99999/-9999      , 2   , -           ", // also in the active segment
    "100B@20/10 100B@0                     , 0   , retention.ms", // a clock that was set back:
    "100B@20/10 100B@9/5 100B@0/-1001      , 2   , retention.ms", // the next file that is of the
    "100B@20/10 9B@-9999/-1001 9B@0/-9999  , 2   , retention.ms", // past says by when the last
    "100B@20/10 9B@-9999/-1000 9B@0/-9999  , 0   , retention.ms", // append was, and no record's
    "100B@none/10 100B@-9999/-1001 9B@0    , 2   , retention.ms", // timestamp does
    "100B@20/10 100B@9/5                   , 0   , retention.ms", // nobody knows
    "100B@-1700000000000 100B@0            , 1   , retention.ms", // timestamp 0 is one
  })
  void byAge(String segments, int gone, String rule) {
    RetentionPolicy policy = RetentionPolicy.of(RetentionRule.age(Duration.ofSeconds(1)));
    assertGone(policy.plan(Facts.of(segments)), gone, rule);
  }

  @ParameterizedTest
  @CsvSource({
    // segments                            , retention.bytes, gone, rule that keeps the next
    "100B@0 100B@0 100B@0                  , 201            , 0   , retention.bytes",
    "100B@0 100B@0 100B@0                  , 200            , 1   , retention.bytes",
    "100B@0 100B@0 100B@0                  , 101            , 1   , retention.bytes",
    "100B@0 100B@0 100B@0                  , 100            , 2   , retention.bytes",
    "100B@0 100B@0 100B@0                  , 1              , 2   , retention.bytes",
    "100B@0 100B@0 100B@0                  , 0              , 3   , -              ",
    "100B@0 100B@0 0B@none                 , 0              , 2   , empty          ",
    "100B@0 100B@0 0B@none                 , 100            , 1   , retention.bytes",
    "100B@0                                , 0              , 1   , -              ",
    "100B@0                                , 1              , 0   , retention.bytes",
    "0B@none                               , 0              , 0   , empty          ",
    "500B@0 10B@0 10B@0 10B@0              , 100            , 0   , retention.bytes", // whole ones
    "10B@0 500B@0 10B@0                    , 505            , 1   , retention.bytes",
    "0B@none 500B@0                        , 500            , 1   , retention.bytes", // as in Kafka
  })
  void bySize(String segments, long retentionBytes, int gone, String rule) {
    RetentionPolicy policy = RetentionPolicy.of(RetentionRule.bytes(retentionBytes));
    assertGone(policy.plan(Facts.of(segments)), gone, rule.strip());
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "9, 0", "10, 1", "19, 1", "20, 2", "29, 2", "30, 2"})
  void byStartOffset(long start, int gone) {
    LogFacts facts = Facts.withStart(Facts.of("1B@0 1B@0 1B@0"), start);
    RetentionPlan plan = RetentionPolicy.of(RetentionRule.startOffset()).plan(facts);
    assertThat(plan.going()).hasSize(gone);
    assertThat(plan.startOffset()).as("it never moves back").isEqualTo(start);
    assertThat(plan.rollsActive()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    // a , b , gone
    "9   , 30, 0",
    "10  , 30, 1",
    "30  , 19, 1",
    "20  , 20, 2",
    "30  , 30, 2", // never the active one
  })
  void byPositionOfTheLastReader(long a, long b, int gone) {
    LogFacts facts =
        Facts.of("1B@0 1B@0 1B@0")
            .withReaders(
                List.of(new ReaderPosition("a", a, false), new ReaderPosition("b", b, false)));
    RetentionPolicy policy = RetentionPolicy.of(RetentionRule.passedByAllReaders());
    assertGone(policy.plan(facts), gone, "readers");
  }

  @Test
  void nothingIsPassedWhenThereIsNoReader() {
    RetentionPolicy policy = RetentionPolicy.of(RetentionRule.passedByAllReaders());
    assertGone(policy.plan(Facts.of("1B@0 1B@0")), 0, "readers");
  }

  @ParameterizedTest
  @CsvSource({
    // segments                                , gone, rule that keeps the next
    "100B@0 100B@-9999 100B@-9999 100B@0       , 3   , 'retention.bytes, retention.ms'", // in turns
    "100B@0 100B@0 100B@-9999                  , 3   , - ",
    "60B@0 100B@-9999 40B@0                    , 2   , 'retention.bytes, retention.ms'",
  })
  void oneOfSeveralRulesIsEnough(String segments, int gone, String rule) {
    RetentionRule bytes = RetentionRule.bytes(100);
    RetentionRule age = RetentionRule.age(Duration.ofSeconds(1));
    assertGone(RetentionPolicy.of(bytes, age).plan(Facts.of(segments)), gone, rule);
    RetentionPlan otherOrder = RetentionPolicy.of(age, bytes).plan(Facts.of(segments));
    assertThat(otherOrder.startOffset())
        .isEqualTo(RetentionPolicy.of(bytes, age).plan(Facts.of(segments)).startOffset());
  }

  @ParameterizedTest
  @CsvSource({
    "100B@-9999 100B@-9999 100B@0, 1, retention.bytes",
    "100B@-9999 100B@0 100B@0    , 1, retention.ms",
    "100B@0 100B@-9999 100B@0    , 0, retention.ms",
  })
  void allOfSeveralRulesMayHaveToAgree(String segments, int gone, String rule) {
    RetentionRule both =
        RetentionRule.allOf(RetentionRule.age(Duration.ofSeconds(1)), RetentionRule.bytes(200));
    RetentionPlan plan = RetentionPolicy.of(both).plan(Facts.of(segments));
    assertGone(plan, gone, rule);
    if (gone > 0) {
      assertThat(plan.going().getFirst().rule()).isEqualTo("retention.ms and retention.bytes");
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "9, 0", "10, 1", "29, 2", "30, 3"})
  void whatLiesAboveTheHighWatermarkStays(long highWatermark, int gone) {
    LogFacts facts = Facts.withHighWatermark(Facts.of("1B@0 1B@0 1B@0"), highWatermark);
    assertGone(RetentionPolicy.of(RetentionRule.bytes(0)).plan(facts), gone, "high watermark");
  }

  @ParameterizedTest
  @CsvSource({"0, true, 0", "9, true, 0", "10, true, 1", "30, true, 3", "0, false, 3"})
  void whatAReaderHoldsStays(long offset, boolean holds, int gone) {
    LogFacts facts =
        Facts.of("1B@0 1B@0 1B@0").withReaders(List.of(new ReaderPosition("slow", offset, holds)));
    assertGone(RetentionPolicy.of(RetentionRule.bytes(0)).plan(facts), gone, "lease");
  }

  @Test
  void whatWasAppendedSinceTheOffsetsWereAskedForStays() {
    LogFacts facts = Facts.withHighWatermark(Facts.of("1B@-9999 1B@-9999"), 15);
    RetentionPolicy policy = RetentionPolicy.of(RetentionRule.age(Duration.ZERO));
    assertGone(policy.plan(facts), 1, "high watermark");
  }

  @Test
  void withoutRulesEverythingStays() {
    assertGone(RetentionPolicy.of().plan(Facts.of("1B@-9999 1B@-9999")), 0, "no rule");
  }

  @Test
  void eachVerdictSaysWhatWasCompared() {
    RetentionPolicy policy =
        RetentionPolicy.of(RetentionRule.bytes(2_000), RetentionRule.age(Duration.ofDays(7)));
    long eightDays = Duration.ofDays(8).plusHours(1).toMillis();
    LogFacts facts =
        Facts.of("700B@0 1200B@-" + eightDays + " 900B@9999/-60000 100B@0 0B@none")
            .withReaders(List.of(new ReaderPosition("slow", 15, true)));
    RetentionPlan plan = policy.plan(facts);
    assertThat(plan.verdicts())
        .extracting(verdict -> verdict.rule() + ": " + verdict.reason())
        .containsExactly(
            "retention.bytes: without it 2,200 bytes are left, not less than 2,000 bytes",
            "lease: slow holds offset 15; expired by retention.ms: the newest record is of"
                + " 2023-11-06T21:13:20Z, 8d 1h ago, more than 7d",
            "order: one before it is kept",
            "order: one before it is kept",
            "order: one before it is kept");
    assertThat(plan.bytes()).isEqualTo(700);

    LogFacts future = Facts.of("900B@9999/-60000 100B@0");
    assertThat(policy.plan(future).verdicts().getFirst().reason())
        .isEqualTo(
            "retention.bytes: without it 100 bytes are left, less than 2,000 bytes; retention.ms:"
                + " the newest record is of 2023-11-14T22:13:29.999Z, and the last append was by"
                + " 2023-11-14T22:12:20Z, 1m ago, not more than 7d");
  }

  @Test
  void aPlanCanBeDoneInSteps() {
    RetentionPlan plan =
        RetentionPolicy.of(RetentionRule.bytes(0)).plan(Facts.of("1B@0 1B@0 1B@0"));
    assertThat(plan.firstStep(3)).isEqualTo(plan);
    RetentionPlan step = plan.firstStep(2);
    assertThat(step.startOffset()).isEqualTo(20);
    assertThat(step.rollsActive()).isFalse();
    assertThat(step.going()).hasSize(2);
  }

  @Test
  void limitsThatAreNoneAreRefused() {
    assertThatThrownBy(() -> RetentionRule.bytes(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("retention.bytes is -1, expected 0 or more");
    assertThatThrownBy(() -> RetentionRule.age(Duration.ofMillis(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("retention.ms is -1, expected 0 or more");
    assertThatThrownBy(RetentionRule::allOf)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("found no rules");
  }

  @Test
  void aVeryLongTimeIsForEver() {
    RetentionPolicy policy =
        RetentionPolicy.of(RetentionRule.age(Duration.ofSeconds(Long.MAX_VALUE)));
    assertGone(policy.plan(Facts.of("1B@-1700000000000 1B@0")), 0, "retention.ms");
  }
}
