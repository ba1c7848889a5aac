package dev.varve.index;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * An array of fixed-width entries that one thread fills and any thread reads.
 *
 * <p>The array lives in a {@link Generation}: one piece of memory and the number of entries
 * published in it. Within a generation entries are only added. Growing and truncating begin a new
 * generation with memory of its own, so a reader that took the old one goes on with a consistent,
 * merely older, array: its count never lies beyond its memory, and no entry that it may look at is
 * ever overwritten.
 *
 * <p>Memory of old generations is given back when the allocator's arena closes. As sizes double it
 * never adds up to more than the array itself, but for truncations, which are rare.
 *
 * <p>Thread safety: {@link #withRoom}, {@link #truncate} and {@link Generation#publishCount} belong
 * to the writer, one thread at a time; all else is free for any thread and takes no lock.
 */
final class EntryArray {
  /** One page: most segments that are written slowly never need more. */
  private static final int BYTES_INITIAL = 4096;

  private static final VarHandle CURRENT;
  private static final VarHandle COUNT;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      CURRENT = lookup.findVarHandle(EntryArray.class, "current", Generation.class);
      COUNT = lookup.findVarHandle(Generation.class, "count", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** One piece of memory and how many of its entries are there for all to see. */
  static final class Generation {
    private final MemorySegment memory;
    private int count;

    private Generation(MemorySegment memory, int count) {
      this.memory = memory;
      this.count = count;
    }

    MemorySegment memory() {
      return memory;
    }

    /** The entries that a reader may look at. All their bytes are visible to it. */
    int acquireCount() {
      return (int) COUNT.getAcquire(this);
    }

    /** Shows readers the first {@code count} entries, whose bytes must have been written. */
    void publishCount(int count) {
      assert count > this.count : "entries within a generation are only added";
      COUNT.setRelease(this, count);
    }
  }

  private final int entryBytes;
  private final int entriesMax;

  /** Null when the array is fixed. */
  private final @Nullable SegmentAllocator allocator;

  /** Replaced by the writer (release), taken by readers (acquire). */
  private Generation current;

  private EntryArray(
      int entryBytes, int entriesMax, @Nullable SegmentAllocator allocator, Generation first) {
    this.entryBytes = entryBytes;
    this.entriesMax = entriesMax;
    this.allocator = allocator;
    this.current = first;
  }

  /** A complete array over {@code memory}; a partial entry at its end is left out. */
  static EntryArray over(MemorySegment memory, int entryBytes) {
    long entries = memory.byteSize() / entryBytes;
    if (entries > Integer.MAX_VALUE / entryBytes) {
      throw new IllegalArgumentException(
          "index of " + memory.byteSize() + " bytes, expected at most " + Integer.MAX_VALUE);
    }
    int count = (int) entries;
    return new EntryArray(entryBytes, count, null, new Generation(memory.asReadOnly(), count));
  }

  /** An array that begins with a copy of {@code entries} and grows to {@code entriesMax}. */
  static EntryArray growing(
      SegmentAllocator allocator, int entryBytes, int entriesMax, MemorySegment entries) {
    int count = (int) (entries.byteSize() / entryBytes);
    assert count <= entriesMax : "more entries than the array may hold";
    assert entriesMax <= Integer.MAX_VALUE / entryBytes : "positions in the array are ints";
    int capacity = Math.min(entriesMax, Math.max(BYTES_INITIAL / entryBytes, count));
    MemorySegment memory = allocator.allocate((long) capacity * entryBytes, Long.BYTES);
    MemorySegment.copy(entries, 0, memory, 0, (long) count * entryBytes);
    return new EntryArray(entryBytes, entriesMax, allocator, new Generation(memory, count));
  }

  Generation acquire() {
    return (Generation) CURRENT.getAcquire(this);
  }

  int acquireCount() {
    return acquire().acquireCount();
  }

  /**
   * The generation to write the next entry to, at the slot that its count names.
   *
   * @throws IllegalStateException if the array is fixed or has all its entries
   */
  Generation withRoom() {
    if (allocator == null) {
      throw new IllegalStateException("append to the index of a sealed segment");
    }
    Generation from = current;
    if (from.count == entriesMax) {
      throw new IllegalStateException("append to a full index of " + entriesMax + " entries");
    }
    long capacity = from.memory.byteSize() / entryBytes;
    if (from.count < capacity) {
      return from;
    }
    return publishCopy(allocator, from.count, Math.min(entriesMax, 2 * capacity));
  }

  /** Keeps the first {@code count} entries. */
  void truncate(int count) {
    if (allocator == null) {
      throw new IllegalStateException("truncation of the index of a sealed segment");
    }
    assert count >= 0 && count <= current.count : "truncation does not add entries";
    if (count < current.count) {
      publishCopy(allocator, count, current.memory.byteSize() / entryBytes);
    }
  }

  private Generation publishCopy(SegmentAllocator allocator, int count, long capacity) {
    MemorySegment memory = allocator.allocate(capacity * entryBytes, Long.BYTES);
    MemorySegment.copy(current.memory, 0, memory, 0, (long) count * entryBytes);
    Generation next = new Generation(memory, count);
    CURRENT.setRelease(this, next);
    return next;
  }

  /** The published entries, read-only. Valid as long as the memory of the array is. */
  MemorySegment bytes() {
    Generation generation = acquire();
    return generation.memory.asSlice(0, (long) generation.acquireCount() * entryBytes).asReadOnly();
  }

  /** What is left of the memory behind the last whole entry of a fixed array, in bytes. */
  int partialBytes() {
    return allocator == null ? (int) (acquire().memory.byteSize() % entryBytes) : 0;
  }
}
