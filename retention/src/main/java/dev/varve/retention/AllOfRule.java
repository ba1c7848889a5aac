package dev.varve.retention;

import java.util.ArrayList;
import java.util.List;

/** Lets segments go on which several rules agree. */
record AllOfRule(List<RetentionRule> rules) implements RetentionRule {

  static AllOfRule of(RetentionRule... rules) {
    return new AllOfRule(List.of(rules));
  }

  AllOfRule {
    if (rules.isEmpty()) {
      throw new IllegalArgumentException("found no rules, expected one or more that have to agree");
    }
    rules = List.copyOf(rules);
  }

  /** Whoever keeps the segment is named; if nobody does, all are. */
  @Override
  public Judgement judge(Candidate candidate) {
    List<String> names = new ArrayList<>();
    List<String> reasons = new ArrayList<>();
    for (RetentionRule rule : rules) {
      Judgement judgement = rule.judge(candidate);
      if (!judgement.expired()) {
        return judgement;
      }
      names.add(judgement.rule());
      reasons.add(judgement.reason());
    }
    return Judgement.expired(String.join(" and ", names), String.join("; ", reasons));
  }
}
