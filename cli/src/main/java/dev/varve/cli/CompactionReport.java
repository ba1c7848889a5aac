package dev.varve.cli;

import dev.varve.compaction.CompactionPlan;
import dev.varve.compaction.CompactionResult;
import dev.varve.log.SegmentInfo;
import dev.varve.log.error.LogException;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What became of a log that was compacted.
 *
 * @param plan what was to be done
 * @param before the segments before it, the active one among them
 * @param after the segments after it
 * @param passes what was done, as far as passes came to their end
 * @param setAside why segments could not be read, by base offset
 * @param interrupted whether it was told to stop
 * @param failure why it stopped; null if it did not
 */
record CompactionReport(
    CompactionPlan plan,
    List<SegmentInfo> before,
    List<SegmentInfo> after,
    List<CompactionResult> passes,
    SortedMap<Long, String> setAside,
    boolean interrupted,
    @Nullable LogException failure) {

  /** Copies the collections. */
  CompactionReport {
    before = List.copyOf(before);
    after = List.copyOf(after);
    passes = List.copyOf(passes);
    setAside = new TreeMap<>(setAside);
  }

  /** Whether all was done that was to be done. */
  boolean isComplete() {
    return !interrupted && failure == null;
  }

  /** Up to where the log is compacted, or was to be. */
  long endOffset() {
    return isComplete() && !passes.isEmpty()
        ? passes.getLast().endOffset()
        : plan.cleanableEndOffset();
  }

  /** How many segments there were below the {@link #endOffset}. */
  int segmentsBefore() {
    return below(before).size();
  }

  /** How many segments there are below the {@link #endOffset}. */
  int segmentsAfter() {
    return below(after).size();
  }

  /** How many bytes they had. */
  long bytesBefore() {
    return bytes(below(before));
  }

  /** How many bytes they have. */
  long bytesAfter() {
    return bytes(below(after));
  }

  private List<SegmentInfo> below(List<SegmentInfo> segments) {
    return segments.stream()
        .filter(segment -> !segment.active() && segment.baseOffset() < endOffset())
        .toList();
  }

  private static long bytes(List<SegmentInfo> segments) {
    return segments.stream().mapToLong(SegmentInfo::sizeBytes).sum();
  }

  /** The records that were gone through, control records included, each once. */
  long recordsBefore() {
    return recordsAfter() + sum(pass -> pass.stats().recordsRead() - pass.stats().recordsKept());
  }

  /** What is left of them. */
  long recordsAfter() {
    return passes.isEmpty() ? 0 : passes.getLast().stats().recordsKept();
  }

  /** How many of the records before were tombstones. */
  long tombstonesBefore() {
    return tombstonesAfter()
        + sum(pass -> pass.stats().tombstonesRead() - pass.stats().tombstonesKept());
  }

  /** How many of the records after are. */
  long tombstonesAfter() {
    return passes.isEmpty() ? 0 : passes.getLast().stats().tombstonesKept();
  }

  /** The records without a key, which are gone. */
  long keylessRecords() {
    return sum(pass -> pass.stats().keylessRecords());
  }

  /** The most keys that a pass had to remember. */
  long keysMax() {
    return passes.stream().mapToLong(CompactionResult::keys).max().orElse(0);
  }

  /** How long the passes took, in milliseconds. */
  long durationMillis() {
    return sum(CompactionResult::durationMillis);
  }

  private long sum(ToLongFunction<CompactionResult> part) {
    return passes.stream().mapToLong(part).sum();
  }
}
