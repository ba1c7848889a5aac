package dev.varve.log.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.log.error.ProcessLimitException;
import dev.varve.log.store.ProcessLimit.Resource;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Looks out for the limits of the process before a log more is opened: who runs into one of them
 * takes the rest of the process with him.
 *
 * <p>To count mappings takes milliseconds when there are thousands, so it is done once for so many
 * logs, and more often when a limit is near.
 *
 * <p>Thread safety: safe for use by several threads.
 */
final class LimitGuard {
  /** The file that is appended to, once more for forces, and the lock. */
  static final int DESCRIPTORS_PER_LOG = 3;

  /**
   * The file that is appended to, and its space ahead. It is mapped anew as it grows, 26 times up
   * to 1 GiB; that, and what readers map, shows in what is used.
   */
  static final int MAPPINGS_PER_LOG = 2;

  private static final int LOGS_PER_MEASUREMENT = 64;

  private final Supplier<List<ProcessLimit>> measure;
  private final LogStoreListener listener;

  @GuardedBy("this")
  private List<ProcessLimit> measured = List.of();

  @GuardedBy("this")
  private int logsSince = LOGS_PER_MEASUREMENT;

  @GuardedBy("this")
  private final Set<Resource> told = EnumSet.noneOf(Resource.class);

  LimitGuard(Supplier<List<ProcessLimit>> measure, LogStoreListener listener) {
    this.measure = measure;
    this.listener = listener;
  }

  /** Tells the listener if so many logs bring a limit near. */
  synchronized void announce(int logs) {
    measured = measure.get();
    logsSince = 0;
    measured.forEach(limit -> tell(needing(limit, logs)));
  }

  /**
   * Counts a log that is about to be opened.
   *
   * @param partition for the message
   * @throws ProcessLimitException if it is one too many
   */
  synchronized void admit(TopicPartition partition) {
    logsSince++;
    if (logsSince >= LOGS_PER_MEASUREMENT || isNear(logsSince)) {
      measured = measure.get();
      logsSince = 1;
    }
    for (ProcessLimit limit : measured) {
      ProcessLimit with = needing(limit, logsSince);
      tell(with);
      if (with.isReached()) {
        logsSince--;
        throw new ProcessLimitException(partition + " is not opened: " + with);
      }
    }
  }

  @GuardedBy("this")
  private boolean isNear(int logs) {
    return measured.stream().anyMatch(limit -> needing(limit, logs).isNear());
  }

  private static ProcessLimit needing(ProcessLimit limit, int logs) {
    int perLog =
        switch (limit.resource()) {
          case FILE_DESCRIPTORS -> DESCRIPTORS_PER_LOG;
          case MAPPINGS -> MAPPINGS_PER_LOG;
        };
    return limit.needing((long) logs * perLog);
  }

  /** Once, until it is no longer near. */
  @GuardedBy("this")
  private void tell(ProcessLimit limit) {
    if (!limit.isNear()) {
      told.remove(limit.resource());
    } else if (told.add(limit.resource())) {
      listener.limitNear(limit);
    }
  }
}
