package dev.varve.log.store;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.log.CommitLog;
import dev.varve.log.error.LogClosedException;
import dev.varve.log.error.LogException;
import dev.varve.log.error.LogExistsException;
import dev.varve.log.error.LogFailedException;
import dev.varve.log.error.LogIOException;
import dev.varve.log.error.LogUnavailableException;
import dev.varve.log.error.UnknownTopicOrPartitionException;
import dev.varve.log.maintenance.Maintenance;
import dev.varve.log.maintenance.ScheduledTask;
import dev.varve.log.maintenance.TaskStatus;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageTree;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Many logs in one data directory, which is laid out as a log directory of Apache Kafka: a broker
 * can be started on it when it is closed, and the other way round.
 *
 * {@snippet :
 * try (LogStore store = LogStore.open(Path.of("data"))) {
 *   TopicPartition orders = new TopicPartition("orders", 0);
 *   store.configure("orders", Map.of("compression.type", "zstd"));
 *   CommitLog log = store.partitions().contains(orders) ? store.log(orders) : store.create(orders);
 *   log.append(key, value);
 * }
 * }
 *
 * <p>The logs share one thread for their background work, unless {@link
 * LogStoreOptions.Builder#maintenance} says otherwise. One that cannot be opened, or stops, touches
 * no other: {@link #failures} says why. One that stops while it is open tells its own listener,
 * too, and whoever calls it.
 *
 * <p>Exceptions are all {@link LogException}s. Thread safety: safe for use by several threads.
 */
public final class LogStore implements AutoCloseable {
  // Constant after construction.
  private final StorageTree tree;
  private final LogStoreOptions options;
  private final Maintenance maintenance;
  private final DataDirectory found;
  private final StoreCheckpoints checkpoints;
  private final TopicConfigs configs;
  private final TopicIds topicIds;
  private final LogOpener opener;
  private final LogDeletion deletion;
  private final StoreReport report;
  private final ConcurrentNavigableMap<TopicPartition, StoredLog> logs;

  /** Held by whoever changes what logs there are, or writes what is noted of them. */
  private final ReentrantLock storeLock = new ReentrantLock();

  private final ScheduledTask deleting;
  private final ScheduledTask checkpointing;

  /** Those of which a directory may be there that no log has closed in order. */
  @GuardedBy("storeLock")
  private final Set<TopicPartition> halfMade = new TreeSet<>();

  @GuardedBy("storeLock")
  private boolean closed;

  LogStore(StoreOpening opening) {
    this.tree = opening.tree();
    this.options = opening.options();
    this.maintenance = opening.maintenance();
    this.found = opening.found();
    this.checkpoints = opening.checkpoints();
    this.configs = opening.configs();
    this.topicIds = opening.topicIds();
    this.opener = opening.opener();
    this.logs = opening.logs();
    this.report = opening.report();
    this.deletion = new LogDeletion(tree, options.listener());
    deletion.add(found.deleted());
    this.deleting = maintenance.add(deletion);
    this.checkpointing =
        maintenance.add(
            new CheckpointTask(
                options.clock(),
                tree.directory().toString(),
                options.listener(),
                this::writeCheckpointsIfFree));
  }

  /** Opens the store in a data directory with the default options. */
  public static LogStore open(Path dataDirectory) {
    return open(dataDirectory, LogStoreOptions.defaults());
  }

  /**
   * Opens the store in a data directory, creating it if there is none, and all the logs in it,
   * several at a time. A log that cannot be opened is kept with its {@linkplain #failures failure};
   * what else is not in order is in the {@linkplain #openReport report}.
   *
   * @throws dev.varve.log.error.LogDirectoryException if the directory cannot be used
   * @throws dev.varve.log.error.LogLockedException if a store or a broker has it open
   * @throws LogIOException if the disk fails at the files of the data directory itself
   */
  public static LogStore open(Path dataDirectory, LogStoreOptions options) {
    return open(StorageTree.open(dataDirectory), options);
  }

  /** Opens the store in a tree, which the store closes when it is closed itself. */
  public static LogStore open(StorageTree tree, LogStoreOptions options) {
    return StoreOpening.open(tree, options);
  }

  /** What opening the store found and did. */
  public StoreReport openReport() {
    return report;
  }

  /** The data directory. */
  public Path directory() {
    return tree.directory();
  }

  /** What does the background work of the store and of its logs, for tasks of one's own. */
  public Maintenance maintenance() {
    return maintenance;
  }

  /** How the background work of the store itself fares; each log has its own. */
  public List<TaskStatus> maintenanceStatus() {
    return List.of(deleting.status(), checkpointing.status());
  }

  /** The names of all logs now, those that could not be opened included. A view. */
  public NavigableSet<TopicPartition> partitions() {
    return Collections.unmodifiableNavigableSet(logs.navigableKeySet());
  }

  /**
   * What keeps logs from being used, now: why they could not be opened, or have stopped since. See
   * {@link #reopen}.
   */
  public Map<TopicPartition, Throwable> failures() {
    return StoreOpening.failures(logs.values());
  }

  /**
   * A log. It is the store's: it is closed by the store, and nobody else.
   *
   * @throws UnknownTopicOrPartitionException if there is none of this name
   * @throws LogUnavailableException if it could not be opened; see {@link #reopen}
   */
  public CommitLog log(TopicPartition partition) {
    return require(known(partition));
  }

  private StoredLog known(TopicPartition partition) {
    StoredLog log = logs.get(partition);
    if (log == null) {
      throw new UnknownTopicOrPartitionException(
          directory() + " has no log " + partition + ", found " + logs.size() + " others");
    }
    return log;
  }

  private CommitLog require(StoredLog log) {
    if (log.log() == null) {
      Throwable failure = log.failure();
      throw new LogUnavailableException(
          directory().resolve(log.partition().directoryName())
              + " could not be opened: "
              + (failure == null ? "" : failure.getMessage()),
          failure == null ? new IllegalStateException("no reason was kept") : failure);
    }
    return log.log();
  }

  /**
   * Creates a log. When this returns, it is durable; if the process dies before, it is there and
   * empty, or not there.
   *
   * @throws LogExistsException if there is one of this name
   * @throws IllegalArgumentException if the name of its directory is longer than 255 characters, or
   *     has a meaning of its own to a broker
   * @throws LogUnavailableException if the id of its topic is not known, since another log of the
   *     topic could not be opened
   * @throws dev.varve.log.error.ProcessLimitException if it is one too many for the process
   * @throws LogIOException if the disk fails; nothing is left, or an empty log that the next open
   *     of the store finds, and for which no close vouches until then
   */
  @CanIgnoreReturnValue
  public CommitLog create(TopicPartition partition) {
    storeLock.lock();
    try {
      checkOpen();
      DirectoryName.requireLog(partition);
      if (logs.containsKey(partition)) {
        throw new LogExistsException(directory() + " has a log " + partition + " already");
      }
      topicIds.requireKnown(partition.topic(), directory(), failures());
      forgetForGood();
      opener.admit(partition);
      halfMade.add(partition);
      StoredLog created = opener.open(partition, true);
      halfMade.remove(partition);
      logs.put(partition, created);
      return require(created);
    } finally {
      storeLock.unlock();
    }
  }

  /**
   * Closes a log and opens it again, as its topic is configured now: also one that has failed, or
   * could not be opened.
   *
   * @throws UnknownTopicOrPartitionException if there is none of this name
   * @throws LogUnavailableException if its directory is gone
   * @throws LogException if it cannot be closed in order, or cannot be opened; the store goes on
   */
  @CanIgnoreReturnValue
  public CommitLog reopen(TopicPartition partition) {
    storeLock.lock();
    try {
      checkOpen();
      StoredLog before = known(partition);
      try {
        if (before.log() != null) {
          before.log().close();
        }
        DataDirectory.require(tree, partition);
        opener.admit(partition);
        StoredLog opened = opener.open(partition, true);
        logs.put(partition, opened);
        writeCheckpoints(); // what was noted of a log that was not open is of no meaning now
        return require(opened);
      } catch (LogException e) {
        logs.put(partition, StoredLog.failed(partition, e));
        throw e;
      } catch (IOException e) {
        throw new LogIOException(
            directory() + ": the checkpoints could not be written: " + e.getMessage(), e);
      }
    } finally {
      storeLock.unlock();
    }
  }

  /**
   * Deletes a log: its directory is renamed, durably, and its files go in the background; whoever
   * opens the store next finishes that. Who still uses the log hears {@link LogClosedException}.
   *
   * <pre>
   *   orders-0    becomes    orders-0.5f0c9b3e8a6d4c7f9e1b2a3c4d5e6f70-delete
   * </pre>
   *
   * @throws UnknownTopicOrPartitionException if there is none of this name
   * @throws dev.varve.log.error.LogLockedException if it could not be opened, since another process
   *     has it open
   * @throws LogIOException if the disk fails; the log is then there or not, which {@link
   *     #partitions} says, and is not open
   */
  public void delete(TopicPartition partition) {
    storeLock.lock();
    try {
      checkOpen();
      giveUp(known(partition));
      String doomed = DirectoryName.deleted(partition, UUID.randomUUID());
      try {
        tree.renameDirectory(partition.directoryName(), doomed);
        tree.forceDirectory();
      } catch (IOException e) {
        LogIOException failure =
            new LogIOException(
                directory().resolve(partition.directoryName())
                    + " could not be deleted: "
                    + e.getMessage(),
                e);
        logs.put(partition, StoredLog.failed(partition, failure));
        finishIfRenamed(partition, doomed, failure);
        throw failure;
      }
      finishDeletion(partition, doomed);
    } finally {
      storeLock.unlock();
    }
  }

  /** The name has changed for this process, though a loss of power may bring it back. */
  @GuardedBy("storeLock")
  private void finishIfRenamed(TopicPartition partition, String doomed, LogIOException failure) {
    try {
      if (DataDirectory.isThere(tree, doomed)
          && !DataDirectory.isThere(tree, partition.directoryName())) {
        finishDeletion(partition, doomed);
      }
    } catch (LogIOException e) {
      failure.addSuppressed(e);
    }
  }

  @GuardedBy("storeLock")
  private void finishDeletion(TopicPartition partition, String doomed) {
    logs.remove(partition);
    forget(partition);
    deletion.add(List.of(doomed));
    deleting.wake();
  }

  /** Closes a log whose files are about to go, in whatever order. */
  @GuardedBy("storeLock")
  private void giveUp(StoredLog log) {
    try {
      if (log.log() != null) {
        log.log().close();
      } else {
        Storage directory = tree.openDirectory(log.partition().directoryName());
        directory.close();
      }
    } catch (LogIOException | LogFailedException | IOException e) {
      // It is given back, and what could not be put in order goes.
    }
  }

  /** A log of the same name is another: nothing that was noted may be taken for it. */
  @GuardedBy("storeLock")
  private void forget(TopicPartition partition) {
    checkpoints.drop(partition);
    topicIds.looked(partition);
    if (logs.keySet().stream().noneMatch(left -> left.topic().equals(partition.topic()))) {
      topicIds.forget(partition.topic());
    }
    try {
      writeCheckpoints();
    } catch (IOException e) {
      // The log is gone. An entry about a log that is not there is left out by whoever reads it;
      // the task tries again, and so does whoever creates a log.
      options.listener().maintenanceFailed("checkpoint", e);
    }
  }

  /** What is noted of a log that was deleted would be taken for a new one's of the same name. */
  @GuardedBy("storeLock")
  private void forgetForGood() {
    if (checkpoints.isBehind()) {
      try {
        writeCheckpoints();
      } catch (IOException e) {
        throw new LogIOException(
            directory()
                + ": what was noted of logs that were deleted could not be removed: "
                + e.getMessage(),
            e);
      }
    }
  }

  /** What a topic is configured by, in Kafka's names; empty if nothing was said. */
  public Map<String, String> topicConfig(String topic) {
    return configs.of(topic);
  }

  /**
   * Configures a topic, durably, in place of what it was configured by before. Its logs that are
   * open take that up at once ({@link CommitLog#configure}), and so do tasks that ask for it, of
   * {@code retention.ms} for example. A topic need not have a log.
   *
   * @param config by Kafka's names, {@code segment.bytes} for example; empty for Kafka's defaults
   * @throws IllegalArgumentException if Kafka does not have a name, or a value is out of range
   * @throws LogIOException if it cannot be written; then nothing has changed
   */
  public void configure(String topic, Map<String, String> config) {
    storeLock.lock();
    try {
      checkOpen();
      configs.set(topic, config);
      opener.configure(topic, logs.values());
    } catch (IOException e) {
      throw new LogIOException(
          directory().resolve(TopicConfigs.FILE_NAME) + " could not be written: " + e.getMessage(),
          e);
    } finally {
      storeLock.unlock();
    }
  }

  /**
   * The id of a topic that has a log, as a broker has it: 22 characters.
   *
   * @throws UnknownTopicOrPartitionException if it has none
   * @throws LogUnavailableException if none of its logs that could be opened says it
   */
  public String topicId(String topic) {
    if (logs.keySet().stream().noneMatch(log -> log.topic().equals(topic))) {
      throw new UnknownTopicOrPartitionException(directory() + " has no log of topic " + topic);
    }
    topicIds.requireKnown(topic, directory(), failures());
    return topicIds.of(topic);
  }

  /** A log that is being opened may be long about it, and others need the thread. */
  private boolean writeCheckpointsIfFree() throws IOException {
    if (!storeLock.tryLock()) {
      return false;
    }
    try {
      writeCheckpoints();
      return true;
    } finally {
      storeLock.unlock();
    }
  }

  @GuardedBy("storeLock")
  private void writeCheckpoints() throws IOException {
    if (!closed) {
      checkpoints.writeOpen(logs.values());
    }
  }

  @GuardedBy("storeLock")
  private void checkOpen() {
    if (closed) {
      throw new LogClosedException(directory() + " was closed");
    }
  }

  /**
   * Closes all logs, several at a time, and leaves the directory as an orderly stop of a broker
   * leaves it. If a log cannot be closed in order, or could not be opened, the next who opens the
   * directory is told that the stop was not clean, and scans. Doing it twice is harmless.
   *
   * <p>Whatever happens, the logs and the directory are given back.
   *
   * @throws LogIOException if a log could not be closed in order, or the disk fails; the first
   *     failure is its cause, the others are suppressed in it
   */
  @Override
  public void close() {
    storeLock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
    } finally {
      storeLock.unlock();
    }
    deleting.close();
    checkpointing.close();
    LogIOException failure;
    try {
      failure = new StoreClosing(tree, options, logs.values()).close(this::leave);
    } finally {
      if (options.maintenance() == null) {
        maintenance.close();
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Writes what the next finds, when all logs are closed. */
  private void leave(boolean inOrder) throws IOException {
    checkpoints.writeClosed(logs.values());
    boolean othersInOrder = report.closedInOrder() || !found.hasBrokersLogs();
    if (inOrder && othersInOrder && noneIsHalfMade()) {
      StoreCheckpoints.writeCleanShutdown(tree);
    }
  }

  private boolean noneIsHalfMade() {
    storeLock.lock();
    try {
      return halfMade.isEmpty();
    } finally {
      storeLock.unlock();
    }
  }
}
