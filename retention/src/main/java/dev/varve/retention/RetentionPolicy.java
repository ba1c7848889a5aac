package dev.varve.retention;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rules, one of which is enough: a segment goes as soon as all before it have gone and one rule
 * lets it go. What lies above the high watermark, and what a reader holds a lease on, stays
 * whatever they say.
 *
 * <p>A pure function from the facts of a log to a plan. As each rule judges what is left when all
 * earlier segments are gone, the plan is the same in whatever order the rules stand, but for the
 * rule that is named when several agree: the first.
 *
 * <p>Thread safety: immutable.
 */
public final class RetentionPolicy {
  private final List<RetentionRule> rules;

  private RetentionPolicy(List<RetentionRule> rules) {
    this.rules = rules;
  }

  /** A policy of so many rules; without any, it keeps everything. */
  public static RetentionPolicy of(RetentionRule... rules) {
    return new RetentionPolicy(List.of(rules));
  }

  /** A policy of so many rules; without any, it keeps everything. */
  public static RetentionPolicy of(List<RetentionRule> rules) {
    return new RetentionPolicy(List.copyOf(rules));
  }

  /** Says what has to go, and why the rest is kept. */
  public RetentionPlan plan(LogFacts log) {
    List<SegmentVerdict> front = new ArrayList<>();
    long bytesLeft = log.sizeBytes();
    for (int i = 0; i < log.segments().size(); i++) {
      Candidate candidate = new Candidate(log, i, bytesLeft);
      SegmentVerdict verdict = judge(candidate);
      front.add(verdict);
      if (!verdict.goes()) {
        break;
      }
      bytesLeft -= candidate.segment().sizeBytes();
    }
    return RetentionPlan.of(log, front);
  }

  private SegmentVerdict judge(Candidate candidate) {
    List<String> names = new ArrayList<>();
    List<String> reasons = new ArrayList<>();
    for (RetentionRule rule : rules) {
      Judgement judgement = rule.judge(candidate);
      if (judgement.expired()) {
        Judgement hold = Holds.on(candidate);
        return hold == null
            ? SegmentVerdict.goes(candidate.segment(), judgement)
            : SegmentVerdict.held(candidate.segment(), judgement, hold);
      }
      if (!judgement.reason().isEmpty()) {
        names.add(judgement.rule());
        reasons.add(judgement.toString());
      }
    }
    return SegmentVerdict.kept(candidate.segment(), kept(names, reasons));
  }

  private static Judgement kept(List<String> names, List<String> reasons) {
    return names.isEmpty()
        ? Judgement.kept("no rule", "none lets it go")
        : Judgement.kept(String.join(", ", names), String.join("; ", reasons));
  }

  @Override
  public String toString() {
    return "RetentionPolicy" + rules;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RetentionPolicy that && rules.equals(that.rules);
  }

  @Override
  public int hashCode() {
    return rules.hashCode();
  }
}
