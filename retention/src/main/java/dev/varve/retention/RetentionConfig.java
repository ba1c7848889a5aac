package dev.varve.retention;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How long a topic's records are kept, by Kafka's names and with Kafka's defaults.
 *
 * @param deletes whether the {@code cleanup.policy} is to delete, without which only what lies
 *     below the start offset goes
 * @param retentionMillis {@code retention.ms}; negative for ever
 * @param retentionBytes {@code retention.bytes}; negative for no limit
 */
public record RetentionConfig(boolean deletes, long retentionMillis, long retentionBytes) {
  private static final String CLEANUP_POLICY = "cleanup.policy";
  private static final String RETENTION_MS = "retention.ms";
  private static final String RETENTION_BYTES = "retention.bytes";

  /** {@code cleanup.policy=delete}, seven days, no limit of size. */
  public static RetentionConfig defaults() {
    return new RetentionConfig(true, Duration.ofDays(7).toMillis(), -1);
  }

  /**
   * What a topic's configuration says of retention; other names are not looked at.
   *
   * @throws IllegalArgumentException if Kafka would refuse a value
   */
  public static RetentionConfig fromTopicConfig(Map<String, String> config) {
    RetentionConfig defaults = defaults();
    return new RetentionConfig(
        deletes(config.getOrDefault(CLEANUP_POLICY, "delete")),
        number(config, RETENTION_MS, -1, defaults.retentionMillis),
        number(config, RETENTION_BYTES, Long.MIN_VALUE, defaults.retentionBytes));
  }

  private static boolean deletes(String policies) {
    List<String> names = new ArrayList<>();
    for (String name : policies.split(",", -1)) {
      String stripped = name.strip();
      boolean known = stripped.equals("delete") || stripped.equals("compact");
      if (!(known || policies.isBlank()) || names.contains(stripped)) {
        throw new IllegalArgumentException(
            CLEANUP_POLICY + " is " + policies + ", expected delete, compact, both or nothing");
      }
      names.add(stripped);
    }
    return names.contains("delete");
  }

  private static long number(Map<String, String> config, String name, long min, long otherwise) {
    String value = config.get(name);
    if (value == null) {
      return otherwise;
    }
    try {
      long number = Long.parseLong(value.strip());
      if (number >= min) {
        return number;
      }
    } catch (NumberFormatException e) {
      // told below, with the range
    }
    throw new IllegalArgumentException(
        name + " is " + value + ", expected a number from " + min + " to " + Long.MAX_VALUE);
  }

  /** The policy, with rules in the order in which Kafka asks them. */
  public RetentionPolicy policy() {
    List<RetentionRule> rules = new ArrayList<>();
    rules.add(RetentionRule.startOffset());
    if (deletes && retentionBytes >= 0) {
      rules.add(RetentionRule.bytes(retentionBytes));
    }
    if (deletes && retentionMillis >= 0) {
      rules.add(new AgeRule(retentionMillis));
    }
    return RetentionPolicy.of(rules);
  }
}
