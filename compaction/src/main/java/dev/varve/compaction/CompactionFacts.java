package dev.varve.compaction;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOffsets;
import dev.varve.log.SegmentInfo;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What compaction knows of a log when it plans. Immutable. Segments are named by their base offset.
 *
 * @param name tells the log from others, in explanations
 * @param offsets how far it reaches
 * @param segments its segments, oldest first; the last one takes appends
 * @param keptFirstDirtyOffset where the last pass ended, if that is known
 * @param firstTimestamps the largest timestamp of the first batch of a segment, in milliseconds
 *     since the epoch, of those that were looked at; others make no log overdue
 * @param indexBytes how large indexes are, of the segments of which that is known; others count as
 *     having none
 * @param setAside why a segment cannot be read, of those that cannot
 * @param settledEndOffset the base offset of the first segment whose files are still to be put in
 *     order, which cannot be replaced yet
 * @param nowMillis the time of the decision, in milliseconds since the epoch
 */
public record CompactionFacts(
    String name,
    LogOffsets offsets,
    List<SegmentInfo> segments,
    OptionalLong keptFirstDirtyOffset,
    Map<Long, Long> firstTimestamps,
    Map<Long, IndexBytes> indexBytes,
    Map<Long, String> setAside,
    long settledEndOffset,
    long nowMillis) {

  /**
   * How large the indexes of a segment are.
   *
   * @param offsetIndexBytes the entries of its {@code .index}
   * @param timeIndexBytes the entries of its {@code .timeindex}
   */
  public record IndexBytes(long offsetIndexBytes, long timeIndexBytes) {
    static final IndexBytes NONE = new IndexBytes(0, 0);
  }

  /**
   * Copies the collections.
   *
   * @throws IllegalArgumentException if there is no segment
   */
  public CompactionFacts {
    segments = List.copyOf(segments);
    firstTimestamps = Map.copyOf(firstTimestamps);
    indexBytes = Map.copyOf(indexBytes);
    setAside = Map.copyOf(setAside);
    if (segments.isEmpty()) {
      throw new IllegalArgumentException("found no segments, expected one that takes appends");
    }
  }

  /** A log that was never compacted, and of which no more is known. */
  public static CompactionFacts of(
      String name, LogOffsets offsets, List<SegmentInfo> segments, long nowMillis) {
    return new CompactionFacts(
        name,
        offsets,
        segments,
        OptionalLong.empty(),
        Map.of(),
        Map.of(),
        Map.of(),
        Long.MAX_VALUE,
        nowMillis);
  }

  /**
   * Looks at a log. What is appended meanwhile lies above the high watermark of these facts, so
   * that no pass touches it.
   *
   * @throws dev.varve.log.error.LogIOException if a file of the log cannot be read
   */
  public static CompactionFacts of(CommitLog log, long nowMillis) {
    LogOffsets offsets = log.offsets(); // first: what is appended since is above them
    long settledEnd = log.rewriter().settledEndOffset();
    return of(log.directory().toString(), offsets, log.segments(), nowMillis)
        .withSettledEndOffset(settledEnd);
  }

  /** The same log of which it is known how far its files are in order. */
  public CompactionFacts withSettledEndOffset(long offset) {
    return new CompactionFacts(
        name,
        offsets,
        segments,
        keptFirstDirtyOffset,
        firstTimestamps,
        indexBytes,
        setAside,
        offset,
        nowMillis);
  }

  /** The same log of which it is known where the last pass ended. */
  public CompactionFacts withFirstDirtyOffset(long offset) {
    return new CompactionFacts(
        name,
        offsets,
        segments,
        OptionalLong.of(offset),
        firstTimestamps,
        indexBytes,
        setAside,
        settledEndOffset,
        nowMillis);
  }

  /**
   * The same log of which it is known how old segments are; only asked for when {@link
   * CompactionConfig#hasMaxCompactionLag()}.
   */
  public CompactionFacts withFirstTimestamps(Map<Long, Long> millisByBase) {
    return new CompactionFacts(
        name,
        offsets,
        segments,
        keptFirstDirtyOffset,
        millisByBase,
        indexBytes,
        setAside,
        settledEndOffset,
        nowMillis);
  }

  /** The same log of which it is known how large indexes are. */
  public CompactionFacts withIndexBytes(Map<Long, IndexBytes> bytesByBase) {
    return new CompactionFacts(
        name,
        offsets,
        segments,
        keptFirstDirtyOffset,
        firstTimestamps,
        bytesByBase,
        setAside,
        settledEndOffset,
        nowMillis);
  }

  /** The same log of which it is known which segments cannot be read, and why. */
  public CompactionFacts withSetAside(Map<Long, String> reasonByBase) {
    return new CompactionFacts(
        name,
        offsets,
        segments,
        keptFirstDirtyOffset,
        firstTimestamps,
        indexBytes,
        reasonByBase,
        settledEndOffset,
        nowMillis);
  }

  /** The segment that takes appends. */
  SegmentInfo active() {
    return segments.getLast();
  }

  /** Why a segment cannot be read; empty if it can, as far as is known. */
  String setAside(SegmentInfo segment) {
    return setAside.getOrDefault(segment.baseOffset(), "");
  }

  boolean isSetAside(SegmentInfo segment) {
    return setAside.containsKey(segment.baseOffset());
  }

  IndexBytes indexBytes(SegmentInfo segment) {
    return indexBytes.getOrDefault(segment.baseOffset(), IndexBytes.NONE);
  }
}
