package dev.varve.compaction;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.log.CommitLog;
import dev.varve.log.error.LogUnavailableException;
import dev.varve.log.error.UnknownTopicOrPartitionException;
import dev.varve.log.maintenance.MaintenanceTask;
import dev.varve.log.store.LogStore;
import dev.varve.log.store.TopicPartition;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.agrona.concurrent.EpochClock;
import org.jspecify.annotations.Nullable;

/**
 * Compaction of all logs of a store whose topics are configured for it ({@link CompactionConfig},
 * looked up at each look): the dirtiest first, one at a time, within one budget of memory and one
 * of I/O.
 *
 * {@snippet :
 * StoreCompaction compaction = new StoreCompaction(store, CompactorOptions.defaults(), clock);
 * ScheduledTask scheduled = store.maintenance().add(compaction.task());
 * // at the end
 * scheduled.close();
 * compaction.close();
 * store.close();
 * }
 *
 * <p>Thread safety: safe for use by several threads.
 */
public final class StoreCompaction implements AutoCloseable {
  private final LogStore store;
  private final CompactorOptions options;
  private final EpochClock clock;
  private final Compactor task;

  @GuardedBy("this")
  private final Map<TopicPartition, Kept> logs = new TreeMap<>();

  /** A log with how its topic is compacted; made anew if one of them is another. */
  private record Kept(CommitLog log, CompactionConfig config, LogCompaction compaction) {}

  /**
   * For the logs of a store, those that come later among them.
   *
   * @param clock that of the logs
   */
  public StoreCompaction(LogStore store, CompactorOptions options, EpochClock clock) {
    this.store = store;
    this.options = options;
    this.clock = clock;
    this.task = new Compactor(this::logs, options, clock);
  }

  /** The work of the background, of which there is one for all logs. */
  public MaintenanceTask task() {
    return task;
  }

  /** The compaction of a log; empty if it is not open, or its topic is not compacted. */
  public synchronized Optional<LogCompaction> of(TopicPartition partition) {
    return Optional.ofNullable(look(partition)).map(Kept::compaction);
  }

  private synchronized Collection<LogCompaction> logs() {
    Collection<TopicPartition> present = store.partitions();
    for (TopicPartition gone : List.copyOf(logs.keySet())) {
      if (!present.contains(gone)) {
        drop(gone);
      }
    }
    present.forEach(this::look);
    return logs.values().stream().map(Kept::compaction).toList();
  }

  @GuardedBy("this")
  private @Nullable Kept look(TopicPartition partition) {
    CompactionConfig config = config(partition.topic());
    CommitLog log = config.isCompacted() ? open(partition) : null;
    Kept known = logs.get(partition);
    if (known != null && (known.log != log || !known.config.equals(config))) {
      drop(partition);
      known = null;
    }
    if (known == null && log != null) {
      known = new Kept(log, config, new LogCompaction(log, config, options, clock));
      logs.put(partition, known);
    }
    return known;
  }

  /** Of a topic that nobody can make sense of, no log is compacted, and all others are. */
  private CompactionConfig config(String topic) {
    try {
      return CompactionConfig.fromTopicConfig(store.topicConfig(topic));
    } catch (IllegalArgumentException e) {
      options.listener().configurationRefused(topic, e);
      return CompactionConfig.defaults();
    }
  }

  /** Null if the log is not open; the store says more about it. */
  private @Nullable CommitLog open(TopicPartition partition) {
    try {
      return store.log(partition);
    } catch (UnknownTopicOrPartitionException | LogUnavailableException e) {
      return null;
    }
  }

  /** Gives up the pass that is under way; to be done before the store is closed. */
  @Override
  public void close() {
    task.close();
  }

  @GuardedBy("this")
  private void drop(TopicPartition partition) {
    Kept dropped = logs.remove(partition);
    if (dropped != null) {
      dropped.compaction.close();
    }
  }
}
