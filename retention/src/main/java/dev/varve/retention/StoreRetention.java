package dev.varve.retention;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.log.CommitLog;
import dev.varve.log.error.LogClosedException;
import dev.varve.log.error.LogFailedException;
import dev.varve.log.error.LogUnavailableException;
import dev.varve.log.error.UnknownTopicOrPartitionException;
import dev.varve.log.maintenance.MaintenanceTask;
import dev.varve.log.store.LogStore;
import dev.varve.log.store.TopicPartition;
import dev.varve.retention.StoreBudget.StorePlan;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.agrona.concurrent.EpochClock;
import org.jspecify.annotations.Nullable;

/**
 * Retention of all logs of a store: in rounds, of each log first what its topic is configured to
 * keep ({@link RetentionConfig}, looked up at each round), and at the end a {@link StoreBudget} of
 * all together. A log that fails is passed over until the next round.
 *
 * {@snippet :
 * StoreRetention retention =
 *     new StoreRetention(store, new StoreBudget(100L << 30, 10L << 30), limits, clock);
 * store.maintenance().add(retention);
 * }
 *
 * <p>A step looks at one log; those of a budget look at the sizes of all. Thread safety: safe for
 * use by several threads.
 */
public final class StoreRetention implements MaintenanceTask {
  private final LogStore store;
  private final StoreBudget budget;
  private final LongSupplier freeBytes;
  private final LeaseLimits leaseLimits;
  private final EpochClock clock;

  @GuardedBy("this")
  private final Map<TopicPartition, ReaderLeases> leases = new TreeMap<>();

  @GuardedBy("this")
  private final Map<TopicPartition, Kept> logs = new TreeMap<>();

  @GuardedBy("this")
  private final Map<TopicPartition, Throwable> failures = new TreeMap<>();

  /** Those that are still to be looked at in the round that is under way. */
  @GuardedBy("this")
  private final Deque<TopicPartition> toLookAt = new ArrayDeque<>();

  /** What the budget has asked for in this round and is still to be given. */
  @GuardedBy("this")
  private final Deque<Share> toGive = new ArrayDeque<>();

  @GuardedBy("this")
  private boolean inRound;

  @GuardedBy("this")
  private long nextRoundMillis = Long.MIN_VALUE;

  @GuardedBy("this")
  private long bytesMissing;

  /** A log with what its topic keeps; made anew if one of them is another. */
  private record Kept(
      TopicPartition partition, CommitLog log, RetentionConfig config, LogRetention retention) {}

  /** What a log gives to the budget, and how many segments of it are gone already. */
  private record Share(TopicPartition partition, RetentionPlan plan, int segmentsGone) {}

  /** With the free space of the disk that the store lies on. */
  public StoreRetention(
      LogStore store, StoreBudget budget, LeaseLimits leaseLimits, EpochClock clock) {
    this(store, budget, () -> store.directory().toFile().getUsableSpace(), leaseLimits, clock);
  }

  /**
   * For the logs of a store, those that come later among them.
   *
   * @param budget {@link StoreBudget#NONE} if there is none
   * @param freeBytes how much of the disk is free
   * @param leaseLimits of the readers of each log
   * @param clock that of the logs
   */
  public StoreRetention(
      LogStore store,
      StoreBudget budget,
      LongSupplier freeBytes,
      LeaseLimits leaseLimits,
      EpochClock clock) {
    this.store = store;
    this.budget = budget;
    this.freeBytes = freeBytes;
    this.leaseLimits = leaseLimits;
    this.clock = clock;
  }

  /** The leases of the readers of a log, also while it is not open. */
  public synchronized ReaderLeases leases(TopicPartition partition) {
    return leases.computeIfAbsent(partition, _ -> new ReaderLeases(leaseLimits, clock, _ -> {}));
  }

  /** What went wrong with which log in the last round; logs that are not open are left out. */
  public synchronized Map<TopicPartition, Throwable> failures() {
    return Map.copyOf(failures);
  }

  /** By how much the budget was missed in the last round, in bytes; 0 if it is kept. */
  public synchronized long bytesMissing() {
    return bytesMissing;
  }

  @Override
  public synchronized int doWork() {
    if (!inRound) {
      if (clock.time() < nextRoundMillis) {
        return 0;
      }
      begin();
    }
    if (!toLookAt.isEmpty()) {
      lookAt(toLookAt.removeFirst());
      if (toLookAt.isEmpty()) {
        askBudget();
      }
      return 1;
    }
    if (!toGive.isEmpty()) {
      give(toGive.removeFirst());
      return 1;
    }
    inRound = false;
    nextRoundMillis = clock.time() + RetentionTask.CHECK_INTERVAL_DEFAULT.toMillis();
    return 0;
  }

  @GuardedBy("this")
  private void begin() {
    Collection<TopicPartition> present = store.partitions();
    leases
        .entrySet()
        .removeIf(entry -> !present.contains(entry.getKey()) && entry.getValue().list().isEmpty());
    logs.keySet().retainAll(present);
    failures.clear();
    toLookAt.addAll(present);
    inRound = true;
  }

  /** One that has more to give is looked at again. */
  @GuardedBy("this")
  private void lookAt(TopicPartition partition) {
    try {
      Kept kept = kept(partition);
      if (kept != null
          && kept.retention.run(RetentionTask.STEP_SEGMENTS_MAX).going().size()
              == RetentionTask.STEP_SEGMENTS_MAX) {
        toLookAt.addFirst(partition);
      }
    } catch (RuntimeException e) {
      failed(partition, e);
    }
  }

  /** Null if the log is not open. */
  @GuardedBy("this")
  private @Nullable Kept kept(TopicPartition partition) {
    CommitLog log;
    try {
      log = store.log(partition);
    } catch (UnknownTopicOrPartitionException | LogUnavailableException e) {
      logs.remove(partition);
      return null; // the store says more about it
    }
    RetentionConfig config = RetentionConfig.fromTopicConfig(store.topicConfig(partition.topic()));
    Kept known = logs.get(partition);
    if (known == null || known.log != log || !known.config.equals(config)) {
      known =
          new Kept(
              partition,
              log,
              config,
              new LogRetention(log, config.policy(), leases(partition), clock));
      logs.put(partition, known);
    }
    return known;
  }

  @GuardedBy("this")
  private void failed(TopicPartition partition, RuntimeException e) {
    logs.remove(partition);
    if (!(e instanceof LogClosedException || e instanceof LogFailedException)) {
      failures.put(partition, e);
    }
  }

  /**
   * Asks the budget once in a round: the disk may have the space of what is given up only later,
   * when readers have let go of it.
   */
  @GuardedBy("this")
  private void askBudget() {
    if (budget.equals(StoreBudget.NONE)) {
      return;
    }
    List<TopicPartition> asked = new ArrayList<>();
    List<LogFacts> facts = new ArrayList<>();
    for (Kept kept : List.copyOf(logs.values())) {
      try {
        facts.add(kept.retention.facts());
        asked.add(kept.partition);
      } catch (RuntimeException e) {
        failed(kept.partition, e);
      }
    }
    StorePlan plan = budget.plan(facts, freeBytes.getAsLong());
    bytesMissing = plan.bytesMissing();
    for (int i = 0; i < asked.size(); i++) {
      if (!plan.plans().get(i).isEmpty()) {
        toGive.addLast(new Share(asked.get(i), plan.plans().get(i), 0));
      }
    }
  }

  @GuardedBy("this")
  private void give(Share share) {
    Kept kept = logs.get(share.partition);
    int segments = share.segmentsGone + RetentionTask.STEP_SEGMENTS_MAX;
    try {
      if (kept != null) {
        kept.retention.run(share.plan.firstStep(segments));
        if (share.plan.going().size() > segments) {
          toGive.addFirst(new Share(share.partition, share.plan, segments));
        }
      }
    } catch (RuntimeException e) {
      failed(share.partition, e);
    }
  }

  @Override
  public String roleName() {
    return "retention";
  }

  @Override
  public String subject() {
    return store.directory().toString();
  }

  /** The logs that are still to be looked at, or to give something, in this round. */
  @Override
  public synchronized long backlog() {
    return (long) toLookAt.size() + toGive.size();
  }

  @Override
  public long idleMillisMax() {
    return Duration.ofSeconds(1).toMillis();
  }
}
