package dev.varve.retention;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOffsets;
import dev.varve.log.SegmentInfo;
import java.util.List;

/**
 * What retention knows of a log when it decides. Immutable.
 *
 * @param name tells the log from others, in explanations
 * @param offsets how far it reaches
 * @param segments its segments, oldest first; the last one takes appends
 * @param readers how far its named readers have come
 * @param nowMillis the time of the decision, in milliseconds since the epoch
 */
public record LogFacts(
    String name,
    LogOffsets offsets,
    List<SegmentInfo> segments,
    List<ReaderPosition> readers,
    long nowMillis) {

  /** Copies the lists. */
  public LogFacts {
    segments = List.copyOf(segments);
    readers = List.copyOf(readers);
  }

  /**
   * Looks at a log. What is appended meanwhile lies above the high watermark of these facts, so
   * that no decision touches it.
   *
   * @throws dev.varve.log.error.LogIOException if a file of the log cannot be read
   */
  public static LogFacts of(CommitLog log, List<ReaderPosition> readers, long nowMillis) {
    LogOffsets offsets = log.offsets(); // first: a segment that has grown since is not given up
    return new LogFacts(log.directory().toString(), offsets, log.segments(), readers, nowMillis);
  }

  /** The same log with other knowledge of its readers. */
  public LogFacts withReaders(List<ReaderPosition> others) {
    return new LogFacts(name, offsets, segments, others, nowMillis);
  }

  /** The bytes of all batches. */
  public long sizeBytes() {
    return sizeBytesFrom(0);
  }

  /** The bytes of the batches in a segment and in all behind it. */
  long sizeBytesFrom(int index) {
    long bytes = 0;
    for (SegmentInfo segment : segments.subList(index, segments.size())) {
      bytes += segment.sizeBytes();
    }
    return bytes;
  }

  /** The bytes of the segments in which something lies at or behind an offset. */
  long sizeBytesHeldBy(long offset) {
    long bytes = 0;
    for (SegmentInfo segment : segments) {
      if (segment.endOffset() > offset) {
        bytes += segment.sizeBytes();
      }
    }
    return bytes;
  }
}
