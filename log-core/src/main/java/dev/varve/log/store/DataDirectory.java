package dev.varve.log.store;

import dev.varve.log.error.LogIOException;
import dev.varve.log.error.LogUnavailableException;
import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.storage.StorageTree;
import dev.varve.log.storage.WholeFile;
import dev.varve.log.store.StoreFinding.Kind;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * What a data directory holds, by the names in it.
 *
 * @param logs the logs
 * @param deleted the directories of logs that were deleted
 * @param hasBrokersLogs whether there are logs that a broker would load and a store does not
 */
record DataDirectory(
    NavigableSet<TopicPartition> logs, List<String> deleted, boolean hasBrokersLogs) {

  /** Looks at all names; what is no log is told. */
  static DataDirectory scan(StorageTree tree, Consumer<StoreFinding> findings) throws IOException {
    NavigableSet<TopicPartition> logs = new TreeSet<>();
    List<String> deleted = new ArrayList<>();
    boolean hasBrokersLogs = false;
    for (String name : tree.directories()) {
      Path path = tree.directory().resolve(name);
      DirectoryName read = DirectoryName.parse(name).orElse(null);
      switch (read == null ? null : read.stage()) {
        case null ->
            findings.accept(
                new StoreFinding(
                    Kind.UNKNOWN_DIRECTORY,
                    path,
                    "a directory that is no log, such as orders-0",
                    "left it alone; a broker does not start with it"));
        case LOG -> TopicPartition.ofDirectoryName(name).ifPresent(logs::add);
        case DELETED -> {
          deleted.add(name);
          findings.accept(
              new StoreFinding(
                  Kind.UNFINISHED_DELETION,
                  path,
                  "files of a log that was deleted",
                  "deletes them in the background"));
        }
        case FUTURE, STRAY -> {
          hasBrokersLogs = true;
          findings.accept(left(path, "a log that only a broker can put in its place"));
        }
        case BROKER -> findings.accept(left(path, "a directory that is a broker's own"));
      }
    }
    return new DataDirectory(logs, deleted, hasBrokersLogs);
  }

  private static StoreFinding left(Path path, String found) {
    return new StoreFinding(Kind.BROKERS_DIRECTORY, path, found, "left it alone");
  }

  /**
   * Checks that the directory of a log is there: opening would make one, and the log would be
   * empty.
   *
   * @throws LogUnavailableException if not
   */
  static void require(StorageTree tree, TopicPartition partition) {
    String name = partition.directoryName();
    if (!isThere(tree, name)) {
      throw new LogUnavailableException(
          tree.directory().resolve(name) + " is not there any more", new NoSuchFileException(name));
    }
  }

  static boolean isThere(StorageTree tree, String name) {
    try {
      return tree.directories().contains(name);
    } catch (IOException e) {
      throw new LogIOException(tree.directory() + " cannot be listed: " + e.getMessage(), e);
    }
  }

  /** Sees to it that there is a {@code meta.properties} that a broker can read. */
  static void format(StorageTree tree, int nodeId, Consumer<StoreFinding> findings)
      throws IOException {
    Path path = tree.directory().resolve(MetaProperties.FILE_NAME);
    Optional<byte[]> file = StoreFiles.read(tree, MetaProperties.FILE_NAME);
    if (file.isPresent()) {
      try {
        MetaProperties.check(file.get());
        return;
      } catch (InvalidStateFileException e) {
        String aside = StoreFiles.setAside(tree, MetaProperties.FILE_NAME);
        findings.accept(
            new StoreFinding(
                Kind.DAMAGED_FILE,
                path,
                e.place() + ": " + e.found() + ", expected " + e.expected(),
                "renamed it to " + aside + " and wrote one of a new cluster"));
      }
    } else if (!tree.directories().isEmpty()) {
      findings.accept(
          new StoreFinding(Kind.MISSING_FILE, path, "no file", "wrote one of a new cluster"));
    }
    WholeFile.replace(tree, MetaProperties.FILE_NAME, MetaProperties.create(nodeId).format());
    tree.forceDirectory();
  }
}
