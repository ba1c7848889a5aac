package dev.varve.retention;

import dev.varve.log.LogOffsets;
import dev.varve.log.SegmentInfo;
import java.util.ArrayList;
import java.util.List;

/**
 * Facts of logs in few words. Each segment has ten offsets, and the last one takes appends:
 *
 * <pre>
 *   Facts.of("100B@-5 200B@none/-7 0B@none")
 *     [0, 10)   100 bytes, largest timestamp 5 ms before now, file modified now
 *     [10, 20)  200 bytes, no timestamps, file modified 7 ms before now
 *     [20, 20)  empty
 * </pre>
 */
final class Facts {
  static final long NOW = 1_700_000_000_000L;
  static final int SEGMENT_OFFSETS = 10;

  private Facts() {}

  static LogFacts of(String segments) {
    return of("log", segments);
  }

  static LogFacts of(String name, String segments) {
    String[] words = segments.strip().split("\\s+", -1);
    List<SegmentInfo> infos = new ArrayList<>();
    for (int i = 0; i < words.length; i++) {
      infos.add(segment(i, words[i], i == words.length - 1));
    }
    return log(name, infos);
  }

  static LogFacts log(String name, List<SegmentInfo> segments) {
    long end = segments.getLast().endOffset();
    LogOffsets offsets = new LogOffsets(segments.getFirst().baseOffset(), end, end, end, end);
    return new LogFacts(name, offsets, segments, List.of(), NOW);
  }

  private static SegmentInfo segment(int index, String word, boolean active) {
    String[] sizeAndTimes = word.split("B@", -1);
    String[] times = sizeAndTimes[1].split("/", -1);
    long bytes = Long.parseLong(sizeAndTimes[0]);
    long base = (long) index * SEGMENT_OFFSETS;
    return new SegmentInfo(
        base,
        active && bytes == 0 ? base : base + SEGMENT_OFFSETS,
        bytes,
        active,
        times[0].equals("none") ? -1 : NOW + Long.parseLong(times[0]),
        times.length == 1 ? NOW : NOW + Long.parseLong(times[1]));
  }

  static LogFacts withStart(LogFacts facts, long start) {
    long end = facts.offsets().endOffset();
    return withOffsets(facts, new LogOffsets(start, end, end, end, end));
  }

  static LogFacts withHighWatermark(LogFacts facts, long highWatermark) {
    long end = facts.offsets().endOffset();
    long start = facts.offsets().startOffset();
    return withOffsets(facts, new LogOffsets(start, end, highWatermark, end, end));
  }

  private static LogFacts withOffsets(LogFacts facts, LogOffsets offsets) {
    return new LogFacts(
        facts.name(), offsets, facts.segments(), facts.readers(), facts.nowMillis());
  }
}
