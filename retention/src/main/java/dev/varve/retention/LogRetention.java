package dev.varve.retention;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.log.CommitLog;
import dev.varve.log.SegmentInfo;
import dev.varve.log.error.DiskFullException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.agrona.concurrent.EpochClock;

/**
 * Applies a policy to a log: asks what has to go, and moves the start of the log.
 *
 * <p>Thread safety: safe for use by several threads, one of which at a time looks or acts.
 */
public final class LogRetention {
  private static final long NOWHERE = -1;

  private final CommitLog log;
  private final RetentionPolicy policy;
  private final ReaderLeases leases;
  private final EpochClock clock;

  /** Where the log ended at an earlier look, and when that was seen first. */
  @GuardedBy("this")
  private long seenEnd = NOWHERE;

  @GuardedBy("this")
  private long seenEndMillis;

  /**
   * For one log.
   *
   * @param leases which it asks before it decides
   * @param clock that of the log, as records are stamped by it
   */
  public LogRetention(
      CommitLog log, RetentionPolicy policy, ReaderLeases leases, EpochClock clock) {
    this.log = log;
    this.policy = policy;
    this.leases = leases;
    this.clock = clock;
  }

  /** The directory of the log, for whoever asks what is worked on. */
  String logName() {
    return log.directory().toString();
  }

  /** What is known of the log now, with its readers. Leases beyond their limits expire. */
  public LogFacts facts() {
    return thenTell(this::look);
  }

  private synchronized LogFacts look() {
    return leases.review(whereQuiet(LogFacts.of(log, List.of(), clock.time())));
  }

  /** Tells of leases that have expired when all locks are released: a listener may take others. */
  private <T> T thenTell(Supplier<T> action) {
    try {
      return action.get();
    } finally {
      leases.tellExpired();
    }
  }

  /** Says what {@link #run()} would do now. Leases beyond their limits expire. */
  public RetentionPlan plan() {
    return policy.plan(facts());
  }

  /**
   * The file of a segment that is written through a mapping does not tell when that was, so the log
   * says that it may have been just now. Since the end of the log was seen where it still is, it
   * was not.
   */
  @GuardedBy("this")
  private LogFacts whereQuiet(LogFacts facts) {
    SegmentInfo last = facts.segments().getLast();
    if (last.endOffset() != seenEnd) {
      seenEnd = last.endOffset();
      seenEndMillis = facts.nowMillis();
    }
    if (last.lastModifiedMillis() <= seenEndMillis) {
      return facts;
    }
    List<SegmentInfo> segments = new ArrayList<>(facts.segments());
    segments.set(segments.size() - 1, last.withLastModifiedMillis(seenEndMillis));
    return new LogFacts(
        facts.name(), facts.offsets(), segments, facts.readers(), facts.nowMillis());
  }

  /**
   * Gives up what has to go.
   *
   * @return what was done, and why
   * @throws DiskFullException if there is not even room to say that it is given up
   * @throws dev.varve.log.error.LogIOException if the disk fails; nothing is given up then, or
   *     deletion goes on later
   */
  public RetentionPlan run() {
    return step(Integer.MAX_VALUE).done();
  }

  /**
   * What a step has done.
   *
   * @param done the part of the plan that was carried out
   * @param segmentsLeft how many segments more the whole plan gives up
   */
  record Step(RetentionPlan done, int segmentsLeft) {}

  /**
   * The same, a few segments at a time. No lease is taken between the decision and the act, or it
   * would be on what is about to go.
   */
  Step step(int segmentsMax) {
    return thenTell(() -> leases.undisturbed(() -> giveUp(segmentsMax)));
  }

  private synchronized Step giveUp(int segmentsMax) {
    RetentionPlan plan = policy.plan(look());
    RetentionPlan done = apply(plan.firstStep(segmentsMax), log);
    return new Step(done, plan.going().size() - done.going().size());
  }

  /**
   * Carries out a plan that was made of this log's {@link #facts}, by a {@link StoreBudget}
   * perhaps, up to the first segment on which a lease was taken since.
   *
   * @return what was done, and why
   * @throws DiskFullException as {@link #run()} does
   */
  public RetentionPlan run(RetentionPlan plan) {
    return thenTell(() -> leases.undisturbed(() -> giveUp(plan)));
  }

  private synchronized RetentionPlan giveUp(RetentionPlan plan) {
    return apply(plan.upToHolds(look().readers()), log);
  }

  /**
   * Carries a plan out: begins a new segment if all are to go, and moves the start. What was
   * appended since the plan was made stays.
   *
   * <p>On a disk that has no room for a new segment, all but the last segment go, which makes room
   * for the next time.
   *
   * @return what was done, and why
   * @throws DiskFullException if there is no room for a new segment and nothing but the last goes,
   *     or not even room to say that something is given up
   */
  public static RetentionPlan apply(RetentionPlan plan, CommitLog log) {
    if (plan.isEmpty()) {
      return plan;
    }
    RetentionPlan possible = plan;
    if (plan.rollsActive()) {
      try {
        log.roll();
      } catch (DiskFullException e) {
        possible = plan.withoutLast("a new segment has no room");
        if (possible.startOffset() <= log.offsets().startOffset()) {
          throw e; // nothing else to give
        }
      }
    }
    log.advanceStartOffset(possible.startOffset());
    return possible;
  }
}
