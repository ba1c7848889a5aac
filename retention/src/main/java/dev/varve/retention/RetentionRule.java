package dev.varve.retention;

import java.time.Duration;

/**
 * One reason for which the oldest segment of a log may go. A pure function: the same facts always
 * get the same judgement, so that what is going to happen can be explained before it does.
 */
@FunctionalInterface
public interface RetentionRule {

  /** Judges the oldest segment of those that are left. */
  Judgement judge(Candidate candidate);

  /**
   * Kafka's {@code retention.ms}: a segment goes when its time is more than so long ago. The time
   * of a segment is its largest timestamp; if there is none, or it lies in the future, its time is
   * that of its last append as far as its file tells. The last segment goes too, when all of it has
   * expired.
   *
   * @param retention 0 or more; counted in milliseconds
   * @throws IllegalArgumentException if it is negative
   */
  static RetentionRule age(Duration retention) {
    return AgeRule.of(retention);
  }

  /**
   * Kafka's {@code retention.bytes}: a segment goes if at least so many bytes of batches are left
   * then. So a log has up to a segment more. The last segment goes only if nothing is to be left.
   *
   * @param retentionBytes 0 or more
   * @throws IllegalArgumentException if it is negative
   */
  static RetentionRule bytes(long retentionBytes) {
    return new SizeRule(retentionBytes);
  }

  /** A segment goes when the start of the log lies behind it. */
  static RetentionRule startOffset() {
    return StartOffsetRule.INSTANCE;
  }

  /**
   * A segment goes when all named readers have passed it, whether they hold leases or not; one
   * whose lease has expired counts no more. While no reader is known, none goes; nor does the last
   * segment ever, since a log whose readers keep up would be rolled at each look.
   */
  static RetentionRule passedByAllReaders() {
    return PassedRule.INSTANCE;
  }

  /**
   * A segment goes when each of several rules lets it go.
   *
   * @throws IllegalArgumentException if there is no rule
   */
  static RetentionRule allOf(RetentionRule... rules) {
    return AllOfRule.of(rules);
  }
}
