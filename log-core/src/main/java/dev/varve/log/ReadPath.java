package dev.varve.log;

import dev.varve.index.TransactionIndex;
import dev.varve.log.error.LogException;
import dev.varve.log.error.LogIOException;
import dev.varve.log.error.LogTruncatedException;
import dev.varve.log.error.OffsetOutOfRangeException;
import dev.varve.log.record.InvalidBatchException;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordCursor;
import dev.varve.log.segment.SealedSegment;
import dev.varve.log.segment.Segment;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.segment.SegmentList;
import dev.varve.log.segment.SegmentView;
import java.io.EOFException;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * How readers come to the segments: without a lock, by one volatile read of the list and a pin. A
 * pin that is refused means that the list has changed, so it is loaded anew.
 *
 * <p>Thread safety: safe for use by several threads.
 */
final class ReadPath {
  private final LogWriter writer;
  private final LogKeeper keeper;
  private final FailureLatch failure;
  private final LogOptions options;

  ReadPath(LogWriter writer, LogKeeper keeper, FailureLatch failure, LogOptions options) {
    this.writer = writer;
    this.keeper = keeper;
    this.failure = failure;
    this.options = options;
  }

  /** A cursor over records, as the log's options have it. */
  RecordCursor newCursor() {
    return new RecordCursor(writer.rules().options().decompressedBytesMax());
  }

  /** Pins the segment in which an offset lies, or would lie if it is the end of the log. */
  SegmentView viewAt(long offset) {
    while (true) {
      writer.checkOpen();
      checkRange(offset);
      SegmentList segments = writer.segments();
      SegmentView view = segments.get(Math.max(0, segments.floorIndex(offset))).tryView();
      if (view != null) {
        // Behind the offset there may be a gap, or the start has moved: it does before the list.
        if (view.segment().baseOffset() <= offset || keeper.startOffset() <= offset) {
          return view;
        }
        view.release();
      }
    }
  }

  /**
   * Pins what holds the offsets behind a segment, whatever became of it; null if it still takes
   * appends. If it was rewritten together with others, that is a segment that begins before them:
   *
   * <pre>
   *   the list when the view was taken   [0, 100)  [100, 200)  [200, ...
   *   the list now                       [0, ........... 200)  [200, ...
   *   viewAfter([0, 100))                [0, ........... 200)
   * </pre>
   */
  @Nullable SegmentView viewAfter(Segment segment) {
    while (true) {
      writer.checkOpen();
      SegmentList segments = writer.segments();
      int next = indexAfter(segment, segments);
      if (next == segments.size()) {
        return null;
      }
      SegmentView view = segments.get(next).tryView();
      if (view != null) {
        return view;
      }
    }
  }

  private static int indexAfter(Segment segment, SegmentList segments) {
    long end = segment.endOffset();
    int index = segments.floorIndex(end);
    if (index < 0) {
      return 0;
    }
    Segment found = segments.get(index);
    boolean behind = found != segment && found.endOffset() > end;
    return behind || found.baseOffset() > segment.baseOffset() ? index : index + 1;
  }

  /**
   * The offset from which on nothing of a view may be seen. That the log was truncated is asked
   * last: an end that has moved past the cut comes with the knowledge of it.
   */
  long visibleEnd(@Nullable SegmentView view, Visibility visibility) {
    long end =
        switch (visibility) {
          case WRITTEN -> Long.MAX_VALUE; // what a view shows was written
          case DURABLE -> keeper.durableEnd().get();
          case HIGH_WATERMARK -> writer.highWatermark();
          case COMMITTED -> Math.min(writer.lastStableOffset(), writer.highWatermark());
        };
    return view == null ? end : Math.min(end, view.cutOffset());
  }

  /**
   * Where a reader goes on that came to an offset which the log does not have.
   *
   * @throws OffsetOutOfRangeException the same, if the reader wants to know
   */
  long reset(OffsetOutOfRangeException outOfRange, AutoOffsetReset how, Visibility visibility) {
    long resetTo =
        switch (how) {
          case NONE -> throw outOfRange;
          case EARLIEST -> outOfRange.startOffset();
          case LATEST ->
              Math.max(
                  outOfRange.startOffset(),
                  Math.min(visibleEnd(null, visibility), outOfRange.endOffset()));
        };
    options.listener().readerReset(outOfRange.offset(), resetTo);
    return resetTo;
  }

  /** That a reader has gone further than the log reaches since it was truncated. */
  LogTruncatedException truncated(long offset, long truncatedTo) {
    return new LogTruncatedException(writer.directory(), offset, truncatedTo);
  }

  /**
   * Shows the aborted transactions that a range of offsets may meet, from the indexes of the
   * segment that holds its beginning and of those behind, in the order of their markers.
   *
   * @param to at or below a last stable offset, which was asked for before
   */
  void visitAborted(long from, long to, TransactionIndex.Visitor visitor) {
    OnceEach once = new OnceEach(visitor);
    while (true) {
      SegmentList segments = writer.segments(); // has all that was decided when `to` was found out
      try {
        visitAborted(segments, from, to, once);
        return;
      } catch (LogIOException e) {
        writer.checkOpen();
        if (segments.all().stream().noneMatch(ReadPath::isRetired)) {
          throw e;
        }
        Thread.onSpinWait(); // its place in the list is about to be another's
      }
    }
  }

  /** Whether a segment has left the log, so that its place in a list is about to be another's. */
  static boolean isRetired(Segment segment) {
    return segment instanceof SealedSegment sealed && sealed.isRetired();
  }

  /** Keeps a visitor from being shown twice what was looked at again; markers are in order. */
  private static final class OnceEach implements TransactionIndex.Visitor {
    private final TransactionIndex.Visitor visitor;
    private long shownTo = -1;

    OnceEach(TransactionIndex.Visitor visitor) {
      this.visitor = visitor;
    }

    @Override
    public void visit(long producerId, long firstOffset, long lastOffset, long lastStableOffset) {
      if (lastOffset > shownTo) {
        shownTo = lastOffset;
        visitor.visit(producerId, firstOffset, lastOffset, lastStableOffset);
      }
    }
  }

  private void visitAborted(
      SegmentList segments, long from, long to, TransactionIndex.Visitor visitor) {
    for (int i = Math.max(0, segments.floorIndex(from)); i < segments.size(); i++) {
      Segment segment = segments.get(i);
      boolean goesOn = segment.transactionIndex().visitAborted(from, to, visitor);
      if (segment instanceof SealedSegment sealed) {
        tellOf(sealed);
        goesOn &= sealed.mayBeDecidedLater(to);
      }
      if (!goesOn) {
        return;
      }
    }
  }

  /** Whether a record of a producer lies in one of its aborted transactions. */
  boolean isAborted(long producerId, long offset) {
    boolean[] found = {false};
    visitAborted(
        offset,
        offset + 1,
        (producer, firstOffset, lastOffset, lastStableOffset) ->
            found[0] |= producer == producerId && firstOffset <= offset && offset < lastOffset);
    return found[0];
  }

  private void tellOf(SealedSegment sealed) {
    String found = sealed.takeContradiction();
    if (found != null) {
      String file = SegmentFile.name(sealed.baseOffset(), Kind.TRANSACTION_INDEX);
      options.listener().transactionIndexRebuilt(file, found);
    }
  }

  /** Refuses to go on at an offset that the start of the log has passed. */
  void checkNotBelowStart(long offset) {
    if (offset < keeper.startOffset()) {
      checkRange(offset);
    }
  }

  void checkRange(long offset) {
    long start = keeper.startOffset();
    long end = writer.endOffset();
    if (offset < start || offset > end) {
      throw new OffsetOutOfRangeException(offset, start, end);
    }
  }

  void checkOpen() {
    writer.checkOpen();
  }

  /** The offset of the first record, in the order of the log, whose timestamp is large enough. */
  OptionalLong offsetForTimestamp(long timestamp) {
    RecordCursor cursor = newCursor();
    SegmentView view = firstView();
    while (view != null) {
      SegmentView next = null;
      try {
        boolean last = isLast(view.segment());
        view.refresh(); // if it is not the last, it shows all of the segment now
        OptionalLong found = search(view, cursor, timestamp);
        if (last || found.isPresent()) {
          return found;
        }
        next = viewAfter(view.segment());
      } catch (InternalError e) {
        throw lostMemory(e);
      } finally {
        view.release();
      }
      view = next;
    }
    return OptionalLong.empty();
  }

  boolean isLast(Segment segment) {
    return segment.baseOffset() == writer.segments().active().baseOffset();
  }

  /** Pins the first segment, also while the start of the log moves. */
  SegmentView firstView() {
    while (true) {
      writer.checkOpen();
      SegmentView view = writer.segments().first().tryView();
      if (view != null) {
        return view;
      }
    }
  }

  private OptionalLong search(SegmentView view, RecordCursor cursor, long timestamp) {
    if (view.timestampMax() < timestamp) {
      return OptionalLong.empty();
    }
    long startOffset = keeper.startOffset();
    RecordBatch batch = new RecordBatch();
    long position = view.positionOfTimestamp(timestamp);
    while (view.hasBatchAt(position, batch)) {
      if (batch.maxTimestamp() >= timestamp && batch.lastOffset() >= startOffset) {
        OptionalLong found = search(view, batch, cursor, timestamp, startOffset);
        if (found.isPresent()) {
          return found;
        }
      }
      position += batch.sizeBytes();
    }
    return OptionalLong.empty();
  }

  private static OptionalLong search(
      SegmentView view, RecordBatch batch, RecordCursor cursor, long timestamp, long startOffset) {
    try {
      cursor.open(batch);
      while (cursor.next()) {
        if (cursor.record().timestamp() >= timestamp && cursor.record().offset() >= startOffset) {
          return OptionalLong.of(cursor.record().offset());
        }
      }
      return OptionalLong.empty();
    } catch (InvalidBatchException e) {
      throw view.corrupt(e.fault(), e);
    }
  }

  /** The file of a mapping has lost a page: the log stops, the process goes on. */
  LogException lostMemory(InternalError e) {
    return failure.fail("a load from mapped memory", e);
  }

  /** A file is shorter than what is known to be in it: the log stops, the process goes on. */
  LogException lostBytes(EOFException e) {
    return failure.fail("a transfer", e);
  }
}
