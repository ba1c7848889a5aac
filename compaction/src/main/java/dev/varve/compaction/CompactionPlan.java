package dev.varve.compaction;

import dev.varve.compaction.SegmentVerdict.State;
import dev.varve.log.SegmentInfo;
import java.util.List;
import java.util.Locale;

/**
 * Whether a log is due to be compacted, how far, and why: an explanation first, which then can be
 * carried out. A pure function of {@link CompactionFacts} and {@link CompactionConfig}, by the
 * rules of Kafka's cleaner. Immutable.
 *
 * @param log what it was made of
 * @param config by what rules
 * @param firstDirtyOffset from where on keys were not seen by earlier passes
 * @param cleanableEndOffset where a pass ends at the latest: the base of a segment
 * @param cleanBytes the bytes of the segments before the first dirty one
 * @param cleanableBytes the bytes of the segments that are dirty and may be compacted
 * @param overdueMillis for how long {@code max.compaction.lag.ms} has passed for what is dirty; 0
 *     if it has not
 * @param verdicts what each segment is to the pass, oldest first
 * @param heldBackBy what keeps a pass from going further
 */
public record CompactionPlan(
    CompactionFacts log,
    CompactionConfig config,
    long firstDirtyOffset,
    long cleanableEndOffset,
    long cleanBytes,
    long cleanableBytes,
    long overdueMillis,
    List<SegmentVerdict> verdicts,
    String heldBackBy) {

  /** Copies the list. */
  public CompactionPlan {
    verdicts = List.copyOf(verdicts);
  }

  /** Makes the plan for a log. */
  public static CompactionPlan of(CompactionFacts log, CompactionConfig config) {
    CleanableRange range = CleanableRange.of(log, config);
    List<SegmentVerdict> verdicts =
        log.segments().stream().map(segment -> range.verdict(segment, log)).toList();
    return new CompactionPlan(
        log,
        config,
        range.firstDirtyOffset(),
        range.endOffset(),
        bytes(verdicts, State.CLEAN),
        bytes(verdicts, State.DIRTY),
        overdueMillis(range, log, config),
        verdicts,
        "from offset " + range.endOffset() + " on: " + range.bound().reason());
  }

  private static long bytes(List<SegmentVerdict> verdicts, State state) {
    return verdicts.stream()
        .filter(verdict -> verdict.state() == state)
        .mapToLong(verdict -> verdict.segment().sizeBytes())
        .sum();
  }

  /** As in Kafka, also what is held back counts, and timestamp 0 as well as none does not. */
  private static long overdueMillis(
      CleanableRange range, CompactionFacts log, CompactionConfig config) {
    long earliest = Long.MAX_VALUE;
    for (SegmentInfo segment : log.segments()) {
      boolean dirty = !segment.active() && segment.endOffset() > range.firstDirtyOffset();
      Long timestamp = log.firstTimestamps().get(segment.baseOffset());
      if (dirty && !log.isSetAside(segment) && timestamp != null && timestamp > 0) {
        earliest = Math.min(earliest, timestamp);
      }
    }
    long latest = log.nowMillis() - config.maxCompactionLagMillis();
    return earliest < latest ? latest - earliest : 0;
  }

  /**
   * The part of the bytes that a pass could compact which no pass has, 0 to 1. Segments that are
   * held back or set aside do not count.
   */
  public double dirtyRatio() {
    long total = cleanBytes + cleanableBytes;
    return total == 0 ? 0 : (double) cleanableBytes / total;
  }

  /** Whether {@code max.compaction.lag.ms} wants a pass, whatever the ratio is. */
  public boolean isOverdue() {
    return overdueMillis > 0 && cleanableBytes > 0;
  }

  /** Whether there should be a pass now. */
  public boolean isDue() {
    return config.isCompacted() && (isOverdue() || dirtyRatio() > config.minCleanableDirtyRatio());
  }

  /**
   * The segments that become one each, oldest first, when the pass has come to the end of what can
   * be compacted.
   */
  public List<SegmentGroup> groups() {
    return groups(cleanableEndOffset);
  }

  /**
   * The segments that become one each, oldest first.
   *
   * @param endOffset how far keys were learnt, at most {@link #cleanableEndOffset()}; the segment
   *     that it lies in is compacted too, of which the rest stays
   */
  public List<SegmentGroup> groups(long endOffset) {
    long end = Math.min(endOffset, cleanableEndOffset);
    List<SegmentInfo> segments =
        log.segments().stream()
            .filter(segment -> !segment.active() && segment.baseOffset() < end)
            .toList();
    return SegmentGroup.of(segments, log, config);
  }

  /** Why the log is due, or not, with the numbers that were compared. */
  public String reason() {
    if (!config.isCompacted()) {
      return CompactionConfig.CLEANUP_POLICY + ": it is not to compact";
    }
    if (cleanableBytes == 0) {
      return "nothing is dirty that could be compacted; held back " + heldBackBy;
    }
    if (isOverdue()) {
      return String.format(
          Locale.ROOT,
          "%s: the oldest dirty batch is %,d ms old, %,d ms more than %,d ms",
          CompactionConfig.MAX_COMPACTION_LAG_MS,
          config.maxCompactionLagMillis() + overdueMillis,
          overdueMillis,
          config.maxCompactionLagMillis());
    }
    return String.format(
        Locale.ROOT,
        "%s: %,d of %,d bytes are dirty, %.4f, %s than %s",
        CompactionConfig.MIN_CLEANABLE_DIRTY_RATIO,
        cleanableBytes,
        cleanBytes + cleanableBytes,
        dirtyRatio(),
        isDue() ? "more" : "not more",
        config.minCleanableDirtyRatio());
  }

  /** The plan in words: whether the log is due and why, each segment, what holds the pass back. */
  public String explain() {
    StringBuilder text = new StringBuilder();
    text.append(log.name()).append(isDue() ? " is due: " : " is not due: ").append(reason());
    for (SegmentVerdict verdict : verdicts) {
      text.append(String.format(Locale.ROOT, "%n  %s", verdict));
    }
    return text.append(String.format(Locale.ROOT, "%n  held back %s", heldBackBy)).toString();
  }
}
