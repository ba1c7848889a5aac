package dev.varve.cli;

import dev.varve.compaction.CompactionConfig;
import dev.varve.log.store.StoreListing;
import dev.varve.log.store.TopicPartition;
import dev.varve.retention.RetentionConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import picocli.CommandLine.Option;

/** Which logs of a data directory a command is about: all, or those that are named. */
final class ChosenLogs {
  @Option(
      names = "--topic",
      paramLabel = "NAME",
      description = "Of a data directory, only the logs of this topic. May be given repeatedly.")
  private List<String> topics = new ArrayList<>();

  @Option(
      names = "--log",
      paramLabel = "TOPIC-N",
      description = "Of a data directory, only this log. May be given repeatedly.")
  private List<String> logs = new ArrayList<>();

  ChosenLogs() {}

  /** Whether any is named. */
  boolean isAny() {
    return !topics.isEmpty() || !logs.isEmpty();
  }

  /** What the {@code cleanup.policy} of a topic lets go. */
  private enum Policy {
    DELETE,
    COMPACT;

    boolean isOf(Map<String, String> config) {
      return switch (this) {
        case DELETE -> RetentionConfig.fromTopicConfig(config).deletes();
        case COMPACT -> CompactionConfig.fromTopicConfig(config).isCompacted();
      };
    }
  }

  /**
   * The logs. If none is named, those of topics whose {@code cleanup.policy} is to delete; of the
   * others nobody has said that old records may go, unless he names them.
   *
   * @param streams is told which are passed over
   * @throws CommandFailedException if there is none of a name
   */
  NavigableSet<TopicPartition> thatDelete(StoreListing store, Streams streams) throws IOException {
    return isAny() ? named(store) : withPolicy(Policy.DELETE, store, streams);
  }

  /**
   * The same with those whose {@code cleanup.policy} is to compact.
   *
   * @param streams is told which are passed over
   * @throws CommandFailedException if there is none of a name
   */
  NavigableSet<TopicPartition> thatCompact(StoreListing store, Streams streams) throws IOException {
    return isAny() ? named(store) : withPolicy(Policy.COMPACT, store, streams);
  }

  private NavigableSet<TopicPartition> named(StoreListing store) {
    NavigableSet<TopicPartition> chosen = new TreeSet<>();
    for (String topic : topics) {
      List<TopicPartition> ofTopic =
          store.logs().stream().filter(log -> log.topic().equals(topic)).toList();
      if (ofTopic.isEmpty()) {
        throw new CommandFailedException(store.path() + " has no log of topic " + topic);
      }
      chosen.addAll(ofTopic);
    }
    for (String name : logs) {
      chosen.add(
          TopicPartition.ofDirectoryName(name)
              .filter(store.logs()::contains)
              .orElseThrow(() -> new CommandFailedException(store.path() + " has no log " + name)));
    }
    return chosen;
  }

  private static NavigableSet<TopicPartition> withPolicy(
      Policy policy, StoreListing store, Streams streams) throws IOException {
    Map<String, Map<String, String>> configs = store.topicConfigs();
    NavigableSet<TopicPartition> chosen = new TreeSet<>();
    for (TopicPartition log : store.logs()) {
      Map<String, String> config = configs.getOrDefault(log.topic(), Map.of());
      if (policy.isOf(config)) {
        chosen.add(log);
      } else {
        streams.warn(
            log
                + " is passed over, as the cleanup.policy of its topic is not to "
                + policy.name().toLowerCase(Locale.ROOT));
      }
    }
    return chosen;
  }
}
