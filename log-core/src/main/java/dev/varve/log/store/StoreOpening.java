package dev.varve.log.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.log.CommitLog;
import dev.varve.log.error.LogException;
import dev.varve.log.error.LogIOException;
import dev.varve.log.maintenance.Maintenance;
import dev.varve.log.storage.DiskFull;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageTree;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * Opens a store, in an order in which the process may die after each step:
 *
 * <ol>
 *   <li>the marker of a clean stop goes, before anything else is changed;
 *   <li>files of the data directory are read; those that are damaged are set aside;
 *   <li>logs are opened, several at a time; each keeps in its own checkpoint what a broker had
 *       noted;
 *   <li>only then is what a broker had noted replaced by what is true of logs that are open.
 * </ol>
 *
 * <p>Thread safety: for one thread; its logs are opened by several.
 */
final class StoreOpening {
  private final StorageTree tree;
  private final LogStoreOptions options;
  private final Maintenance maintenance;
  private final boolean closedInOrder;
  private final DataDirectory found;
  private final StoreCheckpoints checkpoints;
  private final TopicConfigs configs;
  private final TopicIds topicIds = new TopicIds();
  private final LimitGuard limits;
  private final LogOpener opener;
  private final ConcurrentNavigableMap<TopicPartition, StoredLog> logs =
      new ConcurrentSkipListMap<>();
  private final List<StoreFinding> findings = new ArrayList<>();
  private final Object listenerLock = new Object();

  @GuardedBy("listenerLock")
  private int done;

  private StoreOpening(StorageTree tree, LogStoreOptions options, Maintenance maintenance)
      throws IOException {
    this.tree = tree;
    this.options = options;
    this.maintenance = maintenance;
    this.closedInOrder = StoreCheckpoints.takeCleanShutdown(tree);
    DataDirectory.format(tree, options.nodeId(), this::tell);
    this.checkpoints = StoreCheckpoints.load(tree, this::tell);
    this.configs = TopicConfigs.load(tree, this::tell);
    this.found = DataDirectory.scan(tree, this::tell);
    checkpoints.retain(found.logs(), this::tell);
    this.limits = new LimitGuard(options.limits(), options.listener());
    this.opener =
        new LogOpener(
            tree, options, maintenance, checkpoints, configs, topicIds, limits, this::tell);
  }

  /** Opens a store; if that fails, nothing is held. */
  static LogStore open(StorageTree tree, LogStoreOptions options) {
    Maintenance given = options.maintenance();
    Maintenance maintenance = given;
    StoreOpening opening = null;
    boolean opened = false;
    try {
      if (maintenance == null) {
        maintenance = Maintenance.onThread("varve-store " + tree.directory());
      }
      opening = new StoreOpening(tree, options, maintenance);
      opening.openLogs();
      LogStore store = new LogStore(opening);
      opened = true;
      return store;
    } catch (IOException e) {
      throw new LogIOException(tree.directory() + " cannot be opened: " + e.getMessage(), e);
    } finally {
      if (!opened) {
        release(tree, options, opening);
        if (given == null && maintenance != null) {
          maintenance.close();
        }
      }
    }
  }

  private static void release(
      StorageTree tree, LogStoreOptions options, @Nullable StoreOpening opening) {
    Collection<StoredLog> logs = opening == null ? List.of() : opening.logs.values();
    var _ = new StoreClosing(tree, options, logs).close(_ -> {}); // what failed first is thrown
  }

  private void openLogs() throws IOException {
    topicIds.expect(found.logs());
    limits.announce(found.logs().size());
    ParallelLogs.forEach(found.logs(), options.threads(), this::openLog);
    for (StoredLog log : logs.values()) {
      nameTopic(log);
    }
    note();
  }

  /** On a full disk that is made up for when there is room. */
  private void note() throws IOException {
    try {
      checkpoints.writeOpen(logs.values());
    } catch (IOException e) {
      if (!DiskFull.isCauseOf(e)) {
        throw e;
      }
      checkpoints.withdraw();
      tell(
          new StoreFinding(
              StoreFinding.Kind.NO_ROOM,
              tree.directory(),
              "no room for what is noted of logs that are open: " + e.getMessage(),
              "deleted what may become untrue; it is written when there is room"));
    }
  }

  private void openLog(TopicPartition partition) {
    StoredLog log;
    try {
      opener.admit(partition);
      log = opener.open(partition, false);
    } catch (RuntimeException | Error e) {
      log = StoredLog.failed(partition, e); // for want of memory, perhaps
    }
    logs.put(partition, log);
    tell(log);
  }

  private void tell(StoredLog log) {
    synchronized (listenerLock) {
      done++;
      int total = found.logs().size();
      CommitLog opened = log.log();
      Throwable failure = log.failure();
      if (opened != null) {
        options.listener().logOpened(log.partition(), opened.openReport(), done, total);
      } else if (failure != null) {
        options.listener().logFailed(log.partition(), failure, done, total);
      }
    }
  }

  /** Now that all logs of its topic have been looked at. */
  private void nameTopic(StoredLog log) {
    Storage directory = log.storage();
    try {
      if (directory != null && !directory.exists(PartitionMetadata.FILE_NAME)) {
        topicIds.write(log.partition(), directory);
      }
    } catch (IOException e) {
      LogIOException failure =
          new LogIOException(
              tree.directory().resolve(log.partition().directoryName())
                  + " cannot be opened: "
                  + PartitionMetadata.FILE_NAME
                  + ": "
                  + e.getMessage(),
              e);
      giveUp(log, failure);
    }
  }

  /** A log that was opened for nothing; it touches no other. */
  private void giveUp(StoredLog log, LogIOException failure) {
    CommitLog opened = log.log();
    try {
      if (opened != null) {
        opened.close();
      }
    } catch (LogException e) {
      failure.addSuppressed(e);
    }
    logs.put(log.partition(), StoredLog.failed(log.partition(), failure));
    int total = found.logs().size();
    options.listener().logFailed(log.partition(), failure, total, total);
  }

  private void tell(StoreFinding finding) {
    synchronized (listenerLock) {
      findings.add(finding);
      options.listener().found(finding);
    }
  }

  static Map<TopicPartition, Throwable> failures(Collection<StoredLog> logs) {
    Map<TopicPartition, Throwable> failures = new HashMap<>();
    for (StoredLog log : logs) {
      Throwable failure = log.whyUnusable();
      if (failure != null) {
        failures.put(log.partition(), failure);
      }
    }
    return failures;
  }

  StoreReport report() {
    Map<TopicPartition, Throwable> failures = failures(logs.values());
    return new StoreReport(closedInOrder, logs.size() - failures.size(), failures, findings);
  }

  StorageTree tree() {
    return tree;
  }

  LogStoreOptions options() {
    return options;
  }

  Maintenance maintenance() {
    return maintenance;
  }

  DataDirectory found() {
    return found;
  }

  StoreCheckpoints checkpoints() {
    return checkpoints;
  }

  TopicConfigs configs() {
    return configs;
  }

  TopicIds topicIds() {
    return topicIds;
  }

  LogOpener opener() {
    return opener;
  }

  ConcurrentNavigableMap<TopicPartition, StoredLog> logs() {
    return logs;
  }
}
