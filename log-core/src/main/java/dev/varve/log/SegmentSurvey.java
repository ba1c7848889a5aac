package dev.varve.log;

import dev.varve.log.error.LogIOException;
import dev.varve.log.segment.ActiveSegment;
import dev.varve.log.segment.RolledSegment;
import dev.varve.log.segment.SealedSegment;
import dev.varve.log.segment.Segment;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.segment.SegmentList;
import dev.varve.log.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.EpochClock;
import org.jspecify.annotations.Nullable;

/**
 * Tells what segments a log has. Those that nobody reads are not mapped for it: with many logs that
 * are asked now and then, the mappings would add up.
 *
 * <p>Thread safety: safe for use by several threads.
 */
final class SegmentSurvey {
  private final Storage storage;
  private final LogWriter writer;
  private final LogKeeper keeper;
  private final ReadPath readPath;
  private final EpochClock clock;

  SegmentSurvey(
      Storage storage, LogWriter writer, LogKeeper keeper, ReadPath readPath, EpochClock clock) {
    this.storage = storage;
    this.writer = writer;
    this.keeper = keeper;
    this.readPath = readPath;
    this.clock = clock;
  }

  /** The segments now, oldest first. */
  List<SegmentInfo> segments() {
    while (true) {
      List<SegmentInfo> infos = trySegments();
      if (infos != null) {
        return infos;
      }
    }
  }

  /** Null if the list has changed meanwhile, so that a file was gone. */
  private @Nullable List<SegmentInfo> trySegments() {
    writer.checkOpen();
    SegmentList list = writer.segments();
    List<SegmentInfo> infos = new ArrayList<>();
    try {
      for (Segment segment : list.all()) {
        infos.add(info(segment));
      }
      return infos;
    } catch (InternalError e) {
      throw readPath.lostMemory(e);
    } catch (IOException | LogIOException e) {
      if (list != writer.segments() || list.all().stream().anyMatch(ReadPath::isRetired)) {
        return null;
      }
      throw e instanceof LogIOException known
          ? known
          : new LogIOException(
              storage.directory() + ": a segment cannot be looked at: " + e.getMessage(), e);
    }
  }

  /** The time first: a segment that is written to afterwards is not older than it says. */
  private SegmentInfo info(Segment segment) throws IOException {
    long modifiedMillis = modifiedMillis(segment);
    long timestampMax = segment.timestampMax();
    return new SegmentInfo(
        segment.baseOffset(),
        segment.endOffset(),
        segment.sizeBytes(),
        segment instanceof ActiveSegment,
        timestampMax,
        modifiedMillis);
  }

  /** The time of a file says little while it is stored to through a mapping. */
  private long modifiedMillis(Segment segment) throws IOException {
    boolean settled =
        switch (segment) {
          case ActiveSegment active -> !active.isWritten();
          case RolledSegment _ -> false;
          case SealedSegment sealed -> !keeper.isUntrimmed(sealed);
        };
    return settled
        ? storage.lastModifiedMillis(SegmentFile.name(segment.baseOffset(), Kind.LOG))
        : clock.time();
  }
}
