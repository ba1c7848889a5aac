package dev.varve.log.store;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.error.DiskFullException;
import dev.varve.log.error.LogClosedException;
import dev.varve.log.error.LogException;
import dev.varve.log.error.LogFailedException;
import dev.varve.log.error.LogIOException;
import dev.varve.log.maintenance.Maintenance;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageTree;
import dev.varve.log.store.StoreCheckpoints.Kind;
import java.io.IOException;
import java.util.Collection;
import java.util.function.Consumer;

/**
 * Opens one log of a store as the store's configuration and a broker's checkpoints say.
 *
 * <p>Thread safety: several threads may open different logs, while nobody changes the checkpoints.
 */
final class LogOpener {
  private final StorageTree tree;
  private final LogStoreOptions options;
  private final Maintenance maintenance;
  private final StoreCheckpoints checkpoints;
  private final TopicConfigs configs;
  private final TopicIds topicIds;
  private final LimitGuard limits;
  private final Consumer<StoreFinding> findings;

  LogOpener(
      StorageTree tree,
      LogStoreOptions options,
      Maintenance maintenance,
      StoreCheckpoints checkpoints,
      TopicConfigs configs,
      TopicIds topicIds,
      LimitGuard limits,
      Consumer<StoreFinding> findings) {
    this.tree = tree;
    this.options = options;
    this.maintenance = maintenance;
    this.checkpoints = checkpoints;
    this.configs = configs;
    this.topicIds = topicIds;
    this.limits = limits;
    this.findings = findings;
  }

  /**
   * Counts a log that is about to be opened.
   *
   * @throws dev.varve.log.error.ProcessLimitException if it is one too many for the process
   */
  void admit(TopicPartition partition) {
    limits.admit(partition);
  }

  /**
   * Opens a log that is there, or makes one; to be admitted before.
   *
   * @param ofKnownTopic whether all other logs have been looked at, so that a log that does not say
   *     of which topic it is gets the id that they have, or a new one
   * @throws LogException if it cannot be opened; nothing of it is held
   */
  StoredLog open(TopicPartition partition, boolean ofKnownTopic) {
    LogOptions log =
        optionsOf(partition)
            .brokerCheckpoints(
                checkpoints.offset(Kind.START_OFFSET, partition),
                checkpoints.offset(Kind.RECOVERY_POINT, partition))
            .maintenance(maintenance)
            .build();
    Storage directory = tree.openDirectory(partition.directoryName());
    lookUpTopic(partition, directory, ofKnownTopic);
    CommitLog opened = CommitLog.open(directory, log);
    takeOver(opened, log.replicated(), partition);
    return StoredLog.open(partition, opened, directory, log.replicated());
  }

  /** How a log is to be opened, as its topic is configured now. */
  private LogOptions.Builder optionsOf(TopicPartition partition) {
    return options.log(partition).topicConfig(configs.of(partition.topic()));
  }

  /** Has logs that are open take up how their topic is configured now. */
  void configure(String topic, Collection<StoredLog> logs) {
    for (StoredLog log : logs) {
      CommitLog open = log.log();
      if (open != null && log.partition().topic().equals(topic)) {
        try {
          open.configure(optionsOf(log.partition()).build());
        } catch (LogFailedException | LogClosedException e) {
          // It takes no appends. When it is opened again it is configured anew.
        }
      }
    }
  }

  /** Takes over what a broker has noted of a log that the log itself does not know. */
  private void takeOver(CommitLog log, boolean replicated, TopicPartition partition) {
    long compacted = checkpoints.offset(Kind.CLEANER_OFFSET, partition);
    boolean done = false;
    try {
      long end = log.offsets().endOffset();
      if (replicated) {
        long highWatermark = checkpoints.offset(Kind.HIGH_WATERMARK, partition);
        log.replica().advanceHighWatermark(Math.min(highWatermark, end));
      }
      long known = log.rewriter().firstDirtyOffset();
      if (compacted > known && compacted > 0 && compacted <= end) {
        keepFirstDirtyOffset(log, compacted);
      } else if (compacted > 0 && compacted < known && !log.openReport().closedInOrder()) {
        log.rewriter().keepFirstDirtyOffset(compacted); // a broker may have truncated it
      }
      done = true;
    } finally {
      if (!done) {
        log.close();
      }
    }
  }

  /** On a full disk the log opens all the same, and is compacted from its start. */
  private static void keepFirstDirtyOffset(CommitLog log, long offset) {
    try {
      log.rewriter().keepFirstDirtyOffset(offset);
    } catch (DiskFullException e) {
      // that it was compacted saves time, and nothing else
    }
  }

  private void lookUpTopic(TopicPartition partition, Storage directory, boolean ofKnownTopic) {
    boolean done = false;
    try {
      if (!topicIds.read(partition, directory, findings) && ofKnownTopic) {
        topicIds.write(partition, directory);
      }
      done = true;
    } catch (IOException e) {
      throw new LogIOException(
          directory.directory()
              + " cannot be opened: "
              + PartitionMetadata.FILE_NAME
              + ": "
              + e.getMessage(),
          e);
    } finally {
      if (!done) {
        close(directory);
      }
    }
  }

  /** Gives back a directory that is of no use. */
  private static void close(Storage directory) {
    try {
      directory.close();
    } catch (IOException e) {
      // what made it useless is told
    }
  }
}
