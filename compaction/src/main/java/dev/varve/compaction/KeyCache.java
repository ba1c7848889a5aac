package dev.varve.compaction;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The keys of some records of a {@link KeyMap}, so that not each comparison has to go to the log.
 * Lines of 32 bytes:
 *
 * <pre>
 *   byte  0  delta of the record + 1, or 0 if the line is empty
 *         4  size of its key
 *         5  its key
 * </pre>
 *
 * <p>A key can be in one of {@value #WAYS} neighbouring lines, by its hash: in place of its last
 * record, or else where nothing is, or of the oldest. So if a line holds a key, it has the
 * <em>last</em> delta that was remembered with it: each record that is put has to be remembered.
 * Keys of more than {@value #KEY_BYTES_MAX} bytes never are, nor is the very last delta, whose line
 * is empty.
 *
 * <p>Makes no garbage. For one thread at a time.
 */
final class KeyCache {
  static final int LINE_BYTES = 32;
  static final int KEY_BYTES_MAX = 27;

  /** Two cache lines of the processor, which it likes to fetch together. */
  private static final int WAYS = 4;

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(LITTLE_ENDIAN);
  private static final int SIZE_POSITION = 4;
  private static final int KEY_POSITION = 5;

  private final MemorySegment memory;
  private final long start;
  private final long sets;
  private final int setBytes;

  /**
   * A cache without a key.
   *
   * @param memory holds the lines, which are zeros
   * @param start the position of the first line
   * @param lines how many, 1 or more
   */
  KeyCache(MemorySegment memory, long start, long lines) {
    this.memory = memory;
    this.start = start;
    int ways = (int) Math.min(lines, WAYS);
    this.sets = lines / ways;
    this.setBytes = ways * LINE_BYTES;
  }

  /** What the cache knows about a key and an entry. */
  enum Verdict {
    SAME_KEY,
    OTHER_KEY,
    UNKNOWN
  }

  /**
   * Whether the entry with a delta is that of a key.
   *
   * @param delta of an entry of the map: the last that was put with its key
   */
  Verdict compare(long hash, MemorySegment keyMemory, long keyPosition, int keyBytes, long delta) {
    int mark = (int) (delta + 1);
    long first = setOf(hash);
    long end = first + setBytes;
    for (long line = first; line < end && mark != 0; line += LINE_BYTES) {
      if (memory.get(INT, line) == mark) {
        return holds(line, keyMemory, keyPosition, keyBytes) ? Verdict.SAME_KEY : Verdict.OTHER_KEY;
      }
    }
    for (long line = first; line < end; line += LINE_BYTES) {
      if (memory.get(INT, line) != 0 && holds(line, keyMemory, keyPosition, keyBytes)) {
        return Verdict.OTHER_KEY; // the last record of this key is another
      }
    }
    return Verdict.UNKNOWN;
  }

  private boolean holds(long line, MemorySegment keyMemory, long keyPosition, int keyBytes) {
    long key = line + KEY_POSITION;
    return memory.get(ValueLayout.JAVA_BYTE, line + SIZE_POSITION) == keyBytes
        && KeyBytes.equal(memory, key, keyMemory, keyPosition, keyBytes);
  }

  /**
   * Remembers the key of the record with a delta.
   *
   * @param lastDelta that of the record with the same key that was remembered last; -1 if none was
   */
  void remember(
      long hash,
      MemorySegment keyMemory,
      long keyPosition,
      int keyBytes,
      long delta,
      long lastDelta) {
    if (keyBytes <= KEY_BYTES_MAX) {
      int lastMark = (int) (lastDelta + 1);
      long line = lineFor(hash, lastMark);
      boolean isThere = lastMark != 0 && memory.get(INT, line) == lastMark;
      memory.set(INT, line, (int) (delta + 1));
      if (isThere) {
        return;
      }
      memory.set(ValueLayout.JAVA_BYTE, line + SIZE_POSITION, (byte) keyBytes);
      MemorySegment.copy(keyMemory, keyPosition, memory, line + KEY_POSITION, keyBytes);
    }
  }

  /** The line with this mark; if there is none, an empty one or that of the oldest record. */
  private long lineFor(long hash, int mark) {
    long first = setOf(hash);
    long oldest = first;
    int oldestMark = memory.get(INT, first);
    for (long line = first; line < first + setBytes; line += LINE_BYTES) {
      int found = memory.get(INT, line);
      if (found == mark) {
        return line; // empty, if no record was remembered
      }
      if (Integer.compareUnsigned(found, oldestMark) < 0) {
        oldest = line;
        oldestMark = found;
      }
    }
    return oldest;
  }

  /** Reads what {@link #compare} will: returns something of it. */
  int touch(long hash) {
    long first = setOf(hash);
    return memory.get(INT, first) + memory.get(INT, first + setBytes - LINE_BYTES);
  }

  /** The bits of a hash that choose the lines are not those that choose the bucket. */
  private long setOf(long hash) {
    return start + Math.unsignedMultiplyHigh(Long.rotateLeft(hash, 32), sets) * setBytes;
  }
}
