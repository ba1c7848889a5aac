package dev.varve.log.store;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the name of a directory in a data directory says of it.
 *
 * <pre>
 *   orders-0                                          a log
 *   orders-0.5f0c9b3e8a6d4c7f9e1b2a3c4d5e6f70-delete   one that was deleted, whose files have to go
 *   orders-0.5f0c9b3e8a6d4c7f9e1b2a3c4d5e6f70-future   a copy that a broker is moving here
 *   orders-0.5f0c9b3e8a6d4c7f9e1b2a3c4d5e6f70-stray    one that a broker did not know
 *   __cluster_metadata-0, remote-log-index-cache       of a broker, and no log of a topic
 * </pre>
 *
 * @param stage what the directory is
 * @param topicAndPartition the part before the suffix; a broker may have cut a long topic short
 */
record DirectoryName(Stage stage, String topicAndPartition) {
  /** The longest name of a directory, on the file systems that there are. */
  static final int LENGTH_MAX = 255;

  private static final String METADATA_TOPIC = "__cluster_metadata";
  private static final String REMOTE_INDEX_CACHE = "remote-log-index-cache";
  private static final Pattern SUFFIXED =
      Pattern.compile("(\\S+-\\d+)\\.\\p{XDigit}{32}-(delete|future|stray)");

  /** What a directory may be. */
  enum Stage {
    LOG,
    DELETED,
    FUTURE,
    STRAY,
    BROKER
  }

  /** Reads a name; empty if it means nothing, to Kafka neither. */
  static Optional<DirectoryName> parse(String name) {
    Optional<TopicPartition> log = TopicPartition.ofDirectoryName(name);
    if (name.equals(REMOTE_INDEX_CACHE)
        || log.filter(partition -> partition.topic().equals(METADATA_TOPIC)).isPresent()) {
      return Optional.of(new DirectoryName(Stage.BROKER, name));
    }
    if (log.isPresent()) {
      return Optional.of(new DirectoryName(Stage.LOG, name));
    }
    Matcher matcher = SUFFIXED.matcher(name);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    Stage stage =
        switch (matcher.group(2)) {
          case "delete" -> Stage.DELETED;
          case "future" -> Stage.FUTURE;
          default -> Stage.STRAY;
        };
    return Optional.of(new DirectoryName(stage, matcher.group(1)));
  }

  /**
   * Checks that the directory of a log is taken for one by whoever looks at its name.
   *
   * @throws IllegalArgumentException if not
   */
  static void requireLog(TopicPartition partition) {
    String name = partition.directoryName();
    if (name.length() > LENGTH_MAX) {
      throw new IllegalArgumentException(
          "directory "
              + name
              + " has "
              + name.length()
              + " characters, expected at most "
              + LENGTH_MAX);
    }
    if (parse(name).filter(read -> read.stage() == Stage.LOG).isEmpty()) {
      throw new IllegalArgumentException("directory " + name + " is a broker's own, and no log");
    }
  }

  /** The name under which a log waits for its files to go; as Kafka's, cut to fit. */
  static String deleted(TopicPartition partition, UUID unique) {
    String suffix =
        "-" + partition.partition() + "." + unique.toString().replace("-", "") + "-delete";
    String topic = partition.topic();
    int kept = Math.min(topic.length(), LENGTH_MAX - suffix.length());
    return topic.substring(0, kept) + suffix;
  }
}
