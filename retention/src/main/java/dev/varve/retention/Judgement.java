package dev.varve.retention;

/**
 * What a rule says of a segment.
 *
 * @param expired whether the segment may go
 * @param rule who says so: Kafka's name of the configuration if it has one
 * @param reason why, with the numbers that were compared; empty if that a segment is kept needs no
 *     explanation
 */
public record Judgement(boolean expired, String rule, String reason) {

  static Judgement expired(String rule, String reason) {
    return new Judgement(true, rule, reason);
  }

  static Judgement kept(String rule, String reason) {
    return new Judgement(false, rule, reason);
  }

  @Override
  public String toString() {
    return rule + ": " + reason;
  }
}
