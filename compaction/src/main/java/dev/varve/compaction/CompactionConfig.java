package dev.varve.compaction;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * When and how a topic is compacted, by Kafka's names and with Kafka's defaults. Immutable.
 *
 * @param isCompacted whether the {@code cleanup.policy} is to compact, without which nothing is
 * @param minCleanableDirtyRatio {@code min.cleanable.dirty.ratio}: a log is compacted when more
 *     than this part of its bytes has not been; 0 to 1
 * @param minCompactionLagMillis {@code min.compaction.lag.ms}: how old a record has to be
 * @param maxCompactionLagMillis {@code max.compaction.lag.ms}: the age of a record from which its
 *     log is compacted whatever its ratio is; {@code Long.MAX_VALUE} for none
 * @param deleteRetentionMillis {@code delete.retention.ms}: how long tombstones, and the markers of
 *     transactions of which nothing is left, stay after the first pass over them
 * @param segmentBytesMax {@code segment.bytes}: neighbouring segments that together are not larger
 *     become one
 * @param indexBytesMax {@code segment.index.bytes}: the same of their indexes
 */
public record CompactionConfig(
    boolean isCompacted,
    double minCleanableDirtyRatio,
    long minCompactionLagMillis,
    long maxCompactionLagMillis,
    long deleteRetentionMillis,
    int segmentBytesMax,
    int indexBytesMax) {

  static final String CLEANUP_POLICY = "cleanup.policy";
  static final String MIN_CLEANABLE_DIRTY_RATIO = "min.cleanable.dirty.ratio";
  static final String MIN_COMPACTION_LAG_MS = "min.compaction.lag.ms";
  static final String MAX_COMPACTION_LAG_MS = "max.compaction.lag.ms";
  private static final String DELETE_RETENTION_MS = "delete.retention.ms";
  private static final String SEGMENT_BYTES = "segment.bytes";
  private static final String INTERNAL_SEGMENT_BYTES = "internal.segment.bytes";
  private static final String SEGMENT_INDEX_BYTES = "segment.index.bytes";

  /** Kafka refuses smaller ones under this name; its tests use the internal one. */
  private static final int SEGMENT_BYTES_MIN = 1 << 20;

  private static final Set<String> NAMES =
      Set.of(
          CLEANUP_POLICY,
          MIN_CLEANABLE_DIRTY_RATIO,
          MIN_COMPACTION_LAG_MS,
          MAX_COMPACTION_LAG_MS,
          DELETE_RETENTION_MS,
          SEGMENT_BYTES,
          INTERNAL_SEGMENT_BYTES,
          SEGMENT_INDEX_BYTES);

  /** Refuses lags of which the smallest is the larger one. */
  public CompactionConfig {
    if (minCompactionLagMillis > maxCompactionLagMillis) {
      throw new IllegalArgumentException(
          MIN_COMPACTION_LAG_MS
              + " is "
              + minCompactionLagMillis
              + ", expected at most "
              + MAX_COMPACTION_LAG_MS
              + ", which is "
              + maxCompactionLagMillis);
    }
  }

  /** Kafka's defaults, of which the policy is to delete and not to compact. */
  public static CompactionConfig defaults() {
    return fromTopicConfig(Map.of());
  }

  /**
   * What a topic's configuration says of compaction; other names are not looked at.
   *
   * @throws IllegalArgumentException if Kafka would refuse a value
   */
  public static CompactionConfig fromTopicConfig(Map<String, String> config) {
    int segmentBytes = integer(config, SEGMENT_BYTES, SEGMENT_BYTES_MIN, 1 << 30);
    return new CompactionConfig(
        compacts(config.getOrDefault(CLEANUP_POLICY, "delete")),
        ratio(config, MIN_CLEANABLE_DIRTY_RATIO, 0.5),
        number(config, MIN_COMPACTION_LAG_MS, 0, Long.MAX_VALUE, 0),
        number(config, MAX_COMPACTION_LAG_MS, 1, Long.MAX_VALUE, Long.MAX_VALUE),
        number(config, DELETE_RETENTION_MS, 0, Long.MAX_VALUE, Duration.ofDays(1).toMillis()),
        integer(config, INTERNAL_SEGMENT_BYTES, 64, segmentBytes),
        integer(config, SEGMENT_INDEX_BYTES, 4, 10 << 20));
  }

  /** Whether a name of Kafka's topic configuration changes anything in {@link #fromTopicConfig}. */
  public static boolean concernsCompaction(String name) {
    return NAMES.contains(name);
  }

  /**
   * Whether {@code max.compaction.lag.ms} is set, so that a plan has to know how old what is dirty
   * is.
   */
  public boolean hasMaxCompactionLag() {
    return maxCompactionLagMillis < Long.MAX_VALUE;
  }

  private static boolean compacts(String policies) {
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
    return names.contains("compact");
  }

  private static double ratio(Map<String, String> config, String name, double otherwise) {
    String value = config.get(name);
    if (value == null) {
      return otherwise;
    }
    try {
      double ratio = Double.parseDouble(value.strip());
      if (ratio >= 0 && ratio <= 1) {
        return ratio;
      }
    } catch (NumberFormatException e) {
      // told below, with the range
    }
    throw new IllegalArgumentException(name + " is " + value + ", expected a number from 0 to 1");
  }

  private static int integer(Map<String, String> config, String name, int min, int otherwise) {
    return (int) number(config, name, min, Integer.MAX_VALUE, otherwise);
  }

  private static long number(
      Map<String, String> config, String name, long min, long max, long otherwise) {
    String value = config.get(name);
    if (value == null) {
      return otherwise;
    }
    try {
      long number = Long.parseLong(value.strip());
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // told below, with the range
    }
    throw new IllegalArgumentException(
        name + " is " + value + ", expected a number from " + min + " to " + max);
  }
}
