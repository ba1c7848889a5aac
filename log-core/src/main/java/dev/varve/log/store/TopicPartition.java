package dev.varve.log.store;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a log in a store: a topic and the number of one of its partitions. Ordered by both.
 *
 * @param topic from 1 to 249 letters and digits of ASCII, {@code .}, {@code _} and {@code -}, but
 *     neither {@code .} nor {@code ..}: Kafka's rules, so that it can be the name of a directory
 * @param partition 0 or more
 */
public record TopicPartition(String topic, int partition) implements Comparable<TopicPartition> {
  /**
   * The longest name of a topic, which is Kafka's. With a partition of up to five digits it fits in
   * a file name.
   */
  public static final int TOPIC_LENGTH_MAX = 249;

  private static final Pattern LEGAL_CHARACTERS = Pattern.compile("[a-zA-Z0-9._-]+");
  private static final Pattern DIRECTORY_NAME = Pattern.compile("(.+)-(0|[1-9][0-9]{0,9})");

  private static final Comparator<TopicPartition> ORDER =
      Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition);

  /**
   * Checks the name.
   *
   * @throws IllegalArgumentException if Kafka would not take the topic, or the partition is
   *     negative
   */
  public TopicPartition {
    String fault = faultOf(topic);
    if (!fault.isEmpty()) {
      throw new IllegalArgumentException("topic \"" + topic + "\" " + fault);
    }
    if (partition < 0) {
      throw new IllegalArgumentException(
          "partition " + partition + " of " + topic + ", expected 0 or more");
    }
  }

  private static String faultOf(String topic) {
    if (topic.isEmpty()) {
      return "is empty, expected a name";
    }
    if (topic.equals(".") || topic.equals("..")) {
      return "is a directory of the file system, expected another name";
    }
    if (topic.length() > TOPIC_LENGTH_MAX) {
      return "has " + topic.length() + " characters, expected at most " + TOPIC_LENGTH_MAX;
    }
    return LEGAL_CHARACTERS.matcher(topic).matches()
        ? ""
        : "has other characters than letters and digits of ASCII, '.', '_' and '-'";
  }

  /** Reads the name of a log's directory, {@code orders-0}; empty if it is not one. */
  public static Optional<TopicPartition> ofDirectoryName(String name) {
    Matcher matcher = DIRECTORY_NAME.matcher(name);
    if (!matcher.matches() || !faultOf(matcher.group(1)).isEmpty()) {
      return Optional.empty();
    }
    long partition = Long.parseLong(matcher.group(2));
    return partition > Integer.MAX_VALUE
        ? Optional.empty()
        : Optional.of(new TopicPartition(matcher.group(1), (int) partition));
  }

  /** The name of the log's directory: {@code orders-0}. */
  public String directoryName() {
    return topic + "-" + partition;
  }

  @Override
  public int compareTo(TopicPartition other) {
    return ORDER.compare(this, other);
  }

  /** As the directory. */
  @Override
  public String toString() {
    return directoryName();
  }
}
