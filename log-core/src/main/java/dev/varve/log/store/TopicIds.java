package dev.varve.log.store;

import dev.varve.log.error.LogUnavailableException;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.WholeFile;
import dev.varve.log.store.StoreFinding.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The ids of topics, which are in the directories of their logs. All partitions of a topic have
 * one.
 *
 * <p>Thread safety: safe for use by several threads.
 */
final class TopicIds {
  private final Map<String, String> byTopic = new ConcurrentHashMap<>();

  /** Logs that are there and may have an id which nobody has read yet. */
  private final Set<TopicPartition> unread = new ConcurrentSkipListSet<>();

  /** Takes note of logs that are there, before any is looked at. */
  void expect(Collection<TopicPartition> logs) {
    unread.addAll(logs);
  }

  /** Takes note that a log says no more of its topic than is known. */
  void looked(TopicPartition partition) {
    unread.remove(partition);
  }

  /**
   * A log that may have the id of a topic which none of the others had, so that a new id may be
   * wrong; null if there is none.
   */
  @Nullable TopicPartition unread(String topic) {
    if (byTopic.containsKey(topic)) {
      return null;
    }
    return unread.stream().filter(log -> log.topic().equals(topic)).findFirst().orElse(null);
  }

  /**
   * Checks that a topic has an id that is known, or may have a new one.
   *
   * @param failures why logs could not be opened
   * @throws LogUnavailableException if the id is in one of them
   */
  void requireKnown(String topic, Path dataDirectory, Map<TopicPartition, Throwable> failures) {
    TopicPartition log = unread(topic);
    if (log != null) {
      Throwable failure = failures.get(log);
      throw new LogUnavailableException(
          dataDirectory
              + ": the id of topic "
              + topic
              + " is not known, since "
              + log
              + " could not be opened",
          failure == null ? new IllegalStateException("no reason was kept") : failure);
    }
  }

  /** The id of a topic, a new one if none of its logs has one; none of them is {@link #unread}. */
  String of(String topic) {
    return byTopic.computeIfAbsent(topic, _ -> KafkaUuid.random());
  }

  /** Forgets a topic that has no logs any more: one of the same name is another. */
  void forget(String topic) {
    byTopic.remove(topic);
  }

  /**
   * Looks which topic the log in a directory is of.
   *
   * @return whether the file was there, sound, and of the topic that is known by this name
   */
  boolean read(TopicPartition partition, Storage directory, Consumer<StoreFinding> findings)
      throws IOException {
    Optional<byte[]> file = StoreFiles.read(directory, PartitionMetadata.FILE_NAME);
    if (file.isEmpty()) {
      looked(partition);
      return false;
    }
    Path path = directory.directory().resolve(PartitionMetadata.FILE_NAME);
    String id = PartitionMetadata.parse(file.get()).orElse(null);
    if (id == null) {
      String aside = StoreFiles.setAside(directory, PartitionMetadata.FILE_NAME);
      findings.accept(
          new StoreFinding(
              Kind.DAMAGED_FILE,
              path,
              "no id of a topic",
              "renamed it to " + aside + " and wrote it anew"));
      looked(partition);
      return false;
    }
    String known = byTopic.putIfAbsent(partition.topic(), id);
    looked(partition);
    if (known != null && !known.equals(id)) {
      findings.accept(
          new StoreFinding(
              Kind.DAMAGED_FILE,
              path,
              "topic id " + id + ", where another partition has " + known,
              "left it; a broker takes one of them for a stray"));
    }
    return true;
  }

  /** Writes into the directory of a log which topic it is of, unless that cannot be known now. */
  void write(TopicPartition partition, Storage directory) throws IOException {
    if (unread(partition.topic()) != null) {
      return; // the next that opens the store may know
    }
    WholeFile.replace(
        directory, PartitionMetadata.FILE_NAME, PartitionMetadata.format(of(partition.topic())));
    directory.forceDirectory();
  }
}
