package dev.varve.log.segment;

import dev.varve.index.OffsetIndex;
import dev.varve.index.TimeIndex;
import dev.varve.log.error.CorruptLogException;
import dev.varve.log.error.DamagedRange;
import dev.varve.log.record.BatchFault;
import dev.varve.log.record.RecordBatch;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * One reader's view of one segment: its pinned memory up to an end that the reader has acquired.
 * Nothing in it moves under the reader until {@link #refresh}, and nothing is unmapped until {@link
 * #release}.
 *
 * <p>Indexes are caches and are not believed: the batch that an entry leads to must be the one that
 * the entry describes, or the search begins at the start of the segment.
 *
 * <p>Thread safety: for one thread.
 */
public final class SegmentView {
  private final Segment segment;
  private final SegmentMemory memory;
  private final RecordBatch batch = new RecordBatch();
  private final RecordBatch following = new RecordBatch();

  /** What a damaged segment holds behind its end is not part of the log. */
  private final long endOffsetMax;

  /** Where the next batch of a walk begins, if there is no gap before it. */
  private long expectedOffset;

  private long endPosition;
  private MemorySegment log;

  /** Takes over a pin on the memory. */
  SegmentView(Segment segment, SegmentMemory memory) {
    this.segment = segment;
    this.memory = memory;
    this.endOffsetMax = segment instanceof SealedSegment ? segment.endOffset() : Long.MAX_VALUE;
    this.endPosition = segment.sizeBytes();
    this.log = memory.log();
  }

  /** The segment that is viewed. */
  public Segment segment() {
    return segment;
  }

  /** The mapped log; readable below {@link #endPosition}. */
  public MemorySegment log() {
    return log;
  }

  /** The position after the last batch that this view shows. */
  public long endPosition() {
    return endPosition;
  }

  /**
   * The offset to which the log was truncated under this view, or {@code Long.MAX_VALUE}: what it
   * shows from there on is no part of the log any more.
   */
  public long cutOffset() {
    return memory.cutOffset();
  }

  /** Whether that has happened. Files of the segment's names may then be those of another. */
  public boolean isCut() {
    return cutOffset() < Long.MAX_VALUE;
  }

  /** Lets the view show what was appended meanwhile; true if there is more than before. */
  public boolean refresh() {
    long end = segment.sizeBytes();
    boolean more = end > endPosition;
    endPosition = end;
    log = memory.log(); // after the end, so that the mapping reaches to it
    return more;
  }

  /** Gives the pin back. The view must not be used afterwards. */
  public void release() {
    memory.unpin();
  }

  /**
   * Checks that a whole batch begins at a position.
   *
   * @return whether there is one; false at the end of the segment
   * @throws CorruptLogException if something else is there: zeros too, since space that is reserved
   *     lies behind the end
   */
  public boolean hasBatchAt(long position, RecordBatch view) {
    if (position >= endPosition) {
      return false;
    }
    BatchFault fault =
        view.wrap(log, position).headerFault(bytesLeft(position), RecordBatch.BATCH_BYTES_MAX);
    if (fault != null) {
      throw corrupt(fault, null);
    }
    return view.baseOffset() < endOffsetMax;
  }

  /**
   * Checks the base offset of a batch with a sound header, which its checksum does not cover; see
   * {@link RecordBatch#orderFault}.
   *
   * @param view the batch, as {@link #hasBatchAt} left it
   * @param expectedOffset where it begins if there is no gap
   * @throws CorruptLogException if it does not fit
   */
  public void checkOrder(RecordBatch view, long expectedOffset) {
    BatchFault fault = orderFault(view, expectedOffset);
    if (fault != null) {
      throw corrupt(fault, null);
    }
  }

  private @Nullable BatchFault orderFault(RecordBatch view, long expectedOffset) {
    return view.baseOffset() == expectedOffset
        ? null // nearly always, so that the next header is not looked at
        : view.orderFault(expectedOffset, offsetBehind(view));
  }

  /** Where the batch behind one begins, or where the segment ends. */
  private long offsetBehind(RecordBatch view) {
    long end = segment.endOffset();
    long next = view.position() + view.sizeBytes();
    boolean followed =
        next < endPosition
            && following.wrap(log, next).headerFault(bytesLeft(next), RecordBatch.BATCH_BYTES_MAX)
                == null;
    return followed ? Math.min(following.baseOffset(), end) : end;
  }

  /** The exception that reports a fault in this segment, and how far it reaches. */
  public CorruptLogException corrupt(BatchFault fault, @Nullable Throwable cause) {
    return new CorruptLogException(damageAt(fault), cause);
  }

  private DamagedRange damageAt(BatchFault fault) {
    DamageSearch search =
        new DamageSearch(
            segment.path(),
            log.asSlice(0, bytesLeft(0)),
            endPosition,
            memory.offsetIndex(),
            segment.endOffset());
    return search.around(fault);
  }

  /** Whether no batch will ever follow those that this view shows now. */
  public boolean isFinal() {
    return segment instanceof SealedSegment;
  }

  /**
   * The position of the first batch whose last offset is at least the offset; the end if there is
   * none. Damage that held only lower offsets is passed over.
   *
   * @throws CorruptLogException if the offset is among those that are damaged
   */
  public long positionOf(long offset) {
    long position = floorPosition(offset);
    // The index and what follows bear out the base offset of the batch that it leads to.
    expectedOffset = position > 0 ? batchAt(position).baseOffset() : segment.baseOffset();
    while ((position = passBelow(offset, position)) < endPosition) {
      BatchFault fault = faultAt(position);
      if (fault == null) {
        fault = orderFault(batch, expectedOffset);
      }
      if (fault == null && batch.lastOffset() < offset) {
        expectedOffset = batch.nextOffset();
        position += batch.sizeBytes();
        continue;
      }
      // As many records as offsets: an undamaged header, if compaction has not been here.
      boolean sound =
          fault == null
              && batch.baseOffset() <= offset
              && batch.recordCount() == batch.lastOffsetDelta() + 1L;
      long next = fault == null || fault.hasLength() ? position + batch.sizeBytes() : position;
      if (sound || !isBelow(position, next, offset)) {
        if (fault == null) {
          return position;
        }
        DamagedRange damage = damageAt(fault);
        if (damage.endOffset() > offset || damage.endPosition() <= position) {
          throw new CorruptLogException(damage, null);
        }
        next = damage.endPosition();
      }
      position = next;
    }
    return position;
  }

  /**
   * Passes over batches below an offset, as long as each begins with the expected offset: nearly
   * all of the walk, and nothing in it but the headers.
   *
   * @return the position of the first that is not like this
   */
  private long passBelow(long offset, long from) {
    long position = from;
    long expected = expectedOffset;
    long end = position + bytesLeft(position);
    while (batchAt(position).continuesAt(expected, end - position) && batch.lastOffset() < offset) {
      expected = batch.nextOffset();
      position += batch.sizeBytes();
    }
    expectedOffset = expected;
    return position;
  }

  /**
   * Whether the next batch begins at or below an offset: then the offset is not in the batch before
   * it, whatever that one's header says.
   */
  private boolean isBelow(long position, long next, long offset) {
    return next > position && isBatchAt(next) && batch.baseOffset() <= offset;
  }

  private @Nullable BatchFault faultAt(long position) {
    return batchAt(position).headerFault(bytesLeft(position), RecordBatch.BATCH_BYTES_MAX);
  }

  private RecordBatch batchAt(long position) {
    return batch.wrap(log, position);
  }

  /** Fewer than there should be, if somebody had cut the file of a sealed segment. */
  private long bytesLeft(long position) {
    return Math.min(endPosition, log.byteSize()) - position;
  }

  /**
   * A position of a batch at or before the offset, near it if the index can be believed. An entry
   * proves nothing about a batch behind which a lower offset follows: it may have been made from a
   * base offset that was damaged already. Which of the two is wrong, the batches before them tell.
   */
  private long floorPosition(long offset) {
    OffsetIndex index = memory.offsetIndex();
    int slot = index.floorSlot(offset);
    while (slot >= 0 && leadsToItsBatch(index, slot)) {
      if (batch.nextOffset() <= offsetBehind(batch)) {
        return index.position(slot);
      }
      slot--;
    }
    return 0;
  }

  private boolean leadsToItsBatch(OffsetIndex index, int slot) {
    long position = index.position(slot);
    return isBatchAt(position) && batch.lastOffset() == index.offset(slot);
  }

  /**
   * The end of the last whole batch within {@code bytesMax} of a batch's position; at least that
   * batch. Damage behind it ends the range too, so that what lies before can be read.
   *
   * <pre>
   *   batches                 [a    )[b  )[c      )[d   )    end
   *   limit(a, size of a+b+1) ............^
   *   limit(a, 1)             .......^
   * </pre>
   */
  public long limit(long position, long bytesMax) {
    if (endPosition - position <= bytesMax && endPosition <= log.byteSize()) {
      return endPosition;
    }
    if (!hasBatchAt(position, batch)) {
      return position;
    }
    long limit = position + batch.sizeBytes();
    if (limit - position < bytesMax) {
      limit = Math.max(limit, indexedLimit(position, bytesMax));
    }
    while (isBatchAt(limit) && limit + batch.sizeBytes() - position <= bytesMax) {
      limit += batch.sizeBytes();
    }
    return limit;
  }

  /**
   * An offset at which, or behind which, no batch begins below a position: that of the first index
   * entry at or behind the position, or the end of the segment. Kafka takes it for the upper bound
   * of a fetch.
   */
  public long offsetAtOrBehind(long position) {
    OffsetIndex index = memory.offsetIndex();
    int slot = index.floorSlotOfPosition((int) Math.min(position - 1, Integer.MAX_VALUE)) + 1;
    return slot < index.entryCount() && leadsToItsBatch(index, slot)
        ? index.offset(slot)
        : segment.endOffset();
  }

  /** The last position up to a limit that the index knows; 0 if it cannot be believed. */
  private long indexedLimit(long position, long bytesMax) {
    OffsetIndex index = memory.offsetIndex();
    int slot = index.floorSlotOfPosition((int) Math.min(position + bytesMax, Integer.MAX_VALUE));
    return slot >= 0 && leadsToItsBatch(index, slot) ? index.position(slot) : 0;
  }

  private boolean isBatchAt(long position) {
    return position < endPosition && faultAt(position) == null;
  }

  /**
   * Where to begin to look for the first record with a timestamp of at least {@code timestamp}: all
   * batches before this position have only smaller ones.
   */
  public long positionOfTimestamp(long timestamp) {
    TimeIndex index = memory.timeIndex();
    // The entry (T, o) says that T is the largest timestamp up to o; below T all is smaller.
    int slot = timestamp == Long.MIN_VALUE ? -1 : index.floorSlot(timestamp - 1);
    if (slot < 0) {
      return 0;
    }
    long position = positionOf(index.offset(slot));
    boolean believed =
        hasBatchAt(position, batch)
            && batch.lastOffset() == index.offset(slot)
            && batch.maxTimestamp() == index.timestamp(slot);
    return believed ? position : 0;
  }

  /**
   * The largest timestamp in the segment, in milliseconds, or -1 if no record has one. The last
   * entry of the index says so, unless a batch behind it knows better: then the index was cut.
   */
  public long timestampMax() {
    if (segment instanceof ActiveSegment active) {
      return active.timestampMax();
    }
    long known = memory.checkedTimestampMax();
    if (known == SegmentMemory.UNCHECKED) {
      TimeIndex index = memory.timeIndex();
      long timestampMax = index.lastTimestamp();
      // Never throws for damage: the segment has a largest timestamp all the same.
      long position = index.entryCount() == 0 ? 0 : floorPosition(index.lastOffset());
      while (isBatchAt(position)) {
        timestampMax = Math.max(timestampMax, batch.maxTimestamp());
        position += batch.sizeBytes();
      }
      known = timestampMax;
      memory.checkedTimestampMax(known);
    }
    return known;
  }
}
