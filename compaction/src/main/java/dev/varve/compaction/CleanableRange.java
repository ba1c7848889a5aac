package dev.varve.compaction;

import dev.varve.log.LogOffsets;
import dev.varve.log.SegmentInfo;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Which offsets of a log are dirty and may be compacted now, by the rules of Kafka's cleaner.
 *
 * <pre>
 *   segments     [0, 100)  [100, 200)  [200, 300)  [300, 400)  [400, active
 *   kept         first dirty offset 200
 *   undecided    a transaction begins at 350
 *   result       clean     clean       dirty       held back   held back
 *                                      firstDirty  end
 *                                      = 200       = 300, as 350 is rounded down
 * </pre>
 *
 * @param firstDirtyOffset from where on keys were not seen by earlier passes
 * @param firstDirtyReason why there
 * @param endOffset where the pass ends: the base of a segment, or of the active one
 * @param bound what keeps the pass from going further
 */
record CleanableRange(long firstDirtyOffset, String firstDirtyReason, long endOffset, Bound bound) {

  /**
   * An offset that a pass may not go beyond.
   *
   * @param offset exclusive
   * @param reason why, in words
   */
  record Bound(long offset, String reason) {}

  static CleanableRange of(CompactionFacts log, CompactionConfig config) {
    LogOffsets offsets = log.offsets();
    long start = offsets.startOffset();
    long kept = log.keptFirstDirtyOffset().orElse(-1);
    if (log.keptFirstDirtyOffset().isEmpty()) {
      return from(start, "the log was never compacted", log, config);
    }
    if (kept < start) {
      return from(start, "the log starts there, above the kept " + kept, log, config);
    }
    if (kept > offsets.endOffset()) {
      String reason = "the kept " + kept + " is beyond the end " + offsets.endOffset();
      return from(start, reason + ", so all is dirty", log, config);
    }
    return from(kept, "the last pass ended there", log, config);
  }

  private static CleanableRange from(
      long firstDirty, String reason, CompactionFacts log, CompactionConfig config) {
    Bound bound =
        Collections.min(bounds(firstDirty, log, config), Comparator.comparingLong(Bound::offset));
    long end = Math.max(firstDirty, bound.offset());
    return new CleanableRange(firstDirty, reason, baseAtOrBelow(end, log), bound);
  }

  /** In the order in which they are named where several are the same. */
  private static List<Bound> bounds(long firstDirty, CompactionFacts log, CompactionConfig config) {
    List<Bound> bounds = new ArrayList<>();
    bounds.add(new Bound(log.active().baseOffset(), "the active segment takes appends"));
    long stable = log.offsets().lastStableOffset();
    bounds.add(new Bound(stable, "last stable offset " + stable + ", all behind is undecided"));
    long high = log.offsets().highWatermark();
    bounds.add(new Bound(high, "high watermark " + high + ", all behind may be truncated"));
    if (config.minCompactionLagMillis() > 0) {
      firstYoung(firstDirty, log, config, bounds);
    }
    return bounds;
  }

  private static void firstYoung(
      long firstDirty, CompactionFacts log, CompactionConfig config, List<Bound> bounds) {
    long lagMillis = config.minCompactionLagMillis();
    for (SegmentInfo segment : log.segments()) {
      if (segment.active() || segment.endOffset() <= firstDirty) {
        continue;
      }
      long newest = newestMillis(segment);
      if (newest > log.nowMillis() - lagMillis) {
        String reason =
            String.format(
                Locale.ROOT,
                "%s: %s is of %s, %,d ms ago, less than %,d ms",
                CompactionConfig.MIN_COMPACTION_LAG_MS,
                segment.timestampMax() < 0 ? "the file" : "the newest record",
                Instant.ofEpochMilli(newest),
                log.nowMillis() - newest,
                lagMillis);
        bounds.add(new Bound(segment.baseOffset(), reason));
        return;
      }
    }
  }

  /** As in Kafka, a segment without timestamps is as old as its file. */
  private static long newestMillis(SegmentInfo segment) {
    return segment.timestampMax() >= 0 ? segment.timestampMax() : segment.lastModifiedMillis();
  }

  private static long baseAtOrBelow(long offset, CompactionFacts log) {
    long base = log.segments().getFirst().baseOffset();
    for (SegmentInfo segment : log.segments()) {
      if (segment.baseOffset() <= offset) {
        base = segment.baseOffset();
      }
    }
    return base;
  }

  /** What a pass makes of a segment. */
  SegmentVerdict verdict(SegmentInfo segment, CompactionFacts log) {
    if (segment.active()) {
      return new SegmentVerdict(segment, SegmentVerdict.State.HELD_BACK, "it takes appends");
    }
    if (log.isSetAside(segment)) {
      return new SegmentVerdict(segment, SegmentVerdict.State.SET_ASIDE, log.setAside(segment));
    }
    if (segment.endOffset() <= firstDirtyOffset) {
      String reason = "compacted up to offset " + firstDirtyOffset;
      return new SegmentVerdict(segment, SegmentVerdict.State.CLEAN, reason);
    }
    if (segment.baseOffset() >= endOffset) {
      return new SegmentVerdict(segment, SegmentVerdict.State.HELD_BACK, bound.reason());
    }
    String reason = "dirty from offset " + Math.max(firstDirtyOffset, segment.baseOffset()) + " on";
    return new SegmentVerdict(segment, SegmentVerdict.State.DIRTY, reason);
  }
}
