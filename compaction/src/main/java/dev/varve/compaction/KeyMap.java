package dev.varve.compaction;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * From a key to the offset of its last record, for one stretch of a log: what compaction makes of
 * the records that it has not seen before, and then asks about each that it may keep.
 *
 * <p><b>Memory.</b> It is off the heap, of a size that is fixed when the map is made, and holds no
 * keys, but for a cache. An entry is an offset, as 4 bytes from the first one of the pass, and ten
 * bits of a hash; twelve of them share a line of the processor's cache with what belongs to them
 * all. At a load of at most {@value KeyMapSplit#LOAD_PERCENT_MAX} % that is 5.7 bytes a key, or
 * 182,800 keys a MiB of buckets. Of a budget 7/8 are buckets if need be, so that a MiB of budget
 * holds 160,000 keys.
 *
 * <p><b>Exact.</b> An entry with the tag of a key is taken for that of the key only when nothing
 * else is possible, or when the keys have been compared: with what the cache remembers (keys of up
 * to {@value KeyCache#KEY_BYTES_MAX} bytes), or with the log. Whatever the hash, no two keys are
 * ever mixed up.
 *
 * <p><b>A pass.</b> {@link #clear} begins it; {@link #put} takes the records of the stretch in the
 * order of their offsets, until one is refused or the stretch ends; then {@link #isLatest} and
 * {@link #latestOffset} answer. The map can be cleared for the next pass, of this log or another,
 * any number of times.
 *
 * <p>Putting and asking make no garbage. For one thread at a time; the memory is its owner's, and
 * after that is freed every call throws {@link IllegalStateException}.
 */
final class KeyMap {
  /** How far from the first offset of a pass its records can be: what fits into 4 bytes. */
  static final long DELTA_MAX = 0xffff_ffffL;

  private static final long NO_PASS = Long.MAX_VALUE;
  private static final LoggedKeys NO_LOG = (offset, memory, position, keyBytes) -> false;

  private final MemorySegment memory;
  private final long budgetBytes;
  private final long recordsMax;
  private final KeyHash keyHash;

  private KeyMapSplit split;
  private KeyTable table;
  private KeyCache cache;
  private LoggedKeys log = NO_LOG;
  private long firstOffset = NO_PASS;
  private long lastOffset = NO_PASS;
  private long size;
  private long logComparisons;
  private long cacheHits;

  /** Whether nothing was written yet: memory comes as zeros. */
  private boolean isBlank = true;

  /** The sum of what {@link #lookAhead} has read: without it nothing would have to be read. */
  @SuppressWarnings("UnusedVariable")
  private long readAhead;

  private KeyMap(Arena arena, long budgetBytes, long recordsMax, KeyHash keyHash) {
    this.budgetBytes = budgetBytes;
    this.recordsMax = recordsMax;
    this.keyHash = keyHash;
    this.split = KeyMapSplit.of(budgetBytes, recordsMax);
    this.memory = arena.allocate(split.bytes(), KeyTable.BUCKET_BYTES);
    this.table = new KeyTable(memory, split.buckets());
    this.cache = new KeyCache(memory, split.tableBytes(), split.lines());
  }

  /**
   * A map that has to be cleared before its first pass, with a hash of its own.
   *
   * @param arena gives the memory, and takes it back
   * @param budgetBytes the most memory that the map may take; no more is taken than {@code
   *     recordsMax} records have use for
   * @param recordsMax how many records a pass can have at most, 0 or more
   * @throws IllegalArgumentException if there is no room for a bucket and a line of the cache
   */
  static KeyMap sized(Arena arena, long budgetBytes, long recordsMax) {
    return sized(arena, budgetBytes, recordsMax, KeyHash.random());
  }

  /** As {@link #sized(Arena, long, long)}, with this hash. */
  static KeyMap sized(Arena arena, long budgetBytes, long recordsMax, KeyHash keyHash) {
    return new KeyMap(arena, budgetBytes, recordsMax, keyHash);
  }

  /**
   * Forgets everything, and begins a pass. Takes the time of setting as much memory to zero as the
   * records have use for.
   *
   * @param firstOffset of the first record that will be put, or one not far below: records beyond
   *     {@link #DELTA_MAX} from it are refused
   * @param recordsMax how many records will be put, 0 or more, as far as is known: it decides how
   *     the memory is split between buckets and cache, and so on {@link #keysMax}. What is more
   *     than the map was made for counts as that
   * @param log the log of the records
   */
  void clear(long firstOffset, long recordsMax, LoggedKeys log) {
    if (firstOffset < 0) {
      throw new IllegalArgumentException(
          "found first offset " + firstOffset + ", expected 0 or more");
    }
    split = KeyMapSplit.of(budgetBytes, Math.min(recordsMax, this.recordsMax));
    if (!isBlank) {
      memory.asSlice(0, split.bytes()).fill((byte) 0);
    }
    isBlank = false;
    table = new KeyTable(memory, split.buckets());
    cache = new KeyCache(memory, split.tableBytes(), split.lines());
    this.log = log;
    this.firstOffset = firstOffset;
    lastOffset = firstOffset - 1;
    size = 0;
    logComparisons = 0;
    cacheHits = 0;
  }

  /**
   * Hashes the keys of a batch that will be put or asked for next, and brings into the processor's
   * cache what that takes. One after the other, each key would wait for memory; here many of these
   * reads are on their way at once. Changes nothing but how long the following calls take.
   *
   * @param toPut whether the keys will be put, and not only asked for
   */
  void lookAhead(BatchRecords records, boolean toPut) {
    int count = records.count();
    MemorySegment keys = records.memory();
    for (int i = 0; i < count; i++) {
      if (records.hasKey(i)) {
        records.hash(i, keyHash.hash(keys, records.keyPosition(i), records.keyBytes(i)));
      }
    }
    long sum = 0;
    for (int i = 0; i < count; i++) {
      sum += table.tags(table.bucketOf(records.hash(i)));
    }
    for (int i = 0; toPut && i < count; i++) {
      sum += cache.touch(records.hash(i));
    }
    readAhead += sum;
  }

  /**
   * Takes note of a record.
   *
   * @param offset above those of all records that were put before
   * @return whether the record was taken. If not, nothing has changed: {@link #keysMax} is reached
   *     and the key is new, or the offset is too far from the first. The stretch ends before this
   *     record.
   */
  boolean put(MemorySegment keyMemory, long keyPosition, int keyBytes, long offset) {
    long hash = keyHash.hash(keyMemory, keyPosition, keyBytes);
    return put(hash, keyMemory, keyPosition, keyBytes, offset);
  }

  /** As {@link #put(MemorySegment, long, int, long)}, of a record that was looked ahead to. */
  boolean put(BatchRecords records, int index) {
    return put(
        records.hash(index),
        records.memory(),
        records.keyPosition(index),
        records.keyBytes(index),
        records.offset(index));
  }

  private boolean put(
      long hash, MemorySegment keyMemory, long keyPosition, int keyBytes, long offset) {
    if (offset <= lastOffset) {
      throw outOfOrder(offset);
    }
    long delta = offset - firstOffset;
    if (delta > DELTA_MAX) {
      return false;
    }
    long found = find(hash, keyMemory, keyPosition, keyBytes);
    long lastDelta = -1;
    if (found >= 0) {
      lastDelta = table.delta(found);
      table.setDelta(found, delta);
    } else if (size < split.keysMax()) {
      table.add(~found, hash, delta);
      size++;
    } else {
      return false;
    }
    cache.remember(hash, keyMemory, keyPosition, keyBytes, delta, lastDelta);
    lastOffset = offset;
    return true;
  }

  private RuntimeException outOfOrder(long offset) {
    return firstOffset == NO_PASS
        ? new IllegalStateException("found a key map without a pass, expected it cleared for one")
        : new IllegalArgumentException(
            "found offset " + offset + ", expected one above " + lastOffset);
  }

  /**
   * Whether no record with this key and a higher offset was put. Of a record that was put this can
   * be said without comparing keys.
   *
   * @param recordOffset the record's own. If it lies between the first offset of the pass and the
   *     last one that was put, the record was put; of one that was left out the answer is false
   */
  boolean isLatest(MemorySegment keyMemory, long keyPosition, int keyBytes, long recordOffset) {
    long hash = keyHash.hash(keyMemory, keyPosition, keyBytes);
    return isLatest(hash, keyMemory, keyPosition, keyBytes, recordOffset);
  }

  /** As {@link #isLatest(MemorySegment, long, int, long)}, of a record that was looked ahead to. */
  boolean isLatest(BatchRecords records, int index) {
    return isLatest(
        records.hash(index),
        records.memory(),
        records.keyPosition(index),
        records.keyBytes(index),
        records.offset(index));
  }

  private boolean isLatest(
      long hash, MemorySegment keyMemory, long keyPosition, int keyBytes, long recordOffset) {
    if (recordOffset > lastOffset) {
      return true;
    }
    if (recordOffset < firstOffset) {
      return find(hash, keyMemory, keyPosition, keyBytes) < 0;
    }
    return isEntry(hash, recordOffset - firstOffset);
  }

  /**
   * The offset of the last record with this key that was put, or -1 if there is none.
   *
   * @param recordOffset that of a record with the key, if it was put: then keys need be compared
   *     only if several entries could be the key's. Any offset below the first or above the last
   *     one of the pass, as -1, if not
   */
  long latestOffset(MemorySegment keyMemory, long keyPosition, int keyBytes, long recordOffset) {
    long hash = keyHash.hash(keyMemory, keyPosition, keyBytes);
    if (recordOffset < firstOffset || recordOffset > lastOffset) {
      long found = find(hash, keyMemory, keyPosition, keyBytes);
      return found < 0 ? -1 : firstOffset + table.delta(found);
    }
    long delta = recordOffset - firstOffset;
    if (isEntry(hash, delta)) {
      return recordOffset;
    }
    int candidates = candidates(hash, delta);
    return candidates == 0
        ? -1
        : replacementOf(hash, delta, candidates, keyMemory, keyPosition, keyBytes);
  }

  /** The most keys that a pass can have. */
  long keysMax() {
    return split.keysMax();
  }

  /** How many keys were put. */
  long size() {
    return size;
  }

  /** The memory of the map, in bytes, whatever is in it. */
  long bytes() {
    return memory.byteSize();
  }

  /** How often a key was compared with the log in this pass. */
  long logComparisons() {
    return logComparisons;
  }

  /** How often the cache saved a comparison with the log in this pass. */
  long cacheHits() {
    return cacheHits;
  }

  /** The place of the delta of a key, or ~bucket: where it belongs. */
  private long find(long hash, MemorySegment keyMemory, long keyPosition, int keyBytes) {
    long bucket = table.bucketOf(hash);
    while (true) {
      long rest = table.rest(bucket);
      long matches = KeyTable.matches(table.tags(bucket), rest, hash);
      for (; matches != 0; matches &= matches - 1) {
        int slot = KeyTable.slot(matches);
        long place = KeyTable.place(bucket, slot);
        if (KeyTable.hasTail(rest, slot, hash)
            && isOfKey(table.delta(place), hash, keyMemory, keyPosition, keyBytes)) {
          return place;
        }
      }
      if (!KeyTable.isFull(rest)) {
        return ~bucket;
      }
      bucket = table.bucketAfter(bucket);
    }
  }

  /** Whether an entry is that of a key: by the cache or, if it does not know, by the log. */
  private boolean isOfKey(
      long delta, long hash, MemorySegment keyMemory, long keyPosition, int keyBytes) {
    KeyCache.Verdict verdict = cache.compare(hash, keyMemory, keyPosition, keyBytes, delta);
    if (verdict == KeyCache.Verdict.UNKNOWN) {
      logComparisons++;
      return log.hasKeyAt(firstOffset + delta, keyMemory, keyPosition, keyBytes);
    }
    cacheHits++;
    return verdict == KeyCache.Verdict.SAME_KEY;
  }

  /** Whether there is an entry with a delta, which is that of a record whose key has the hash. */
  private boolean isEntry(long hash, long delta) {
    long bucket = table.bucketOf(hash);
    while (true) {
      long rest = table.rest(bucket);
      long matches = KeyTable.matches(table.tags(bucket), rest, hash);
      for (; matches != 0; matches &= matches - 1) {
        if (table.delta(KeyTable.place(bucket, KeyTable.slot(matches))) == delta) {
          return true;
        }
      }
      if (!KeyTable.isFull(rest)) {
        return false;
      }
      bucket = table.bucketAfter(bucket);
    }
  }

  /** How many entries could have replaced that of a record that was put: they came later. */
  private int candidates(long hash, long delta) {
    int count = 0;
    long bucket = table.bucketOf(hash);
    while (true) {
      long rest = table.rest(bucket);
      long matches = KeyTable.matches(table.tags(bucket), rest, hash);
      for (; matches != 0; matches &= matches - 1) {
        int slot = KeyTable.slot(matches);
        if (KeyTable.hasTail(rest, slot, hash)
            && table.delta(KeyTable.place(bucket, slot)) > delta) {
          count++;
        }
      }
      if (!KeyTable.isFull(rest)) {
        return count;
      }
      bucket = table.bucketAfter(bucket);
    }
  }

  /**
   * The offset of the entry that replaced that of a record: one of the candidates, and so the last
   * one if it is none of the others.
   */
  private long replacementOf(
      long hash,
      long delta,
      int candidates,
      MemorySegment keyMemory,
      long keyPosition,
      int keyBytes) {
    int left = candidates;
    long bucket = table.bucketOf(hash);
    while (true) {
      long rest = table.rest(bucket);
      long matches = KeyTable.matches(table.tags(bucket), rest, hash);
      for (; matches != 0; matches &= matches - 1) {
        int slot = KeyTable.slot(matches);
        long found = table.delta(KeyTable.place(bucket, slot));
        if (KeyTable.hasTail(rest, slot, hash)
            && found > delta
            && (--left == 0 || isOfKey(found, hash, keyMemory, keyPosition, keyBytes))) {
          return firstOffset + found;
        }
      }
      bucket = table.bucketAfter(bucket);
    }
  }
}
