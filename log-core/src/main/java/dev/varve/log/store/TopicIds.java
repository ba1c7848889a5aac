package dev.varve.log.store;

import dev.varve.log.storage.Storage;
import dev.varve.log.store.StoreFinding.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * The ids of topics, which are in the directories of their logs. All partitions of a topic have
 * one.
 *
 * <p>Thread safety: safe for use by several threads.
 */
final class TopicIds {
  private final Map<String, String> byTopic = new ConcurrentHashMap<>();

  /** The id of a topic, a new one if none of its logs is known. */
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
      return false;
    }
    String known = byTopic.putIfAbsent(partition.topic(), id);
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

  /** Writes into the directory of a log which topic it is of. */
  void write(TopicPartition partition, Storage directory) throws IOException {
    StoreFiles.replace(
        directory, PartitionMetadata.FILE_NAME, PartitionMetadata.format(of(partition.topic())));
    directory.forceDirectory();
  }
}
