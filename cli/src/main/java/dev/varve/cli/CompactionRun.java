package dev.varve.cli;

import dev.varve.compaction.CompactionConfig;
import dev.varve.compaction.CompactionFacts;
import dev.varve.compaction.CompactionListener;
import dev.varve.compaction.CompactionPlan;
import dev.varve.compaction.CompactionProgress;
import dev.varve.compaction.CompactionResult;
import dev.varve.compaction.CompactorOptions;
import dev.varve.compaction.LogCompaction;
import dev.varve.log.CommitLog;
import dev.varve.log.SegmentInfo;
import dev.varve.log.error.DiskFullException;
import dev.varve.log.error.LogException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.SystemEpochClock;
import org.jspecify.annotations.Nullable;

/**
 * Compacts a log that nobody else has open, all of it: its last segment is ended before, if that
 * can be compacted then.
 *
 * <p>Thread safety: for one thread.
 */
final class CompactionRun {
  private static final long SETTLE_PAUSE_NANOS = 1_000_000;

  /** Files of one segment are put in order within milliseconds; this is a disk that hangs. */
  private static final int SETTLE_PAUSES_MAX = 60_000;

  private final Streams streams;
  private final Settings settings;

  /**
   * How to compact.
   *
   * @param config by what rules
   * @param keyMapBytes the memory for keys
   * @param fromStart whether to go over what was compacted before, too
   */
  record Settings(CompactionConfig config, long keyMapBytes, boolean fromStart) {}

  CompactionRun(Streams streams, Settings settings) {
    this.streams = streams;
    this.settings = settings;
  }

  /** What would be done with a log, or is to be done. */
  CompactionPlan plan(CompactionFacts facts) {
    CompactionFacts from =
        settings.fromStart ? facts.withFirstDirtyOffset(facts.offsets().startOffset()) : facts;
    CompactionPlan plan = CompactionPlan.of(withLastSegmentEnded(from), settings.config);
    boolean isToBeEnded = plan.cleanableEndOffset() == facts.offsets().endOffset();
    return isToBeEnded ? plan : withLastSegmentLeft(plan, from);
  }

  /** The same with the reason why the last segment is not worth to be ended. */
  private static CompactionPlan withLastSegmentLeft(CompactionPlan plan, CompactionFacts facts) {
    return new CompactionPlan(
        facts,
        plan.config(),
        plan.firstDirtyOffset(),
        plan.cleanableEndOffset(),
        plan.cleanBytes(),
        plan.cleanableBytes(),
        plan.overdueMillis(),
        plan.verdicts().subList(0, facts.segments().size()),
        plan.heldBackBy());
  }

  private static CompactionFacts withLastSegmentEnded(CompactionFacts facts) {
    SegmentInfo last = facts.segments().getLast();
    if (last.sizeBytes() == 0) {
      return facts;
    }
    long end = facts.offsets().endOffset();
    List<SegmentInfo> segments = new ArrayList<>(facts.segments());
    segments.set(
        segments.size() - 1,
        new SegmentInfo(
            last.baseOffset(),
            end,
            last.sizeBytes(),
            false,
            last.timestampMax(),
            last.lastModifiedMillis()));
    segments.add(new SegmentInfo(end, end, 0, true, -1, facts.nowMillis()));
    return new CompactionFacts(
        facts.name(),
        facts.offsets(),
        segments,
        facts.keptFirstDirtyOffset(),
        facts.firstTimestamps(),
        facts.indexBytes(),
        facts.setAside(),
        Long.MAX_VALUE,
        facts.nowMillis());
  }

  /**
   * Does it.
   *
   * @param background does work of the background; the embedder of the log has to
   * @param goesOn asked now and then whether to go on
   */
  CompactionReport compact(CommitLog log, Runnable background, BooleanSupplier goesOn) {
    try (Watch watch = new Watch()) {
      CompactorOptions options =
          CompactorOptions.builder().keyMapBytes(settings.keyMapBytes).listener(watch).build();
      try (LogCompaction compaction =
          new LogCompaction(log, settings.config, options, SystemEpochClock.INSTANCE)) {
        CompactionPlan plan = plan(compaction.facts());
        if (plan.cleanableEndOffset() > log.segments().getLast().baseOffset()) {
          endLastSegment(log, background);
        }
        List<SegmentInfo> before = log.segments();
        LogException failure = null;
        try {
          run(compaction, watch, goesOn);
        } catch (LogException e) {
          failure = e;
        }
        return new CompactionReport(
            plan,
            before,
            log.segments(),
            watch.passes,
            watch.setAside,
            !goesOn.getAsBoolean(),
            failure);
      }
    }
  }

  private void run(LogCompaction compaction, Watch watch, BooleanSupplier goesOn) {
    if (settings.fromStart) {
      compaction.runFromStart(goesOn);
    } else {
      compaction.run(goesOn);
    }
    boolean marked = !watch.passes.isEmpty() && watch.passes.getLast().stats().tombstonesKept() > 0;
    if (marked && settings.config.deleteRetentionMillis() == 0) {
      compaction.runFromStart(goesOn); // takes what has got its delete horizon by now
    }
  }

  /** On a full disk it stays; the others make room. */
  private static void endLastSegment(CommitLog log, Runnable background) {
    try {
      log.roll();
    } catch (DiskFullException e) {
      return;
    }
    long end = log.segments().getLast().baseOffset();
    for (int i = 0; i < SETTLE_PAUSES_MAX && log.rewriter().settledEndOffset() < end; i++) {
      background.run();
      LockSupport.parkNanos(SETTLE_PAUSE_NANOS);
    }
  }

  /** Shows how far it is, and takes note of what was done. */
  private final class Watch implements CompactionListener, AutoCloseable {
    final List<CompactionResult> passes = new ArrayList<>();
    final SortedMap<Long, String> setAside = new TreeMap<>();
    private @Nullable ProgressLine line;
    private CompactionProgress.@Nullable Phase phase;

    @Override
    public void passProgress(CompactionProgress progress) {
      ProgressLine shown = line;
      if (shown == null || progress.phase() != phase) {
        close();
        phase = progress.phase();
        shown = ProgressLine.ofBytes(streams, phase.name().toLowerCase(Locale.ROOT));
        line = shown;
      }
      shown.update(progress.doneBytes(), progress.totalBytes());
    }

    @Override
    public void segmentSetAside(String log, long baseOffset, String reason) {
      close();
      setAside.put(baseOffset, reason);
      streams.warn("segment " + baseOffset + " is set aside: " + reason);
    }

    @Override
    public void passEnded(CompactionResult result) {
      close();
      passes.add(result);
    }

    @Override
    public void close() {
      ProgressLine shown = line;
      if (shown != null) {
        shown.close();
        line = null;
      }
    }
  }
}
