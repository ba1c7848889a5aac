package dev.varve.cli;

import dev.varve.log.LogOffsets;
import dev.varve.log.SegmentInfo;
import dev.varve.log.inspect.LogSummary;
import dev.varve.log.inspect.SegmentSummary;
import dev.varve.retention.LogFacts;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
    long start = Math.max(summary.directory().startOffset(), notedStart);
    long end = Math.max(start, summary.endOffset());
    long kept = summary.directory().highWatermark();
    long highWatermark = kept < 0 ? end : Math.clamp(kept, start, end);
    LogOffsets offsets = new LogOffsets(start, end, highWatermark, start, end);
    return new LogFacts(directory.toString(), offsets, segments, List.of(), now());
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
