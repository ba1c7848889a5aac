package dev.varve.log.inspect;

import dev.varve.log.error.LogDirectoryException;
import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.producer.LeaderEpochs;
import dev.varve.log.record.LeaderEpoch;
import dev.varve.log.segment.LogCheckpoint;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.segment.SegmentFile.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The files of a log as they stood when this was made: names, checkpoint, and what follows from
 * these. Immutable.
 */
public final class LogDirectory {
  private final Path path;
  private final List<String> names;
  private final List<Long> baseOffsets;
  private final @Nullable LogCheckpoint checkpoint;
  private final State state;

  /** In what state the log was left, as far as names and checkpoint tell. */
  public enum State {
    /** Closed in order by Varve, and not changed since. */
    CLOSED,
    /** Open in some process, or left by one that died. */
    OPEN,
    /** Without a checkpoint that fits: written by Kafka, or changed since Varve closed it. */
    FOREIGN
  }

  private LogDirectory(
      Path path,
      List<String> names,
      List<Long> baseOffsets,
      @Nullable LogCheckpoint checkpoint,
      State state) {
    this.path = path;
    this.names = List.copyOf(names);
    this.baseOffsets = List.copyOf(baseOffsets);
    this.checkpoint = checkpoint;
    this.state = state;
  }

  /**
   * Looks at a directory.
   *
   * @throws LogDirectoryException if it is missing, is a file, cannot be read, or holds no log
   */
  public static LogDirectory of(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new LogDirectoryException(path + " does not exist; expected the directory of a log");
    }
    if (!Files.isDirectory(path)) {
      throw new LogDirectoryException(path + " is a file; expected the directory of a log");
    }
    if (!Files.isReadable(path) || !Files.isExecutable(path)) {
      throw new LogDirectoryException(path + " may not be read by this process");
    }
    List<String> names;
    try (Stream<Path> entries = Files.list(path)) {
      names = entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
    List<Long> baseOffsets = new ArrayList<>();
    for (String name : names) {
      SegmentFile.parse(name)
          .filter(file -> file.kind() == Kind.LOG && file.stage() == Stage.CURRENT)
          .ifPresent(file -> baseOffsets.add(file.baseOffset()));
    }
    if (baseOffsets.isEmpty() && !names.contains(LogCheckpoint.FILE_NAME)) {
      throw new LogDirectoryException(
          path + " holds no log; expected a file such as " + SegmentFile.name(0, Kind.LOG));
    }
    LogCheckpoint checkpoint = checkpoint(path, names);
    return new LogDirectory(
        path, names, baseOffsets, checkpoint, state(path, baseOffsets, checkpoint));
  }

  private static @Nullable LogCheckpoint checkpoint(Path path, List<String> names)
      throws IOException {
    Path file = path.resolve(LogCheckpoint.FILE_NAME);
    if (!names.contains(LogCheckpoint.FILE_NAME)
        || !Files.isRegularFile(file)
        || Files.size(file) > LogCheckpoint.BYTES_MAX) {
      return null;
    }
    try {
      return LogCheckpoint.parse(Files.readAllBytes(file));
    } catch (InvalidStateFileException e) {
      return null; // told by StateFilesCheck
    }
  }

  private static State state(Path path, List<Long> baseOffsets, @Nullable LogCheckpoint checkpoint)
      throws IOException {
    if (checkpoint == null) {
      return State.FOREIGN;
    }
    LogCheckpoint.Closed closed = checkpoint.closed();
    if (closed == null) {
      return State.OPEN;
    }
    if (baseOffsets.isEmpty()) {
      return closed.sizeBytes() == 0 ? State.CLOSED : State.FOREIGN;
    }
    Path last = path.resolve(SegmentFile.name(baseOffsets.getLast(), Kind.LOG));
    return checkpoint.scanFrom() <= baseOffsets.getLast()
            && closed.sizeBytes() == Files.size(last)
            && closed.endOffset() >= baseOffsets.getLast()
            && closed.modifiedMillis() == Files.getLastModifiedTime(last).toMillis()
        ? State.CLOSED
        : State.FOREIGN;
  }

  /** The directory. */
  public Path path() {
    return path;
  }

  /** In what state the log was left. */
  public State state() {
    return state;
  }

  /** The base offsets of the segments, ascending. */
  public List<Long> baseOffsets() {
    return baseOffsets;
  }

  /** The first offset that can be read. */
  public long startOffset() {
    long first = baseOffsets.isEmpty() ? 0 : baseOffsets.getFirst();
    return checkpoint == null ? first : Math.max(first, checkpoint.startOffset());
  }

  /**
   * The offset below which everything is known to survive a power loss; -1 if nothing is known,
   * because Varve has not closed the log.
   */
  public long durableEnd() {
    if (checkpoint == null || state == State.FOREIGN) {
      return -1;
    }
    LogCheckpoint.Closed closed = checkpoint.closed();
    return closed == null ? checkpoint.recoveryPoint() : closed.endOffset();
  }

  /**
   * The high watermark as it was kept last; -1 if none is, because the log is not replicated, or
   * was never told.
   */
  public long highWatermark() {
    return checkpoint == null ? -1 : checkpoint.highWatermark();
  }

  /** The offset below which the log was compacted, as it was kept last; -1 if it never was. */
  public long firstDirtyOffset() {
    return checkpoint == null ? -1 : checkpoint.firstDirtyOffset();
  }

  /**
   * The leader epochs as they were kept last, oldest first; none if their file is missing or
   * damaged.
   */
  public List<LeaderEpoch> leaderEpochs() throws IOException {
    try {
      return has(EpochsCheck.FILE_NAME)
          ? LeaderEpochs.parse(StateFile.read(path.resolve(EpochsCheck.FILE_NAME))).entries()
          : List.of();
    } catch (InvalidStateFileException e) {
      return List.of(); // told by EpochsCheck
    }
  }

  /** The path of a segment's log. */
  public Path log(long baseOffset) {
    return file(baseOffset, Kind.LOG);
  }

  Path file(long baseOffset, Kind kind) {
    return path.resolve(SegmentFile.name(baseOffset, kind));
  }

  /** The names of all entries, sorted. */
  List<String> names() {
    return names;
  }

  boolean has(String name) {
    return Collections.binarySearch(names, name) >= 0;
  }

  boolean isPlainFile(String name) {
    return Files.isRegularFile(path.resolve(name), LinkOption.NOFOLLOW_LINKS);
  }

  @Nullable LogCheckpoint checkpoint() {
    return checkpoint;
  }

  /**
   * Whether nobody relies yet on a segment's indexes and on the end of its file: a log that is open
   * makes them when it comes to it, and reopening makes them anew.
   */
  boolean isUnsettled(long baseOffset) {
    if (state != State.OPEN) {
      return false;
    }
    if (isBeingReplaced(baseOffset)) {
      return true;
    }
    int next = Collections.binarySearch(baseOffsets, baseOffset) + 1;
    return next == baseOffsets.size() || baseOffsets.get(next) > durableEnd();
  }

  /** Whether a segment is among those that others are taking the place of, or of these others. */
  boolean isBeingReplaced(long baseOffset) {
    LogCheckpoint.Rewrite rewrite = checkpoint == null ? null : checkpoint.rewrite();
    return rewrite != null
        && baseOffset >= rewrite.baseOffset()
        && baseOffset < rewrite.endOffset();
  }

  /** The base offset of the segment after one that is not the last. */
  long baseAfter(long baseOffset) {
    int found = Collections.binarySearch(baseOffsets, baseOffset);
    return baseOffsets.get(found >= 0 ? found + 1 : -found - 1);
  }

  boolean isLast(long baseOffset) {
    return !baseOffsets.isEmpty() && baseOffsets.getLast() == baseOffset;
  }
}
