package dev.varve.compaction;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.log.CommitLog;
import dev.varve.log.SegmentInfo;
import dev.varve.log.SegmentReader;
import dev.varve.log.error.CorruptLogException;
import dev.varve.log.error.LogIOException;
import dev.varve.log.error.OffsetOutOfRangeException;
import dev.varve.log.record.CodecUnavailableException;
import dev.varve.log.record.InvalidBatchException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.agrona.concurrent.EpochClock;
import org.jspecify.annotations.Nullable;

/**
 * Compacts one log: asks whether it is due, and goes over it in passes.
 *
 * {@snippet :
 * LogCompaction compaction = new LogCompaction(log, config, CompactorOptions.defaults(), clock);
 * System.out.println(compaction.plan().explain());
 * compaction.run();
 * }
 *
 * <p>A segment that cannot be read is set aside: it stays as it is, and the rest of the log is
 * compacted around it. Whoever opens the log the next time tries it again.
 *
 * <p>Thread safety: safe for use by several threads, one of which at a time looks or acts.
 */
public final class LogCompaction implements AutoCloseable {
  /** So much is read between two looks at the clock. */
  static final long STEP_BYTES = 1 << 20;

  private final CommitLog log;
  private final CompactionConfig config;
  private final CompactorOptions options;
  private final EpochClock clock;

  /** Why segments cannot be read, by base offset. */
  @GuardedBy("this")
  private final Map<Long, String> setAside = new HashMap<>();

  /** The largest timestamps of the first batches of sealed segments, by base offset. */
  @GuardedBy("this")
  private Map<Long, Long> firstTimestamps = Map.of();

  /** Where the first segment begins that was set aside while it was dirty; no further is kept. */
  @GuardedBy("this")
  private long firstUnlearnt = Long.MAX_VALUE;

  /** How far passes have come in this process, which may be further than is kept. */
  @GuardedBy("this")
  private long learntTo = -1;

  /** What was kept then. */
  @GuardedBy("this")
  private long keptTo = -1;

  @GuardedBy("this")
  private @Nullable CompactionPass pass;

  private volatile @Nullable CompactionProgress progress;
  private volatile @Nullable CompactionResult lastResult;

  /**
   * For one log.
   *
   * @param clock that of the log, as records are stamped by it
   */
  public LogCompaction(
      CommitLog log, CompactionConfig config, CompactorOptions options, EpochClock clock) {
    this.log = log;
    this.config = config;
    this.options = options;
    this.clock = clock;
  }

  /** The directory of the log, for whoever asks what is worked on. */
  String logName() {
    return log.directory().toString();
  }

  /** What is known of the log now. */
  public synchronized CompactionFacts facts() {
    CompactionFacts facts = CompactionFacts.of(log, clock.time()).withSetAside(setAside);
    long kept = log.rewriter().firstDirtyOffset();
    if (kept >= 0) { // unless somebody else has moved it since, this process may know better
      facts = facts.withFirstDirtyOffset(kept == keptTo ? Math.max(kept, learntTo) : kept);
    }
    return config.hasMaxCompactionLag()
        ? facts.withFirstTimestamps(firstTimestamps(facts.segments()))
        : facts;
  }

  @GuardedBy("this")
  private Map<Long, Long> firstTimestamps(List<SegmentInfo> segments) {
    Map<Long, Long> found = new HashMap<>();
    for (SegmentInfo segment : segments) {
      if (!segment.active() && !setAside.containsKey(segment.baseOffset())) {
        Long known = firstTimestamps.get(segment.baseOffset());
        long timestamp = known != null ? known : firstTimestamp(segment);
        found.put(segment.baseOffset(), timestamp);
      }
    }
    firstTimestamps = found;
    return found;
  }

  private long firstTimestamp(SegmentInfo segment) {
    Optional<SegmentReader> opened = log.rewriter().read(segment.baseOffset());
    if (opened.isEmpty()) {
      return -1;
    }
    try (SegmentReader reader = opened.get()) {
      return reader.next() ? reader.batch().maxTimestamp() : -1;
    } catch (CorruptLogException e) {
      return -1; // a pass will say so
    }
  }

  /** Whether there should be a pass now, how far it would go, and why. */
  public CompactionPlan plan() {
    return CompactionPlan.of(facts(), config);
  }

  /**
   * The plan of a pass over all of the log, as if there had been none: for {@link #runFromStart}.
   */
  public CompactionPlan planFromStart() {
    CompactionFacts facts = facts();
    return CompactionPlan.of(facts.withFirstDirtyOffset(facts.offsets().startOffset()), config);
  }

  /** How far the pass is that is under way; empty if none is. */
  public Optional<CompactionProgress> progress() {
    return Optional.ofNullable(progress);
  }

  /** What the last pass did; empty if there was none since this was made. */
  public Optional<CompactionResult> lastResult() {
    return Optional.ofNullable(lastResult);
  }

  /**
   * Compacts all that may be compacted now, whether or not the log is due, in as many passes as the
   * memory for keys makes of it.
   *
   * @return what each pass did; none if nothing is dirty
   * @throws dev.varve.log.error.DiskFullException if there is no room for what stays of a group of
   *     segments; what was done before stays done
   * @throws LogIOException if the disk fails
   */
  public List<CompactionResult> run() {
    return run(() -> true);
  }

  /**
   * The same, until it is told to stop. The pass that is under way is given up then: what groups of
   * segments it has replaced stay replaced, and the next run goes over them again.
   *
   * @param goesOn asked after each step, which is about a MiB
   */
  public List<CompactionResult> run(BooleanSupplier goesOn) {
    List<CompactionResult> results = new ArrayList<>();
    boolean more = true;
    while (more) {
      more = runPass(this::plan, goesOn, results);
    }
    return results;
  }

  /**
   * Compacts all that may be compacted now, what earlier passes have seen included. That takes
   * tombstones, and markers of transactions of which nothing is left, whose time has passed since;
   * a log to which nothing is appended keeps them otherwise.
   *
   * @param goesOn as for {@link #run(BooleanSupplier)}
   * @return what each pass did
   * @throws dev.varve.log.error.DiskFullException as {@link #run()} does
   * @throws LogIOException if the disk fails
   */
  public List<CompactionResult> runFromStart(BooleanSupplier goesOn) {
    List<CompactionResult> results = new ArrayList<>();
    if (runPass(this::planFromStart, goesOn, results)) {
      results.addAll(run(goesOn));
    }
    return results;
  }

  /**
   * One pass; a log that has changed is looked at anew.
   *
   * @return whether another may follow: false if nothing is dirty, or if it was stopped
   */
  private boolean runPass(
      Supplier<CompactionPlan> plans, BooleanSupplier goesOn, List<CompactionResult> results) {
    while (goesOn.getAsBoolean()) {
      CompactionPlan plan = plans.get();
      if (plan.cleanableBytes() == 0) {
        return false;
      }
      begin(plan);
      while (!isIdle() && goesOn.getAsBoolean()) {
        Step step = step();
        if (step.result() != null) {
          results.add(step.result());
          return true;
        }
      }
    }
    close();
    return false;
  }

  /** Begins a pass, giving up one that is under way. */
  synchronized void begin(CompactionPlan plan) {
    close();
    pass = new CompactionPass(log, plan, options);
    options.listener().passBegun(plan);
  }

  /** Whether no pass is under way. */
  synchronized boolean isIdle() {
    return pass == null;
  }

  /**
   * What a step has done.
   *
   * @param bytes how many bytes were read and written
   * @param result of the pass, if it is over and done
   */
  record Step(long bytes, @Nullable CompactionResult result) {}

  /** Goes on with the pass that is under way. If the log has changed, it is given up. */
  synchronized Step step() {
    CompactionPass current = pass;
    if (current == null) {
      return new Step(0, null);
    }
    boolean goesOn = false;
    try {
      long bytes = current.step(STEP_BYTES);
      tell(current.progress());
      if (!current.isDone()) {
        goesOn = true;
        return new Step(bytes, null);
      }
      CompactionResult result = current.finish(clock.time(), firstUnlearnt);
      learntTo = result.endOffset();
      keptTo = log.rewriter().firstDirtyOffset();
      lastResult = result;
      options.listener().passEnded(result);
      return new Step(bytes, result);
    } catch (LogChangedException | OffsetOutOfRangeException e) {
      return new Step(0, null); // the start has moved, or the log was truncated
    } catch (CorruptLogException e) {
      setAside(current, e.firstOffset(), e);
    } catch (InvalidBatchException | CodecUnavailableException e) {
      setAside(current, -1, e);
    } finally {
      if (!goesOn) {
        close();
      }
    }
    return new Step(0, null);
  }

  private void tell(CompactionProgress now) {
    progress = now;
    options.listener().passProgress(now);
  }

  /**
   * Leaves out the segment that holds an offset from now on, or the one that is being read if it is
   * not known where the fault is; or throws what is the matter if that is not known either.
   */
  @GuardedBy("this")
  private void setAside(CompactionPass current, long offset, RuntimeException e) {
    SegmentInfo found = offset < 0 ? current.current() : holding(current, offset);
    if (found == null || setAside.containsKey(found.baseOffset())) {
      throw e;
    }
    String reason = String.valueOf(e.getMessage());
    if (found.endOffset() > current.plan().firstDirtyOffset()) {
      firstUnlearnt = Math.min(firstUnlearnt, found.baseOffset());
    }
    setAside.put(found.baseOffset(), reason);
    options.listener().segmentSetAside(logName(), found.baseOffset(), reason);
  }

  private static @Nullable SegmentInfo holding(CompactionPass current, long offset) {
    for (SegmentInfo segment : current.plan().log().segments()) {
      if (offset >= segment.baseOffset() && offset < segment.endOffset()) {
        return segment;
      }
    }
    return null;
  }

  /** Gives up the pass that is under way, if one is. */
  @Override
  public synchronized void close() {
    if (pass != null) {
      pass.close();
      pass = null;
      progress = null;
    }
  }
}
