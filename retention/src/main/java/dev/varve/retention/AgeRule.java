package dev.varve.retention;

import java.time.Duration;

/** Lets segments go whose time is long ago. */
record AgeRule(long retentionMillis) implements RetentionRule {
  private static final String NAME = "retention.ms";
  private static final Duration FOREVER = Duration.ofMillis(Long.MAX_VALUE);

  AgeRule {
    if (retentionMillis < 0) {
      throw new IllegalArgumentException(
          NAME + " is " + retentionMillis + ", expected 0 or more (for ever: leave the rule out)");
    }
  }

  static AgeRule of(Duration retention) {
    return new AgeRule(retention.compareTo(FOREVER) < 0 ? retention.toMillis() : Long.MAX_VALUE);
  }

  @Override
  public Judgement judge(Candidate candidate) {
    SegmentTime time = SegmentTime.of(candidate.log(), candidate.index());
    long ageMillis = candidate.log().nowMillis() - time.millis();
    boolean expired = ageMillis > retentionMillis;
    String reason =
        time
            + ", "
            + Amounts.age(ageMillis)
            + " ago, "
            + (expired ? "more than " : "not more than ")
            + Amounts.age(retentionMillis);
    return new Judgement(expired, NAME, reason);
  }
}
