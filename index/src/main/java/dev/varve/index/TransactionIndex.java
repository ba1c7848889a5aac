package dev.varve.index;

import static dev.varve.index.SortedColumn.INT16;
import static dev.varve.index.SortedColumn.INT64;
import static java.lang.foreign.MemoryLayout.PathElement.groupElement;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The aborted transactions whose markers lie in one segment: the {@code .txnindex} file.
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-------------------------------+
 *  |           version 0           |
 *  +-------------------------------+-------------------------------+
 *  |                          producer id                          |
 *  |                                                               |
 *  +---------------------------------------------------------------+
 *  |           base offset of the transaction's first batch        |
 *  |                                                               |
 *  +---------------------------------------------------------------+
 *  |                   offset of the ABORT marker                  |
 *  |                                                               |
 *  +---------------------------------------------------------------+
 *  |                       last stable offset                      |
 *  |                                                               |
 *  +---------------------------------------------------------------+
 * </pre>
 *
 * <p>Big-endian; entries of 34 bytes back to back; offsets are absolute; those of the markers
 * strictly increase. A segment in which no transaction was aborted has no such file. It can be
 * rebuilt from the log, but not from this segment alone: a transaction may begin in an earlier one.
 *
 * <p>Thread safety: one thread at a time appends or truncates; any thread looks up meanwhile,
 * without a lock, and sees a complete prefix of the entries. Lifetime: the memory belongs to the
 * caller; after it is freed every call throws {@link IllegalStateException}.
 */
public final class TransactionIndex {
  private static final StructLayout ENTRY =
      MemoryLayout.structLayout(
          INT16.withName("version"),
          INT64.withName("producerId"),
          INT64.withName("firstOffset"),
          INT64.withName("lastOffset"),
          INT64.withName("lastStableOffset"));

  /** The width of an entry, in bytes. */
  public static final int ENTRY_BYTES = (int) ENTRY.byteSize();

  private static final short VERSION = 0;

  /** The file has no limit in Kafka; here positions in it are ints. */
  private static final int ENTRIES_MAX = Integer.MAX_VALUE / ENTRY_BYTES;

  private static final long VERSION_AT = ENTRY.byteOffset(groupElement("version"));
  private static final long PRODUCER_ID_AT = ENTRY.byteOffset(groupElement("producerId"));
  private static final long FIRST_OFFSET_AT = ENTRY.byteOffset(groupElement("firstOffset"));
  private static final SortedColumn LAST_OFFSET =
      new SortedColumn(ENTRY_BYTES, ENTRY.byteOffset(groupElement("lastOffset")), true);
  private static final long LAST_STABLE_OFFSET_AT =
      ENTRY.byteOffset(groupElement("lastStableOffset"));

  private final EntryArray entries;
  private final long baseOffset;

  private TransactionIndex(EntryArray entries, long baseOffset) {
    if (baseOffset < 0) {
      throw new IllegalArgumentException("base offset " + baseOffset + ", expected 0 or more");
    }
    this.entries = entries;
    this.baseOffset = baseOffset;
  }

  /**
   * The index of a sealed segment. It takes no more entries.
   *
   * @param memory the whole file; a partial entry at its end is ignored
   * @param baseOffset the segment's base offset, 0 or more
   */
  public static TransactionIndex over(MemorySegment memory, long baseOffset) {
    return new TransactionIndex(EntryArray.over(memory, ENTRY_BYTES), baseOffset);
  }

  /**
   * The empty index of a new active segment.
   *
   * @param allocator gives the memory, a page at first, then always twice as much; usually the
   *     segment's arena
   * @param baseOffset the segment's base offset, 0 or more
   */
  public static TransactionIndex growing(SegmentAllocator allocator, long baseOffset) {
    return growing(allocator, baseOffset, MemorySegment.NULL);
  }

  /**
   * The index of an active segment that is opened again.
   *
   * @param written the entries it has so far, checked by {@link #firstFault}; they are copied, but
   *     for a partial one at the end
   * @see #growing(SegmentAllocator, long)
   */
  public static TransactionIndex growing(
      SegmentAllocator allocator, long baseOffset, MemorySegment written) {
    return new TransactionIndex(
        EntryArray.growing(allocator, ENTRY_BYTES, ENTRIES_MAX, written), baseOffset);
  }

  /** The segment's first offset. */
  public long baseOffset() {
    return baseOffset;
  }

  /** The entries that are there now. */
  public int entryCount() {
    return entries.acquireCount();
  }

  /**
   * The transaction in the entry in {@code slot}.
   *
   * @throws IndexOutOfBoundsException if there is no such entry, or none any more
   */
  public AbortedTransaction transaction(int slot) {
    EntryArray.Generation generation = entries.acquire();
    return read(generation.memory(), Objects.checkIndex(slot, generation.acquireCount()));
  }

  private static AbortedTransaction read(MemorySegment memory, int slot) {
    long at = (long) slot * ENTRY_BYTES;
    return new AbortedTransaction(
        memory.get(INT64, at + PRODUCER_ID_AT),
        memory.get(INT64, at + FIRST_OFFSET_AT),
        memory.get(INT64, at + LAST_OFFSET.at()),
        memory.get(INT64, at + LAST_STABLE_OFFSET_AT));
  }

  /**
   * Adds a transaction behind all others.
   *
   * @param transaction its marker's offset lies at or above the base and above every other entry's;
   *     its first offset does not lie above the marker's, its last stable offset not above the one
   *     that follows the marker
   * @throws IllegalArgumentException if an offset is out of range or order
   * @throws IllegalStateException if the index is not one that grows, or holds 2 GiB
   */
  public void append(AbortedTransaction transaction) {
    EntryArray.Generation generation = entries.withRoom();
    MemorySegment memory = generation.memory();
    int count = generation.acquireCount();
    long lastOffsetLast = count == 0 ? baseOffset - 1 : LAST_OFFSET.key(memory, count - 1);
    Optional<IndexFault> fault = offsetFault(count, transaction, lastOffsetLast);
    if (fault.isPresent()) {
      throw new IllegalArgumentException(fault.get().toString());
    }
    long at = (long) count * ENTRY_BYTES;
    memory.set(INT16, at + VERSION_AT, VERSION);
    memory.set(INT64, at + PRODUCER_ID_AT, transaction.producerId());
    memory.set(INT64, at + FIRST_OFFSET_AT, transaction.firstOffset());
    memory.set(INT64, at + LAST_OFFSET.at(), transaction.lastOffset());
    memory.set(INT64, at + LAST_STABLE_OFFSET_AT, transaction.lastStableOffset());
    generation.publishCount(count + 1);
  }

  /** Is shown the entries of an index, field by field, so that none has to be made an object. */
  @FunctionalInterface
  public interface Visitor {
    /** Takes note of an entry; see {@link AbortedTransaction} for the fields. */
    void visit(long producerId, long firstOffset, long lastOffset, long lastStableOffset);
  }

  /**
   * Shows the aborted transactions that a fetch may meet, in the order of their markers.
   *
   * <pre>
   *                    fetchOffset             upperBoundOffset
   *   ---------------------[-----------------------)----------------
   *     first ---- marker  |                       |                   not met
   *               first ---|-- marker              |                   met
   *                        |  first -- marker      |                   met
   *                  first-|-----------------------|--- marker         met
   *                        |                       |first -- marker    not met
   * </pre>
   *
   * <p>A transaction stands in the index of the segment that holds its marker, which may come long
   * after the fetched range, so the search goes on through the following segments until an entry
   * says that all transactions below its last stable offset have been completed before it.
   *
   * <p>Makes no garbage.
   *
   * @param fetchOffset the first offset of the range
   * @param upperBoundOffset the end of the range
   * @param visitor is shown the transactions
   * @return whether the index of the next segment has to be searched as well
   */
  public boolean visitAborted(long fetchOffset, long upperBoundOffset, Visitor visitor) {
    assert fetchOffset <= upperBoundOffset : "a range does not end before it begins";
    EntryArray.Generation generation = entries.acquire();
    MemorySegment memory = generation.memory();
    int count = generation.acquireCount();
    // An entry whose marker lies below the range cannot end the search: its last stable offset is
    // at most the offset behind the marker.
    int slot = LAST_OFFSET.floorSlot(memory, count, fetchOffset - 1) + 1;
    for (; slot < count; slot++) {
      long at = (long) slot * ENTRY_BYTES;
      long firstOffset = memory.get(INT64, at + FIRST_OFFSET_AT);
      long lastStableOffset = memory.get(INT64, at + LAST_STABLE_OFFSET_AT);
      if (firstOffset < upperBoundOffset) {
        visitor.visit(
            memory.get(INT64, at + PRODUCER_ID_AT),
            firstOffset,
            memory.get(INT64, at + LAST_OFFSET.at()),
            lastStableOffset);
      }
      if (lastStableOffset >= upperBoundOffset) {
        return false;
      }
    }
    return true;
  }

  /**
   * Collects the aborted transactions that a fetch may meet.
   *
   * @see #visitAborted
   */
  public boolean collectAborted(
      long fetchOffset, long upperBoundOffset, List<AbortedTransaction> into) {
    return visitAborted(
        fetchOffset,
        upperBoundOffset,
        (producerId, firstOffset, lastOffset, lastStableOffset) ->
            into.add(
                new AbortedTransaction(producerId, firstOffset, lastOffset, lastStableOffset)));
  }

  /**
   * Takes away the transactions whose markers lie at or above an offset.
   *
   * <p>A lookup that runs at the same time may still see the entries that go.
   *
   * @throws IllegalStateException if the index is not one that grows
   */
  public void truncateTo(long offset) {
    EntryArray.Generation generation = entries.acquire();
    int count = generation.acquireCount();
    entries.truncate(LAST_OFFSET.floorSlot(generation.memory(), count, offset - 1) + 1);
  }

  /**
   * Looks for what makes this index unfit to be trusted: an unknown version, markers that do not
   * strictly increase or lie outside the segment, offsets that contradict each other. A partial
   * entry at the end is no fault. Reads every entry once.
   *
   * @param endOffset the end of the segment's offsets, or the nearest bound that is known
   * @return the first fault by slot; empty if the index can be trusted as far as it alone can tell
   */
  public Optional<IndexFault> firstFault(long endOffset) {
    EntryArray.Generation generation = entries.acquire();
    MemorySegment memory = generation.memory();
    int count = generation.acquireCount();
    long lastOffsetLast = baseOffset - 1;
    for (int slot = 0; slot < count; slot++) {
      short version = memory.get(INT16, (long) slot * ENTRY_BYTES + VERSION_AT);
      if (version != VERSION) {
        return fault(slot, "version " + version, "version " + VERSION);
      }
      AbortedTransaction transaction = read(memory, slot);
      Optional<IndexFault> fault = offsetFault(slot, transaction, lastOffsetLast);
      if (fault.isPresent()) {
        return fault;
      }
      if (transaction.lastOffset() >= endOffset) {
        String expected = "below the segment's end " + endOffset;
        return fault(slot, "marker at offset " + transaction.lastOffset(), expected);
      }
      lastOffsetLast = transaction.lastOffset();
    }
    return Optional.empty();
  }

  private static Optional<IndexFault> offsetFault(
      int slot, AbortedTransaction transaction, long lastOffsetLast) {
    long lastOffset = transaction.lastOffset();
    if (lastOffset <= lastOffsetLast) {
      return fault(slot, "marker at offset " + lastOffset, "above " + lastOffsetLast);
    }
    long firstOffset = transaction.firstOffset();
    if (firstOffset < 0 || firstOffset > lastOffset) {
      return fault(slot, "first offset " + firstOffset, "from 0 to the marker's " + lastOffset);
    }
    long lastStableOffset = transaction.lastStableOffset();
    if (lastStableOffset < 0 || lastStableOffset > lastOffset + 1) {
      String expected = "from 0 to the one behind the marker, " + (lastOffset + 1);
      return fault(slot, "last stable offset " + lastStableOffset, expected);
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
