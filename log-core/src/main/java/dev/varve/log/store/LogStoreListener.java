package dev.varve.log.store;

import dev.varve.log.OpenReport;

/**
 * Told what happens in a store. What happens in one of its logs is told to that log's own listener,
 * which {@link LogStoreOptions.Builder#logs} sets.
 *
 * <p>While a store opens, callbacks come on several threads, one at a time. A callback must not
 * call the store, and must not throw.
 */
public interface LogStoreListener {
  /** Hears nothing. */
  LogStoreListener NONE = new LogStoreListener() {};

  /** The data directory is not as an orderly close leaves it. */
  default void found(StoreFinding finding) {}

  /**
   * Opening goes on: a log is open.
   *
   * @param done how many are open or have failed, this one included
   * @param total how many there are
   */
  default void logOpened(TopicPartition partition, OpenReport report, int done, int total) {}

  /**
   * Opening goes on: a log could not be opened.
   *
   * @param done how many are open or have failed, this one included
   * @param total how many there are
   */
  default void logFailed(TopicPartition partition, Throwable cause, int done, int total) {}

  /** The logs that there are, or are about to be opened, bring the process near a limit. */
  default void limitNear(ProcessLimit limit) {}

  /** A step of the store's own background work failed; it will be tried again. */
  default void maintenanceFailed(String task, Throwable cause) {}
}
