package dev.varve.index;

import static dev.varve.index.SortedColumn.INT32;
import static dev.varve.index.SortedColumn.INT64;
import static java.lang.foreign.MemoryLayout.PathElement.groupElement;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.util.Objects;
import java.util.Optional;

/**
 * From a timestamp to an offset from which to search for it: the {@code .timeindex} file.
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +---------------------------------------------------------------+
 *  |               largest timestamp of a batch so far,            |
 *  |               milliseconds since 1970                         |
 *  +---------------------------------------------------------------+
 *  |   offset of the last record of the first batch that had it,   |
 *  |   less the base offset                                        |
 *  +---------------------------------------------------------------+
 * </pre>
 *
 * <p>Big-endian; entries back to back; timestamps strictly increase, offsets do not decrease. No
 * batch before an entry's has a timestamp as large as the entry's. The last entry of a closed
 * segment carries the segment's largest timestamp; a slot is always kept free for it. A segment
 * without timestamps has no entries. When entries are made is decided by {@link SegmentIndexer}.
 * This file is a cache of the log: in doubt it is rebuilt, never repaired.
 *
 * <p>Lookups and accessors allocate nothing. Thread safety: one thread at a time appends or
 * truncates; any thread looks up meanwhile, without a lock, and sees a complete prefix of the
 * entries. Lifetime: the memory belongs to the caller; after it is freed every call throws {@link
 * IllegalStateException}.
 */
public final class TimeIndex {
  private static final StructLayout ENTRY =
      MemoryLayout.structLayout(INT64.withName("timestamp"), INT32.withName("relativeOffset"));

  /** The width of an entry, in bytes. */
  public static final int ENTRY_BYTES = (int) ENTRY.byteSize();

  /** The timestamp of records that have none. Entries have greater ones. */
  private static final long NO_TIMESTAMP = -1;

  private static final SortedColumn TIMESTAMP =
      new SortedColumn(ENTRY_BYTES, ENTRY.byteOffset(groupElement("timestamp")), true);
  private static final SortedColumn RELATIVE_OFFSET =
      new SortedColumn(ENTRY_BYTES, ENTRY.byteOffset(groupElement("relativeOffset")), false);

  private final EntryArray entries;
  private final long baseOffset;
  private final int entriesMax;

  private TimeIndex(EntryArray entries, long baseOffset, int entriesMax) {
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
  public static TimeIndex over(MemorySegment memory, long baseOffset) {
    EntryArray entries = EntryArray.over(memory, ENTRY_BYTES);
    return new TimeIndex(entries, baseOffset, entries.acquireCount());
  }

  /**
   * The empty index of a new active segment.
   *
   * @param allocator gives the memory, a page at first, then always twice as much; usually the
   *     segment's arena
   * @param baseOffset the segment's base offset, 0 or more
   * @param entriesMax the entries there may be with the closing one, 2 or more
   */
  public static TimeIndex growing(SegmentAllocator allocator, long baseOffset, int entriesMax) {
    return growing(allocator, baseOffset, entriesMax, MemorySegment.NULL);
  }

  /**
   * The index of an active segment that is opened again.
   *
   * @param written the entries it has so far, checked by {@link #firstFault}; they are copied. If
   *     they leave no room below {@code entriesMax}, which may have been lowered since, the index
   *     is full, and the closing entry fits all the same
   * @see #growing(SegmentAllocator, long, int)
   */
  public static TimeIndex growing(
      SegmentAllocator allocator, long baseOffset, int entriesMax, MemorySegment written) {
    if (entriesMax < 2 || entriesMax > Integer.MAX_VALUE / ENTRY_BYTES) {
      throw new IllegalArgumentException(
          "at most "
              + entriesMax
              + " entries, expected a limit from 2 to "
              + Integer.MAX_VALUE / ENTRY_BYTES);
    }
    int capacityMax = Math.max(entriesMax, (int) (written.byteSize() / ENTRY_BYTES) + 1);
    return new TimeIndex(
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

  /**
   * Whether the segment has to be rolled: nothing fits any more but the closing entry, for which a
   * slot is kept.
   */
  public boolean isFull() {
    return entries.acquireCount() >= entriesMax - 1;
  }

  /** The timestamp in the last entry, or -1 if there is none. */
  public long lastTimestamp() {
    EntryArray.Generation generation = entries.acquire();
    int count = generation.acquireCount();
    return count == 0 ? NO_TIMESTAMP : TIMESTAMP.key(generation.memory(), count - 1);
  }

  /** The offset in the last entry, or -1 if there is none. */
  public long lastOffset() {
    EntryArray.Generation generation = entries.acquire();
    int count = generation.acquireCount();
    return count == 0 ? -1 : baseOffset + RELATIVE_OFFSET.key(generation.memory(), count - 1);
  }

  /**
   * The last entry whose timestamp is at most {@code targetTimestamp}.
   *
   * @return its slot, or -1 if all entries lie above the target
   */
  public int floorSlot(long targetTimestamp) {
    EntryArray.Generation generation = entries.acquire();
    return TIMESTAMP.floorSlot(generation.memory(), generation.acquireCount(), targetTimestamp);
  }

  /**
   * Where to begin the search for the first record at or after {@code targetTimestamp}.
   *
   * <pre>
   *   entries (base 100)    (T=1000, 109)  (T=1500, 131)
   *   target                [0, 1000)      [1000, 1500)     [1500, ...
   *   floorOffset              100             109             131
   * </pre>
   *
   * <p>No batch that ends below this offset has a timestamp as large as the target.
   *
   * @return an offset; the base offset if no entry is at or below the target
   */
  public long floorOffset(long targetTimestamp) {
    EntryArray.Generation generation = entries.acquire();
    MemorySegment memory = generation.memory();
    int slot = TIMESTAMP.floorSlot(memory, generation.acquireCount(), targetTimestamp);
    return slot < 0 ? baseOffset : baseOffset + RELATIVE_OFFSET.key(memory, slot);
  }

  /**
   * The timestamp in the entry in {@code slot}, in milliseconds.
   *
   * @throws IndexOutOfBoundsException if there is no such entry, or none any more
   */
  public long timestamp(int slot) {
    return field(TIMESTAMP, slot);
  }

  /**
   * The offset in the entry in {@code slot}.
   *
   * @throws IndexOutOfBoundsException if there is no such entry, or none any more
   */
  public long offset(int slot) {
    return baseOffset + field(RELATIVE_OFFSET, slot);
  }

  private long field(SortedColumn column, int slot) {
    EntryArray.Generation generation = entries.acquire();
    return column.key(generation.memory(), Objects.checkIndex(slot, generation.acquireCount()));
  }

  /**
   * Adds an entry behind all others, unless its timestamp is no greater than the last one's (with
   * no entries: than -1, "none").
   *
   * <p>This takes the slot that is kept for the closing entry, too: whoever adds another entry asks
   * {@link #isFull} before.
   *
   * @param timestamp the largest timestamp so far, in milliseconds
   * @param lastOffset the offset of the last record of the first batch that had it: not below that
   *     of any other entry, and at most 2³¹-1 above the base
   * @return whether an entry was added
   * @throws IllegalArgumentException if the offset is out of range or order
   * @throws IllegalStateException if there is no slot left, or the index is not one that grows
   */
  public boolean append(long timestamp, long lastOffset) {
    if (timestamp <= lastTimestamp()) {
      return false;
    }
    long relativeOffset = lastOffset - baseOffset;
    EntryArray.Generation generation = entries.withRoom();
    MemorySegment memory = generation.memory();
    int count = generation.acquireCount();
    long relativeOffsetLast = count == 0 ? 0 : RELATIVE_OFFSET.key(memory, count - 1);
    if (relativeOffset < relativeOffsetLast || relativeOffset > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "offset "
              + lastOffset
              + ", expected from "
              + (baseOffset + relativeOffsetLast)
              + " to "
              + (baseOffset + Integer.MAX_VALUE));
    }
    long at = (long) count * ENTRY_BYTES;
    memory.set(INT64, at + TIMESTAMP.at(), timestamp);
    memory.set(INT32, at + RELATIVE_OFFSET.at(), (int) relativeOffset);
    generation.publishCount(count + 1);
    return true;
  }

  /**
   * Takes away the entries at or above an offset.
   *
   * <pre>
   *   before            (T=1000, 109)  (T=1500, 131)  (T=1600, 131)
   *   truncateTo(132)   (T=1000, 109)  (T=1500, 131)  (T=1600, 131)
   *   truncateTo(131)   (T=1000, 109)
   *   truncateTo(109)   none
   * </pre>
   *
   * <p>A lookup that runs at the same time may still see the entries that go.
   *
   * @throws IllegalStateException if the index is not one that grows
   */
  public void truncateTo(long offset) {
    EntryArray.Generation generation = entries.acquire();
    int keep =
        offset <= baseOffset
            ? 0
            : RELATIVE_OFFSET.floorSlot(
                    generation.memory(), generation.acquireCount(), offset - 1 - baseOffset)
                + 1;
    entries.truncate(keep);
  }

  /**
   * Looks for what makes this index unfit to be trusted: a partial entry, timestamps that do not
   * strictly increase, offsets that decrease, zeros at the end (a file that was preallocated and
   * never trimmed), an offset outside the segment. Reads every entry once.
   *
   * <p>It cannot tell whether the closing entry is missing; only the log can.
   *
   * @param endOffset the end of the segment's offsets, or the nearest bound that is known
   * @return the first fault by slot; empty if lookups can be trusted as far as the index alone can
   *     tell
   */
  public Optional<IndexFault> firstFault(long endOffset) {
    EntryArray.Generation generation = entries.acquire();
    MemorySegment memory = generation.memory();
    int count = generation.acquireCount();
    long timestampLast = NO_TIMESTAMP;
    long relativeOffsetLast = 0;
    for (int slot = 0; slot < count; slot++) {
      long timestamp = TIMESTAMP.key(memory, slot);
      long relativeOffset = RELATIVE_OFFSET.key(memory, slot);
      // Zeros in the first slot may be a record at the base offset with timestamp 0.
      if (timestamp == 0 && relativeOffset == 0 && slot > 0) {
        return fault(slot, "zeros", "the file trimmed to its entries");
      }
      if (timestamp <= timestampLast) {
        return fault(slot, "timestamp " + timestamp, "above " + timestampLast);
      }
      if (relativeOffset < relativeOffsetLast) {
        String expected = "at least " + (baseOffset + relativeOffsetLast);
        return fault(slot, "offset " + (baseOffset + relativeOffset), expected);
      }
      if (baseOffset + relativeOffset >= endOffset) {
        String expected = "below the segment's end " + endOffset;
        return fault(slot, "offset " + (baseOffset + relativeOffset), expected);
      }
      timestampLast = timestamp;
      relativeOffsetLast = relativeOffset;
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
