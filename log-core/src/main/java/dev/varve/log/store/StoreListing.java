package dev.varve.log.store;

import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.segment.LogCheckpoint;
import dev.varve.log.segment.SegmentFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The names in a data directory, as they are now; made without a lock, also while a store or a
 * broker has it open.
 *
 * @param path the data directory
 * @param logs the logs in it
 * @param going the names of the directories of logs that were deleted, and whose files have to go
 * @param others the names of directories that are no logs, or none that a store opens
 */
public record StoreListing(
    Path path, NavigableSet<TopicPartition> logs, List<String> going, List<String> others) {
  /** Copies the collections. */
  public StoreListing {
    logs = new TreeSet<>(logs);
    going = List.copyOf(going);
    others = List.copyOf(others);
  }

  /**
   * Looks at a directory.
   *
   * @return empty if it is no data directory: it is missing, is that of a log itself, or has
   *     neither logs nor the file by which a broker knows its data directories
   */
  public static Optional<StoreListing> of(Path path) throws IOException {
    if (!Files.isDirectory(path) || !Files.isReadable(path)) {
      return Optional.empty();
    }
    NavigableSet<TopicPartition> logs = new TreeSet<>();
    List<String> going = new ArrayList<>();
    List<String> others = new ArrayList<>();
    boolean isDataDirectory = false;
    try (Stream<Path> entries = Files.list(path)) {
      for (Path entry : entries.sorted().toList()) {
        String name = entry.getFileName().toString();
        if (Files.isDirectory(entry)) {
          DirectoryName read = DirectoryName.parse(name).orElse(null);
          switch (read == null ? null : read.stage()) {
            case LOG -> TopicPartition.ofDirectoryName(name).ifPresent(logs::add);
            case DELETED -> going.add(name);
            case null, default -> others.add(name);
          }
        } else if (name.equals(LogCheckpoint.FILE_NAME) || SegmentFile.parse(name).isPresent()) {
          return Optional.empty();
        } else {
          isDataDirectory |= name.equals(MetaProperties.FILE_NAME);
        }
      }
    }
    return isDataDirectory || !logs.isEmpty()
        ? Optional.of(new StoreListing(path, logs, going, others))
        : Optional.empty();
  }

  /** The directory of a log. */
  public Path directory(TopicPartition log) {
    return path.resolve(log.directoryName());
  }

  /**
   * What the data directory has noted of where logs begin; nothing if the file is missing, or is
   * not what its format says. A log may begin later, but not earlier.
   */
  public Map<TopicPartition, Long> notedStartOffsets() throws IOException {
    return noted(StoreCheckpoints.Kind.START_OFFSET);
  }

  /**
   * What the data directory has noted of how far logs were compacted: that of a broker's cleaner;
   * nothing if the file is missing, or is not what its format says.
   */
  public Map<TopicPartition, Long> notedFirstDirtyOffsets() throws IOException {
    return noted(StoreCheckpoints.Kind.CLEANER_OFFSET);
  }

  private Map<TopicPartition, Long> noted(StoreCheckpoints.Kind kind) throws IOException {
    try {
      return OffsetCheckpoint.parse(StoreFiles.read(path, kind.fileName()).orElse(new byte[0]));
    } catch (InvalidStateFileException e) {
      return Map.of(); // told by StoreVerifier
    }
  }

  /**
   * What topics are configured by in the data directory, by Kafka's names; what no topic can have
   * is left out.
   */
  public Map<String, Map<String, String>> topicConfigs() throws IOException {
    return TopicConfigs.read(StoreFiles.read(path, TopicConfigs.FILE_NAME).orElse(new byte[0]));
  }
}
