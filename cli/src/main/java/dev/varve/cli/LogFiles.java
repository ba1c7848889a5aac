package dev.varve.cli;

import dev.varve.compaction.CompactionConfig;
import dev.varve.compaction.CompactionFacts;
import dev.varve.compaction.CompactionPlan;
import dev.varve.log.LogOffsets;
import dev.varve.log.SegmentInfo;
import dev.varve.log.error.CorruptLogException;
import dev.varve.log.inspect.DirectoryReader;
import dev.varve.log.inspect.LogDirectory;
import dev.varve.log.inspect.LogSummary;
import dev.varve.log.inspect.SegmentSummary;
import dev.varve.retention.LogFacts;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.SystemEpochClock;

/** What can be said of a log by its files, without a lock, and without putting it in order. */
final class LogFiles {
  private LogFiles() {}

  /** The time, as the commands have it. */
  static long now() {
    return SystemEpochClock.INSTANCE.time();
  }

  /**
   * What retention has to know of a log.
   *
   * @param notedStart where the log begins at the least, as its data directory has noted it
   */
  static LogFacts facts(Path directory, long notedStart) throws IOException {
    LogSummary summary = LogSummary.of(directory, _ -> {});
    long start = Math.max(summary.directory().startOffset(), notedStart);
    long end = Math.max(start, summary.endOffset());
    long kept = summary.directory().highWatermark();
    long highWatermark = kept < 0 ? end : Math.clamp(kept, start, end);
    LogOffsets offsets = new LogOffsets(start, end, highWatermark, start, end);
    return new LogFacts(directory.toString(), offsets, segments(summary), List.of(), now());
  }

  private static List<SegmentInfo> segments(LogSummary summary) throws IOException {
    List<SegmentSummary> found = summary.segments();
    List<SegmentInfo> segments = new ArrayList<>();
    for (int i = 0; i < found.size(); i++) {
      SegmentSummary segment = found.get(i);
      boolean last = i == found.size() - 1;
      segments.add(
          new SegmentInfo(
              segment.baseOffset(),
              last ? summary.endOffset() : found.get(i + 1).baseOffset(),
              segment.sizeBytes(),
              last,
              segment.timestampMax(),
              Files.getLastModifiedTime(summary.directory().log(segment.baseOffset())).toMillis()));
    }
    return segments;
  }

  /**
   * What compaction has to know of a log.
   *
   * @param summary of the log, which has a segment
   * @param notedStart where the log begins at the least, as its data directory has noted it
   * @param notedFirstDirty how far it was compacted at the least, as its data directory has noted
   *     it; -1 if it has not
   * @param config what is asked for
   */
  static CompactionFacts compactionFacts(
      LogSummary summary, long notedStart, long notedFirstDirty, CompactionConfig config)
      throws IOException {
    LogDirectory files = summary.directory();
    long start = Math.max(files.startOffset(), notedStart);
    long end = Math.max(start, summary.endOffset());
    long kept = files.highWatermark();
    long highWatermark = kept < 0 ? end : Math.clamp(kept, start, end);
    long stable =
        Math.clamp(
            summary.transactions().lastStableOffset(), start, Math.max(start, highWatermark));
    List<SegmentInfo> segments = segments(summary);
    CompactionFacts facts =
        CompactionFacts.of(
            files.path().toString(),
            new LogOffsets(start, stable, highWatermark, start, end),
            segments,
            now());
    long firstDirty =
        Math.max(files.firstDirtyOffset(), notedFirstDirty <= end ? notedFirstDirty : -1);
    if (firstDirty >= 0) {
      facts = facts.withFirstDirtyOffset(firstDirty);
    }
    return config.hasMaxCompactionLag()
        ? facts.withFirstTimestamps(firstTimestamps(files.path(), start, segments))
        : facts;
  }

  /** What compaction would make of a log if it was asked now, and nothing was configured. */
  static CompactionPlan compactionPlan(LogSummary summary, long notedStart, long notedFirstDirty)
      throws IOException {
    CompactionConfig config = CompactionConfig.fromTopicConfig(Map.of("cleanup.policy", "compact"));
    return CompactionPlan.of(compactionFacts(summary, notedStart, notedFirstDirty, config), config);
  }

  private static Map<Long, Long> firstTimestamps(
      Path directory, long startOffset, List<SegmentInfo> segments) throws IOException {
    Map<Long, Long> timestamps = new HashMap<>();
    try (DirectoryReader reader = DirectoryReader.open(directory)) {
      for (SegmentInfo segment : segments) {
        if (!segment.active()) {
          reader.seek(Math.max(startOffset, segment.baseOffset()));
          if (reader.next()) {
            timestamps.put(segment.baseOffset(), reader.batch().maxTimestamp());
          }
        }
      }
    } catch (CorruptLogException e) {
      return timestamps; // what cannot be read makes no log overdue
    }
    return timestamps;
  }

  /**
   * The bytes of the files in a directory, or of some of them; what goes meanwhile counts as
   * nothing.
   *
   * @param names which, for example {@code *.deleted}
   */
  static long bytesIn(Path directory, String names) throws IOException {
    long bytes = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, names)) {
      for (Path file : files) {
        bytes += Files.exists(file) ? Files.size(file) : 0;
      }
    } catch (NoSuchFileException e) {
      return bytes;
    }
    return bytes;
  }
}
