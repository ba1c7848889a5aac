package dev.varve.log.store;

import dev.varve.log.CommitLog;
import dev.varve.log.error.LogIOException;
import dev.varve.log.storage.StorageTree;
import java.io.IOException;
import java.util.Collection;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** Closes all logs of a store and gives its directory back, whatever fails meanwhile. */
final class StoreClosing {
  private final StorageTree tree;
  private final LogStoreOptions options;
  private final Collection<StoredLog> logs;
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

  StoreClosing(StorageTree tree, LogStoreOptions options, Collection<StoredLog> logs) {
    this.tree = tree;
    this.options = options;
    this.logs = logs;
  }

  /** Writes what the next who opens the directory is to find. */
  @FunctionalInterface
  interface Ending {
    /**
     * Writes it.
     *
     * @param inOrder whether all logs were closed in order
     */
    void write(boolean inOrder) throws IOException;
  }

  /** Returns what failed, if anything did. */
  @Nullable LogIOException close(Ending ending) {
    try {
      ParallelLogs.forEach(logs, options.threads(), this::close);
      ending.write(logs.stream().allMatch(StoredLog::isClosedInOrder));
    } catch (Throwable e) {
      failures.add(e);
    } finally {
      release();
    }
    if (failures.isEmpty()) {
      return null;
    }
    LogIOException failure =
        new LogIOException(
            tree.directory() + " could not be closed in order: " + failures.peek().getMessage(),
            failures.peek());
    failures.stream().skip(1).forEach(failure::addSuppressed);
    return failure;
  }

  private void close(StoredLog stored) {
    CommitLog log = stored.log();
    if (log != null) {
      try {
        log.close();
      } catch (Throwable e) {
        failures.add(e); // whatever it is, the others are closed and noted
      }
    }
  }

  private void release() {
    try {
      tree.close();
    } catch (IOException | RuntimeException e) {
      failures.add(e);
    }
  }
}
