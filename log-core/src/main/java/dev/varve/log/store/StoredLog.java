package dev.varve.log.store;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOffsets;
import dev.varve.log.storage.Storage;
import org.jspecify.annotations.Nullable;

/**
 * A log of a store: open, or with what kept it from being opened.
 *
 * @param partition its name
 * @param log the log; null if it could not be opened
 * @param storage its directory, which the log closes; null if it could not be opened
 * @param replicated whether it was opened as one of several replicas
 * @param failure why it could not be opened; null if it was
 */
record StoredLog(
    TopicPartition partition,
    @Nullable CommitLog log,
    @Nullable Storage storage,
    boolean replicated,
    @Nullable Throwable failure) {

  static StoredLog open(
      TopicPartition partition, CommitLog log, Storage storage, boolean replicated) {
    return new StoredLog(partition, log, storage, replicated, null);
  }

  static StoredLog failed(TopicPartition partition, Throwable failure) {
    return new StoredLog(partition, null, null, false, failure);
  }

  /** Why it could not be opened, or has stopped since; null if it can be used. */
  @Nullable Throwable whyUnusable() {
    return log == null ? failure : log.failure().orElse(null);
  }

  /** How far it reaches, or reached when it was closed; null if it could not be opened. */
  @Nullable LogOffsets offsets() {
    return log == null ? null : log.offsets();
  }

  /** The offset below which it was compacted; -1 if it never was, or could not be opened. */
  long firstDirtyOffset() {
    return log == null ? -1 : log.rewriter().firstDirtyOffset();
  }

  boolean isClosedInOrder() {
    return log != null && log.isClosedInOrder();
  }
}
