package dev.varve.retention;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.retention.StoreBudget.StorePlan;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who gives when several logs have too much together. */
class StoreBudgetTest {
  private static final long NO_LIMIT = -1;
  private static final long PLENTY = Long.MAX_VALUE;

  private static List<Integer> gone(StorePlan plan) {
    return plan.plans().stream().map(log -> log.going().size()).toList();
  }

  @ParameterizedTest
  @CsvSource({
    // bytesMax, gone of a, gone of b, missing
    "600       , 0       , 0       , 0",
    "599       , 1       , 0       , 0",
    "500       , 1       , 0       , 0",
    "499       , 1       , 1       , 0",
    "400       , 1       , 1       , 0",
    "399       , 1       , 2       , 0",
    "299       , 2       , 2       , 0",
    "200       , 2       , 2       , 0",
    "0         , 2       , 2       , 200",
  })
  void theOldestGivesFirstAndNobodyItsLastSegment(
      long bytesMax, int goneOfA, int goneOfB, long missing) {
    List<LogFacts> logs =
        List.of(
            Facts.of("a", "100B@-900 100B@-100 100B@-1"),
            Facts.of("b", "100B@-800 100B@-700 100B@-999"));
    StorePlan plan = new StoreBudget(bytesMax, NO_LIMIT).plan(logs, 0);
    assertThat(gone(plan)).containsExactly(goneOfA, goneOfB);
    assertThat(plan.bytesMissing()).isEqualTo(missing);
    assertThat(plan.plans()).noneMatch(RetentionPlan::rollsActive);
    assertThat(plan.plans()).allMatch(log -> log.verdicts().size() == 3);
  }

  @ParameterizedTest
  @CsvSource({"1000, 0", "999, 1", "900, 1", "899, 2", "0, 2"})
  void theFloorOfFreeSpaceIsKeptToo(long freeBytes, int gone) {
    StorePlan plan =
        new StoreBudget(NO_LIMIT, 1000)
            .plan(List.of(Facts.of("100B@-3 100B@-2 100B@-1")), freeBytes);
    assertThat(gone(plan)).containsExactly(gone);
    assertThat(plan.bytesMissing()).isEqualTo(Math.max(0, 1000 - freeBytes - 200));
  }

  @Test
  void whatGivesNothingCountsAllTheSame() {
    List<LogFacts> logs = List.of(Facts.of("100B@-3 100B@-2 100B@-1"));
    StoreBudget budget = new StoreBudget(1000, NO_LIMIT);
    assertThat(gone(budget.plan(logs, 700, 0))).containsExactly(0);
    assertThat(gone(budget.plan(logs, 701, 0))).containsExactly(1);
    StorePlan missing = budget.plan(logs, 1050, 0);
    assertThat(gone(missing)).containsExactly(2);
    assertThat(missing.bytesMissing()).isEqualTo(150);
  }

  @Test
  void theStricterOfTheTwoCounts() {
    List<LogFacts> logs = List.of(Facts.of("100B@-3 100B@-2 100B@-1"));
    assertThat(gone(new StoreBudget(200, 1000).plan(logs, 800))).containsExactly(2);
    assertThat(gone(new StoreBudget(100, 1000).plan(logs, 950))).containsExactly(2);
    assertThat(gone(new StoreBudget(NO_LIMIT, NO_LIMIT).plan(logs, 0))).containsExactly(0);
  }

  @Test
  void ofEquallyOldOnesTheLargerLogGivesAndThenTheFirstName() {
    List<LogFacts> logs =
        List.of(
            Facts.of("b", "100B@-5 100B@0"),
            Facts.of("a", "100B@-5 100B@0"),
            Facts.of("c", "100B@-5 200B@0"));
    assertThat(gone(new StoreBudget(600, NO_LIMIT).plan(logs, PLENTY))).containsExactly(0, 0, 1);
    assertThat(gone(new StoreBudget(500, NO_LIMIT).plan(logs, PLENTY))).containsExactly(0, 1, 1);
    assertThat(gone(new StoreBudget(400, NO_LIMIT).plan(logs, PLENTY))).containsExactly(1, 1, 1);
  }

  @Test
  void whatIsHeldStaysAndOthersGiveForIt() {
    LogFacts leased =
        Facts.of("leased", "100B@-9 100B@-8 100B@0")
            .withReaders(List.of(new ReaderPosition("slow", 10, true)));
    LogFacts replicated =
        Facts.withHighWatermark(Facts.of("replicated", "100B@-7 100B@-6 100B@0"), 5);
    LogFacts other = Facts.of("other", "100B@-2 100B@-1 100B@0");
    StorePlan plan =
        new StoreBudget(600, NO_LIMIT).plan(List.of(leased, replicated, other), PLENTY);
    assertThat(gone(plan)).containsExactly(1, 0, 2);
    assertThat(plan.bytesMissing()).isZero();
    assertThat(plan.plans().getFirst().verdicts().get(1).rule()).isEqualTo("lease");
    assertThat(plan.plans().get(1).verdicts().getFirst().rule()).isEqualTo("high watermark");
    assertThat(plan.plans().get(2).verdicts().get(2).rule()).isEqualTo("store budget");
    assertThat(plan.plans().get(2).verdicts().getFirst().reason())
        .startsWith("200 bytes are to go, and of the oldest the newest record is of ");
    StorePlan missing =
        new StoreBudget(0, NO_LIMIT).plan(List.of(leased, replicated, other), PLENTY);
    assertThat(missing.bytesMissing()).isEqualTo(600);
    assertThat(missing.plans().get(2).verdicts().get(2).rule()).isEqualTo("active");
  }

  @Test
  void aRecordFromTheFutureMakesNoLogTheYoungest() {
    List<LogFacts> logs =
        List.of(Facts.of("liar", "100B@9999999/-50 100B@0"), Facts.of("b", "100B@-40 100B@0"));
    assertThat(gone(new StoreBudget(300, NO_LIMIT).plan(logs, PLENTY))).containsExactly(1, 0);
  }

  @Test
  void withoutLogsThereIsNothingToGive() {
    StorePlan plan = new StoreBudget(0, 10).plan(List.of(), 3);
    assertThat(plan.plans()).isEmpty();
    assertThat(plan.bytesMissing()).isEqualTo(7);
  }

  /** Rules of a log first, and then the budget: as one plan. */
  @Test
  void aPlanGoesOnWithAnother() {
    RetentionPlan own =
        RetentionPolicy.of(RetentionRule.bytes(300))
            .plan(Facts.of("100B@-9 100B@-8 100B@-7 100B@-6"));
    assertThat(own.leaves().segments()).hasSize(3);
    assertThat(own.leaves().offsets().startOffset()).isEqualTo(10);
    StorePlan asked = new StoreBudget(250, NO_LIMIT).plan(List.of(own.leaves()), 0);
    RetentionPlan both = own.then(asked.plans().getFirst());
    assertThat(both.going())
        .extracting(SegmentVerdict::rule)
        .containsExactly("retention.bytes", "store budget");
    assertThat(both.startOffset()).isEqualTo(20);
    assertThat(both.bytes()).isEqualTo(200);
    assertThat(both.verdicts()).hasSize(4);
    assertThat(both.log()).isEqualTo(own.log());
    StorePlan nothing = new StoreBudget(900, NO_LIMIT).plan(List.of(own.leaves()), 0);
    SegmentVerdict first = own.then(nothing.plans().getFirst()).verdicts().get(1);
    assertThat(first.rule()).isEqualTo("retention.bytes, store budget");
    assertThat(first.reason())
        .isEqualTo(
            "retention.bytes: without it 200 bytes are left, less than 300 bytes; store budget: it"
                + " is kept");
  }

  @Test
  void aPlanThatTakesAllLeavesAnEmptySegment() {
    RetentionPlan own =
        RetentionPolicy.of(RetentionRule.bytes(0)).plan(Facts.of("100B@-9 100B@-8"));
    assertThat(own.rollsActive()).isTrue();
    assertThat(own.leaves().sizeBytes()).isZero();
    assertThat(own.leaves().offsets().startOffset()).isEqualTo(20);
    StorePlan asked = new StoreBudget(0, NO_LIMIT).plan(List.of(own.leaves()), 0);
    assertThat(asked.bytesMissing()).isZero();
    assertThat(own.then(asked.plans().getFirst())).isEqualTo(own);
    RetentionPlan none = RetentionPolicy.of().plan(Facts.of("100B@-9"));
    assertThat(none.leaves()).isEqualTo(none.log());
  }
}
