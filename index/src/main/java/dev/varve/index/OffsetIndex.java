package dev.varve.index;

import static dev.varve.index.SortedColumn.INT32;
import static java.lang.foreign.MemoryLayout.PathElement.groupElement;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.util.Objects;
import java.util.Optional;

/**
 * From an offset to a place in the {@code .log} from which to walk to it: the {@code .index} file.
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +---------------------------------------------------------------+
 *  |      offset of a batch's last record, less the base offset    |
 *  +---------------------------------------------------------------+
 *  |              position of that batch's first byte              |
 *  +---------------------------------------------------------------+
 * </pre>
 *
 * <p>Big-endian; entries back to back; both fields strictly increase. The first batch of a segment
 * never has an entry, so position 0 never occurs. Which batches have one is decided by {@link
 * SegmentIndexer}. This file is a cache of the log: in doubt it is rebuilt, never repaired.
 *
 * <p>Lookups and accessors allocate nothing. Thread safety: one thread at a time appends or
 * truncates; any thread looks up meanwhile, without a lock, and sees a complete prefix of the
 * entries. Lifetime: the memory belongs to the caller; after it is freed every call throws {@link
 * IllegalStateException}.
 */
public final class OffsetIndex {
  private static final StructLayout ENTRY =
      MemoryLayout.structLayout(INT32.withName("relativeOffset"), INT32.withName("position"));

  /** The width of an entry, in bytes. */
  public static final int ENTRY_BYTES = (int) ENTRY.byteSize();

  private static final SortedColumn RELATIVE_OFFSET =
      new SortedColumn(ENTRY_BYTES, ENTRY.byteOffset(groupElement("relativeOffset")), false);
  private static final SortedColumn POSITION =
      new SortedColumn(ENTRY_BYTES, ENTRY.byteOffset(groupElement("position")), false);

  private final EntryArray entries;
  private final long baseOffset;
  private final int entriesMax;

  private OffsetIndex(EntryArray entries, long baseOffset, int entriesMax) {
    if (baseOffset < 0) {
      throw new IllegalArgumentException("base offset " + baseOffset + ", expected 0 or more");
    }
    this.entries = entries;
    this.baseOffset = baseOffset;
    this.entriesMax = entriesMax;
  }

  /**
   * The index of a sealed segment. It takes no more entries.
   *
   * @param memory the whole file; whatever it holds, lookups stay within it, but their answers are
   *     worth what {@link #firstFault} says
   * @param baseOffset the segment's base offset, 0 or more
   */
  public static OffsetIndex over(MemorySegment memory, long baseOffset) {
    EntryArray entries = EntryArray.over(memory, ENTRY_BYTES);
    return new OffsetIndex(entries, baseOffset, entries.acquireCount());
  }

  /**
   * The empty index of a new active segment.
   *
   * @param allocator gives the memory, a page at first, then always twice as much; usually the
   *     segment's arena
   * @param baseOffset the segment's base offset, 0 or more
   * @param entriesMax the entries at which the index is full, 1 or more
   */
  public static OffsetIndex growing(SegmentAllocator allocator, long baseOffset, int entriesMax) {
    return growing(allocator, baseOffset, entriesMax, MemorySegment.NULL);
  }

  /**
   * The index of an active segment that is opened again.
   *
   * @param written the entries it has so far, checked by {@link #firstFault}; they are copied. If
   *     they are more than {@code entriesMax}, which may have been lowered since, the index is full
   * @see #growing(SegmentAllocator, long, int)
   */
  public static OffsetIndex growing(
      SegmentAllocator allocator, long baseOffset, int entriesMax, MemorySegment written) {
    if (entriesMax < 1 || entriesMax > Integer.MAX_VALUE / ENTRY_BYTES) {
      throw new IllegalArgumentException(
          "at most "
              + entriesMax
              + " entries, expected a limit from 1 to "
              + Integer.MAX_VALUE / ENTRY_BYTES);
    }
    int capacityMax = Math.max(entriesMax, (int) (written.byteSize() / ENTRY_BYTES));
    return new OffsetIndex(
        EntryArray.growing(allocator, ENTRY_BYTES, capacityMax, written), baseOffset, entriesMax);
  }

  /** The offset that entries are relative to: the segment's first. */
  public long baseOffset() {
    return baseOffset;
  }

  /** The entries that are there now. */
  public int entryCount() {
    return entries.acquireCount();
  }

  /** Whether no entry fits any more, so that the segment has to be rolled. */
  public boolean isFull() {
    return entries.acquireCount() >= entriesMax;
  }

  /** The offset in the last entry, or -1 if there is none. */
  public long lastOffset() {
    EntryArray.Generation generation = entries.acquire();
    int count = generation.acquireCount();
    return count == 0 ? -1 : baseOffset + RELATIVE_OFFSET.key(generation.memory(), count - 1);
  }

  /**
   * The last entry whose offset is at most {@code targetOffset}.
   *
   * @return its slot, or -1 if all entries lie above the target
   */
  public int floorSlot(long targetOffset) {
    EntryArray.Generation generation = entries.acquire();
    return floorSlot(generation, targetOffset);
  }

  /**
   * Where to begin to walk batches in search of {@code targetOffset}.
   *
   * <pre>
   *   entries (base 100)    (109, 4200)  (115, 8400)  (131, 12700)
   *   target                [100, 109)   [109, 115)   [115, 131)   [131, ...
   *   floorPosition              0          4200         8400       12700
   * </pre>
   *
   * <p>The batch there begins at or before the target, unless the target lies below the segment.
   *
   * @return a position in the {@code .log}; 0 if no entry is at or below the target
   */
  public int floorPosition(long targetOffset) {
    EntryArray.Generation generation = entries.acquire();
    int slot = floorSlot(generation, targetOffset);
    return slot < 0 ? 0 : (int) POSITION.key(generation.memory(), slot);
  }

  /**
   * The last entry whose position is at most {@code targetPosition}, in bytes.
   *
   * @return its slot, or -1 if all entries lie above the target
   */
  public int floorSlotOfPosition(int targetPosition) {
    EntryArray.Generation generation = entries.acquire();
    return POSITION.floorSlot(generation.memory(), generation.acquireCount(), targetPosition);
  }

  private int floorSlot(EntryArray.Generation generation, long targetOffset) {
    if (targetOffset < baseOffset) {
      return -1;
    }
    return RELATIVE_OFFSET.floorSlot(
        generation.memory(), generation.acquireCount(), targetOffset - baseOffset);
  }

  /**
   * The offset in the entry in {@code slot}.
   *
   * @throws IndexOutOfBoundsException if there is no such entry, or none any more
   */
  public long offset(int slot) {
    return baseOffset + field(RELATIVE_OFFSET, slot);
  }

  /**
   * The position in the entry in {@code slot}, in bytes.
   *
   * @throws IndexOutOfBoundsException if there is no such entry, or none any more
   */
  public int position(int slot) {
    return (int) field(POSITION, slot);
  }

  private long field(SortedColumn column, int slot) {
    EntryArray.Generation generation = entries.acquire();
    return column.key(generation.memory(), Objects.checkIndex(slot, generation.acquireCount()));
  }

  /**
   * Adds an entry behind all others.
   *
   * @param lastOffset the offset of the batch's last record: above that of every other entry, and
   *     at most 2³¹-1 above the base
   * @param position the position of the batch's first byte: above that of every other entry
   * @throws IllegalArgumentException if offset or position are out of range or order
   * @throws IllegalStateException if the index is full, or is not one that grows
   */
  public void append(long lastOffset, int position) {
    long relativeOffset = lastOffset - baseOffset;
    EntryArray.Generation generation = entries.withRoom();
    MemorySegment memory = generation.memory();
    int count = generation.acquireCount();
    long relativeOffsetLast = count == 0 ? -1 : RELATIVE_OFFSET.key(memory, count - 1);
    long positionLast = count == 0 ? 0 : POSITION.key(memory, count - 1);
    if (relativeOffset <= relativeOffsetLast || relativeOffset > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "offset "
              + lastOffset
              + ", expected above "
              + (baseOffset + relativeOffsetLast)
              + " and at most "
              + (baseOffset + Integer.MAX_VALUE));
    }
    if (position <= positionLast) {
      throw new IllegalArgumentException(
          "position " + position + ", expected above " + positionLast);
    }
    long at = (long) count * ENTRY_BYTES;
    memory.set(INT32, at + RELATIVE_OFFSET.at(), (int) relativeOffset);
    memory.set(INT32, at + POSITION.at(), position);
    generation.publishCount(count + 1);
  }

  /**
   * Takes away the entries at or above an offset.
   *
   * <pre>
   *   before            (109, 4200)  (115, 8400)  (131, 12700)
   *   truncateTo(116)   (109, 4200)  (115, 8400)
   *   truncateTo(115)   (109, 4200)
   *   truncateTo(109)   none
   * </pre>
   *
   * <p>A lookup that runs at the same time may still see the entries that go.
   *
   * @throws IllegalStateException if the index is not one that grows
   */
  public void truncateTo(long offset) {
    entries.truncate(offset <= baseOffset ? 0 : floorSlot(entries.acquire(), offset - 1) + 1);
  }

  /**
   * Looks for what makes this index unfit to be trusted: a partial entry, an order that does not
   * strictly increase, zeros at the end (a file that was preallocated and never trimmed), an offset
   * or a position outside the segment. Reads every entry once.
   *
   * @param endOffset the end of the segment's offsets, or the nearest bound that is known
   * @param logBytes the size of the segment's {@code .log}
   * @return the first fault by slot; empty if lookups can be trusted as far as the index alone can
   *     tell
   */
  public Optional<IndexFault> firstFault(long endOffset, long logBytes) {
    EntryArray.Generation generation = entries.acquire();
    MemorySegment memory = generation.memory();
    int count = generation.acquireCount();
    long relativeOffsetLast = -1;
    long positionLast = 0;
    for (int slot = 0; slot < count; slot++) {
      long relativeOffset = RELATIVE_OFFSET.key(memory, slot);
      long position = POSITION.key(memory, slot);
      if (relativeOffset == 0 && position == 0) {
        return fault(slot, "zeros", "the file trimmed to its entries");
      }
      if (relativeOffset <= relativeOffsetLast) {
        String expected = "above " + (baseOffset + relativeOffsetLast);
        return fault(slot, "offset " + (baseOffset + relativeOffset), expected);
      }
      if (baseOffset + relativeOffset >= endOffset) {
        String expected = "below the segment's end " + endOffset;
        return fault(slot, "offset " + (baseOffset + relativeOffset), expected);
      }
      if (position <= positionLast) {
        return fault(slot, "position " + position, "above " + positionLast);
      }
      if (position >= logBytes) {
        return fault(slot, "position " + position, "below the log's size " + logBytes);
      }
      relativeOffsetLast = relativeOffset;
      positionLast = position;
    }
    int partialBytes = entries.partialBytes();
    if (partialBytes != 0) {
      return fault(count, partialBytes + " bytes", "whole entries of " + ENTRY_BYTES + " bytes");
    }
    return Optional.empty();
  }

  private static Optional<IndexFault> fault(int slot, String found, String expected) {
    return Optional.of(new IndexFault(slot, found, expected));
  }

  /**
   * The entries as they stand in the file: read-only, without room behind the last. Valid as long
   * as the memory of the index is; entries that come or go later do not show in it.
   */
  public MemorySegment bytes() {
    return entries.bytes();
  }
}
