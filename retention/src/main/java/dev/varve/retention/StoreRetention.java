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
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.agrona.concurrent.EpochClock;
import org.jspecify.annotations.Nullable;

/**
 * Retention of all logs of a store: in rounds, of each log first what its topic is configured to
 * keep ({@link RetentionConfig}, looked up at each round), and at the end a {@link StoreBudget} of
 * all together. A log that fails is passed over until the next round.
 *
 * <p>The budget counts all logs, but takes only from those whose {@code cleanup.policy} is to
 * delete: nobody has said of the others that old records may go. What was given up counts as free
 * space from then on, also while its files are still there under names with {@code .deleted}, for
 * {@code file.delete.delay.ms} or a reader: else each round would give up more. If the free space
 * cannot be asked for, nothing goes for it.
 *
 * {@snippet :
 * StoreRetention retention =
 *     new StoreRetention(store, new StoreBudget(100L << 30, 10L << 30), limits, onExpired, clock);
 * store.maintenance().add(retention);
 * }
 *
 * <p>A step looks at one log; what a budget takes is made of what was seen in the steps before.
 * Thread safety: safe for use by several threads. Only {@link #doWork} waits for the disk.
 */
public final class StoreRetention implements MaintenanceTask {
  private static final long UNKNOWN = -1;

  /** More than any floor needs. */
  private static final long PLENTY = Long.MAX_VALUE;

  private final LogStore store;
  private final StoreBudget budget;
  private final LongSupplier freeBytes;
  private final LeaseLimits leaseLimits;
  private final BiConsumer<TopicPartition, LeaseInfo> onExpired;
  private final EpochClock clock;

  /** Nothing is ever taken out: somebody may take a lease later of what was asked for once. */
  private final Map<TopicPartition, ReaderLeases> leases = new ConcurrentHashMap<>();

  private final Map<TopicPartition, Throwable> failures = new ConcurrentHashMap<>();

  @GuardedBy("this")
  private final Map<TopicPartition, Kept> logs = new TreeMap<>();

  /** What was seen in this round of those that are in {@link #logs}. */
  @GuardedBy("this")
  private final Map<TopicPartition, Seen> seen = new TreeMap<>();

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

  private volatile long bytesMissing;

  private volatile long backlog;

  /** A log with what its topic keeps; made anew if one of them is another. */
  private record Kept(
      TopicPartition partition, CommitLog log, RetentionConfig config, LogRetention retention) {}

  /**
   * A log as its own rules left it.
   *
   * @param mayGive whether a budget may take from it
   * @param bytesGoing how many bytes of what was given up are still on the disk; {@link #UNKNOWN}
   *     if that could not be seen
   */
  private record Seen(LogFacts facts, boolean mayGive, long bytesGoing) {}

  /** What a log gives to the budget, and how many segments of it are gone already. */
  private record Share(TopicPartition partition, RetentionPlan plan, int segmentsGone) {}

  /** With the free space of the disk that the store lies on. */
  public StoreRetention(
      LogStore store,
      StoreBudget budget,
      LeaseLimits leaseLimits,
      BiConsumer<TopicPartition, LeaseInfo> onExpired,
      EpochClock clock) {
    this(store, budget, () -> DiskSpace.free(store.directory()), leaseLimits, onExpired, clock);
  }

  /**
   * For the logs of a store, those that come later among them.
   *
   * @param budget {@link StoreBudget#NONE} if there is none
   * @param freeBytes how much of the disk is free; may throw {@link java.io.UncheckedIOException}
   * @param leaseLimits of the readers of each log
   * @param onExpired is told of each lease that expires, as by {@link ReaderLeases}
   * @param clock that of the logs
   */
  public StoreRetention(
      LogStore store,
      StoreBudget budget,
      LongSupplier freeBytes,
      LeaseLimits leaseLimits,
      BiConsumer<TopicPartition, LeaseInfo> onExpired,
      EpochClock clock) {
    this.store = store;
    this.budget = budget;
    this.freeBytes = freeBytes;
    this.leaseLimits = leaseLimits;
    this.onExpired = onExpired;
    this.clock = clock;
  }

  /** The leases of the readers of a log, also while it is not open. */
  public ReaderLeases leases(TopicPartition partition) {
    return leases.computeIfAbsent(
        partition,
        _ -> new ReaderLeases(leaseLimits, clock, lease -> onExpired.accept(partition, lease)));
  }

  /**
   * What went wrong with which log in the last round; logs that are not open are left out. If the
   * free space could not be asked for, that went wrong with each that might have given for it.
   */
  public Map<TopicPartition, Throwable> failures() {
    return Map.copyOf(failures);
  }

  /** By how much the budget was missed in the last round, in bytes; 0 if it is kept. */
  public long bytesMissing() {
    return bytesMissing;
  }

  @Override
  public synchronized int doWork() {
    int done = step();
    backlog = (long) toLookAt.size() + toGive.size();
    return done;
  }

  @GuardedBy("this")
  private int step() {
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
    logs.keySet().retainAll(present);
    seen.clear();
    failures.clear();
    toLookAt.addAll(present);
    inRound = true;
  }

  /** One that has more to give is looked at again. */
  @GuardedBy("this")
  private void lookAt(TopicPartition partition) {
    try {
      Kept kept = kept(partition);
      if (kept == null) {
        return;
      }
      int gone = kept.retention.step(RetentionTask.STEP_SEGMENTS_MAX).done().going().size();
      if (gone == RetentionTask.STEP_SEGMENTS_MAX) {
        toLookAt.addFirst(partition);
      } else if (!budget.equals(StoreBudget.NONE)) {
        LogFacts facts = kept.retention.facts();
        seen.put(partition, new Seen(facts, kept.config.deletes(), bytesGoing(kept)));
      }
    } catch (RuntimeException e) {
      failed(partition, e);
    }
  }

  @GuardedBy("this")
  private long bytesGoing(Kept kept) {
    if (budget.freeBytesMin() < 0) {
      return 0; // without a floor nobody looks at it
    }
    try {
      return DiskSpace.going(kept.log.directory());
    } catch (UncheckedIOException e) {
      failures.put(kept.partition, e);
      return UNKNOWN;
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
    seen.remove(partition);
    if (!(e instanceof LogClosedException || e instanceof LogFailedException)) {
      failures.put(partition, e);
    }
  }

  /**
   * Asks the budget, once in a round, about the logs as they were seen in it; only the free space
   * is asked for now.
   */
  @GuardedBy("this")
  private void askBudget() {
    if (budget.equals(StoreBudget.NONE)) {
      return;
    }
    List<TopicPartition> asked = new ArrayList<>();
    List<LogFacts> facts = new ArrayList<>();
    long otherBytes = 0;
    long bytesGoing = 0;
    boolean known = true;
    for (Map.Entry<TopicPartition, Seen> entry : seen.entrySet()) {
      Seen log = entry.getValue();
      bytesGoing += log.bytesGoing;
      known = known && log.bytesGoing != UNKNOWN;
      if (log.mayGive) {
        asked.add(entry.getKey());
        facts.add(log.facts);
      } else {
        otherBytes += log.facts.sizeBytes();
      }
    }
    long free = known ? freeBytes(asked, bytesGoing) : PLENTY;
    StorePlan plan = budget.plan(facts, otherBytes, free);
    bytesMissing = plan.bytesMissing();
    for (int i = 0; i < asked.size(); i++) {
      if (!plan.plans().get(i).isEmpty()) {
        toGive.addLast(new Share(asked.get(i), plan.plans().get(i), 0));
      }
    }
  }

  /** {@link #PLENTY} if nobody knows. */
  private long freeBytes(List<TopicPartition> asked, long bytesGoing) {
    if (budget.freeBytesMin() < 0) {
      return 0; // without a floor nobody looks at it
    }
    try {
      return Math.min(freeBytes.getAsLong(), PLENTY - bytesGoing) + bytesGoing;
    } catch (UncheckedIOException e) {
      asked.forEach(partition -> failures.putIfAbsent(partition, e));
      return PLENTY;
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
  public long backlog() {
    return backlog;
  }

  @Override
  public long idleMillisMax() {
    return Duration.ofSeconds(1).toMillis();
  }
}
