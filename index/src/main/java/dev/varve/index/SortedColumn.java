package dev.varve.index;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * One field of an array of fixed-width entries, by which the entries are sorted.
 *
 * <p>A record, held in static finals: the compiler then folds widths and places into the search.
 *
 * @param entryBytes the width of an entry
 * @param at where in an entry the field begins, in bytes
 * @param wide whether the field is an {@code int64}; else it is an {@code int32}
 */
record SortedColumn(int entryBytes, long at, boolean wide) {
  static final ValueLayout.OfShort INT16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  static final ValueLayout.OfInt INT32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  static final ValueLayout.OfLong INT64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  /**
   * The end of an index that is searched first, and alone if the key lies in it.
   *
   * <p>A plain binary search probes the middle, then a quarter, and so on. Which pages these probes
   * hit moves as the index grows, so that a lookup near the end, as nearly all are (consumers that
   * keep up, followers), now and then meets pages that nobody has touched for long: a page fault
   * for a mapped index, cache misses for any.
   *
   * <pre>
   *   0                                            count - warm              count
   *   |------------------- cold --------------------|---------- warm ---------|
   *         probed only for keys below this point ──┘   probed by all others
   * </pre>
   *
   * <p>The idea and the size are Kafka's. Not larger: 8 KiB lie on three pages of 4 KiB at most,
   * which lookups at the end keep warm by themselves. Not smaller: it is 1,024 entries of an offset
   * index, which at one entry for 4 KiB of log cover the last 4 MiB, more than most readers that
   * keep up are behind.
   */
  static final int WARM_BYTES = 8192;

  /** The field of the entry in {@code slot}. */
  long key(MemorySegment memory, int slot) {
    long position = (long) slot * entryBytes + at;
    return wide ? memory.get(INT64, position) : memory.get(INT32, position);
  }

  /**
   * The last slot whose key is at most {@code key}, or -1.
   *
   * <pre>
   *   keys    10  20  20  30          floorSlot(20) = 2, floorSlot(29) = 2, floorSlot(9) = -1
   *   slots    0   1   2   3
   * </pre>
   *
   * @param count the entries to search, from slot 0; their keys must not decrease (if they do, the
   *     answer is some slot in [-1, count))
   */
  int floorSlot(MemorySegment memory, int count, long key) {
    // Always: keys of slots below low are at most the key, keys of slots above high are greater.
    int low = 0;
    int high = count - 1;
    int warmEntries = WARM_BYTES / entryBytes;
    if (count > warmEntries) {
      int cold = count - warmEntries - 1;
      if (key(memory, cold) <= key) {
        low = cold + 1;
      } else {
        high = cold - 1;
      }
    }
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (key(memory, middle) <= key) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high;
  }
}
