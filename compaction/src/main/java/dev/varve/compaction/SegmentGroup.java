package dev.varve.compaction;

import dev.varve.compaction.CompactionFacts.IndexBytes;
import dev.varve.log.SegmentInfo;
import java.util.ArrayList;
import java.util.List;

/**
 * Neighbouring segments that are compacted together, into one that has the base offset of the
 * first. Immutable.
 *
 * @param segments one or more, oldest first
 */
public record SegmentGroup(List<SegmentInfo> segments) {

  /** Offsets in a segment are counted from its base in 31 bits. */
  private static final long REACH_MAX = Integer.MAX_VALUE;

  /** Copies the list. */
  public SegmentGroup {
    segments = List.copyOf(segments);
  }

  /** The base offset of the first segment. */
  public long baseOffset() {
    return segments.getFirst().baseOffset();
  }

  /** The offset behind the last segment. */
  public long endOffset() {
    return segments.getLast().endOffset();
  }

  /** The bytes of all batches, before they are compacted. */
  public long sizeBytes() {
    return segments.stream().mapToLong(SegmentInfo::sizeBytes).sum();
  }

  /**
   * Groups segments as Kafka's cleaner does: each takes up as many as the limits allow for what
   * they are before they are compacted. One that was set aside is in none, and ends one.
   */
  static List<SegmentGroup> of(
      List<SegmentInfo> segments, CompactionFacts log, CompactionConfig config) {
    Grouping grouping = new Grouping(log, config);
    segments.forEach(grouping::take);
    return grouping.groups();
  }

  /** The groups so far, and the sums over the one that is not finished. */
  private static final class Grouping {
    private final CompactionFacts log;
    private final CompactionConfig config;
    private final List<SegmentGroup> finished = new ArrayList<>();
    private final List<SegmentInfo> group = new ArrayList<>();
    private long sizeBytes;
    private long offsetIndexBytes;
    private long timeIndexBytes;

    Grouping(CompactionFacts log, CompactionConfig config) {
      this.log = log;
      this.config = config;
    }

    void take(SegmentInfo segment) {
      boolean setAside = log.isSetAside(segment);
      if (setAside || !hasRoomFor(segment)) {
        finish();
      }
      if (!setAside) {
        IndexBytes indexes = log.indexBytes(segment);
        group.add(segment);
        sizeBytes += segment.sizeBytes();
        offsetIndexBytes += indexes.offsetIndexBytes();
        timeIndexBytes += indexes.timeIndexBytes();
      }
    }

    private boolean hasRoomFor(SegmentInfo next) {
      IndexBytes indexes = log.indexBytes(next);
      return group.isEmpty()
          || (sizeBytes + next.sizeBytes() <= config.segmentBytesMax()
              && offsetIndexBytes + indexes.offsetIndexBytes() <= config.indexBytesMax()
              && timeIndexBytes + indexes.timeIndexBytes() <= config.indexBytesMax()
              && (next.sizeBytes() == 0 || reachOf(next) <= REACH_MAX));
    }

    private long reachOf(SegmentInfo next) {
      return next.endOffset() - 1 - group.getFirst().baseOffset();
    }

    private void finish() {
      if (!group.isEmpty()) {
        finished.add(new SegmentGroup(group));
        group.clear();
        sizeBytes = 0;
        offsetIndexBytes = 0;
        timeIndexBytes = 0;
      }
    }

    List<SegmentGroup> groups() {
      finish();
      return List.copyOf(finished);
    }
  }
}
