package dev.varve.log;

import dev.varve.index.TransactionIndex;
import dev.varve.log.error.LogIOException;
import dev.varve.log.producer.ProducerEntry;
import dev.varve.log.segment.LogCheckpoint;
import dev.varve.log.segment.SealedSegment;
import dev.varve.log.segment.Segment;
import dev.varve.log.segment.SegmentList;
import dev.varve.log.storage.DiskFull;
import dev.varve.log.storage.Storage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What compaction works with: reads sealed segments, and replaces them by others. It is the only
 * lever there is on what lies behind the end of the log.
 *
 * <p>Thread safety: safe for use by several threads; what they make is for one thread each.
 */
public final class SegmentRewriter {
  private final Storage storage;
  private final LogOptions options;
  private final LogWriter writer;
  private final LogKeeper keeper;
  private final ReadPath readPath;

  /**
   * An aborted transaction as a transaction index has it.
   *
   * @param producerId whose transaction it was
   * @param firstOffset the base offset of its first batch
   * @param lastOffset the offset of its marker
   * @param lastStableOffset the last stable offset when the marker came
   */
  public record Aborted(
      long producerId, long firstOffset, long lastOffset, long lastStableOffset) {}

  /**
   * Where a producer is that the log knows.
   *
   * @param producerId whose it is
   * @param epoch the epoch of its last batch or marker
   * @param lastDataOffset the offset of the last record of its last batch in that epoch; -1 if it
   *     has none
   */
  public record ProducerEnd(long producerId, short epoch, long lastDataOffset) {}

  SegmentRewriter(
      Storage storage, LogOptions options, LogWriter writer, LogKeeper keeper, ReadPath readPath) {
    this.storage = storage;
    this.options = options;
    this.writer = writer;
    this.keeper = keeper;
    this.readPath = readPath;
  }

  /**
   * The offset below which the log was compacted, as {@link #keepFirstDirtyOffset} kept it last; -1
   * if it never was. It may lie below the start of the log by now.
   */
  public long firstDirtyOffset() {
    return keeper.firstDirtyOffset();
  }

  /**
   * Keeps, durably, that the log was compacted up to an offset.
   *
   * @param offset from 0 to the end of the log
   * @throws dev.varve.log.error.DiskFullException if there is no room for it
   * @throws LogIOException if it cannot be written
   */
  public void keepFirstDirtyOffset(long offset) {
    if (offset < 0 || offset > writer.endOffset()) {
      throw new IllegalArgumentException(
          "first dirty offset " + offset + ", expected 0 to " + writer.endOffset());
    }
    try {
      keeper.keepFirstDirtyOffset(offset);
    } catch (IOException e) {
      throw DiskFull.exception(
          storage.directory() + ": that it was compacted could not be written", e);
    }
  }

  /**
   * The base offset of the first segment whose files are still to be put in order, so that it
   * cannot be replaced yet: the active one at the latest.
   */
  public long settledEndOffset() {
    SegmentList segments = writer.segments();
    for (Segment segment : segments.all()) {
      if (!(segment instanceof SealedSegment sealed) || keeper.isUntrimmed(sealed)) {
        return segment.baseOffset();
      }
    }
    return segments.active().baseOffset();
  }

  /**
   * Reads a sealed segment.
   *
   * @param baseOffset of the segment
   * @return empty if the log has no sealed segment of that base now; to be closed
   * @throws LogIOException if the file cannot be opened
   */
  public Optional<SegmentReader> read(long baseOffset) {
    return read(baseOffset, Arena.ofAuto().allocate(SegmentReader.WINDOW_BYTES));
  }

  /**
   * Reads a sealed segment, through memory that whoever reads many of them uses again.
   *
   * @param baseOffset of the segment
   * @param window of {@link SegmentReader#WINDOW_BYTES}, for the reader alone until it is closed
   * @return as {@link #read(long)}
   */
  public Optional<SegmentReader> read(long baseOffset, MemorySegment window) {
    writer.checkOpen();
    SegmentList segments = writer.segments();
    int index = segments.floorIndex(baseOffset);
    if (index < 0
        || segments.get(index).baseOffset() != baseOffset
        || !(segments.get(index) instanceof SealedSegment sealed)) {
      return Optional.empty();
    }
    try {
      return Optional.of(SegmentReader.open(storage, sealed, window));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new LogIOException(sealed.path() + " cannot be opened: " + e.getMessage(), e);
    }
  }

  /**
   * Begins to replace all segments of a range.
   *
   * @param baseOffset of the first that goes
   * @param endOffset the base offset of the first behind them, at or below the last stable offset
   *     and the high watermark
   * @return empty if the log has no such run of sealed segments now, or if some of their files are
   *     still to be put in order; to be closed
   * @throws IllegalArgumentException if the range is empty, or not all in it is decided
   * @throws dev.varve.log.error.DiskFullException if there is no room for a file
   * @throws LogIOException if none can be made
   */
  public Optional<SegmentRewrite> rewrite(long baseOffset, long endOffset) {
    writer.checkOpen();
    long decided = Math.min(writer.lastStableOffset(), writer.highWatermark());
    if (baseOffset >= endOffset || endOffset > decided) {
      throw new IllegalArgumentException(
          "segments from " + baseOffset + " to " + endOffset + ", expected some below " + decided);
    }
    List<SealedSegment> run = run(baseOffset, endOffset);
    if (run.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(SegmentRewrite.of(storage, options, keeper, run));
    } catch (IOException e) {
      throw DiskFull.exception(storage.directory() + ": a segment could not be rewritten", e);
    }
  }

  private List<SealedSegment> run(long baseOffset, long endOffset) {
    if (endOffset > settledEndOffset()) {
      return List.of();
    }
    SegmentList segments = writer.segments();
    List<SealedSegment> run = new ArrayList<>();
    long next = baseOffset;
    for (Segment segment : segments.all()) {
      if (segment.baseOffset() < baseOffset || segment.baseOffset() >= endOffset) {
        continue;
      }
      if (segment.baseOffset() != next || !(segment instanceof SealedSegment sealed)) {
        return List.of();
      }
      run.add(sealed);
      next = sealed.endOffset();
    }
    return next == endOffset ? run : List.of();
  }

  /**
   * The aborted transactions that a range of offsets may meet, in the order of their markers, which
   * may lie behind it.
   *
   * @param endOffset at or below the last stable offset
   */
  public List<Aborted> abortedTransactions(long startOffset, long endOffset) {
    List<Aborted> found = new ArrayList<>();
    TransactionIndex.Visitor add =
        (producerId, firstOffset, lastOffset, lastStableOffset) ->
            found.add(new Aborted(producerId, firstOffset, lastOffset, lastStableOffset));
    readPath.visitAborted(startOffset, endOffset, add);
    return found;
  }

  /** The producers that the log knows now, and where they are. */
  public List<ProducerEnd> producerEnds() {
    return writer.inTurn(state -> state.producers().snapshot()).producers().stream()
        .map(SegmentRewriter::end)
        .toList();
  }

  private static ProducerEnd end(ProducerEntry entry) {
    long last = entry.hasBatch() ? entry.lastOffset() : LogCheckpoint.NONE;
    return new ProducerEnd(entry.producerId(), entry.epoch(), last);
  }
}
