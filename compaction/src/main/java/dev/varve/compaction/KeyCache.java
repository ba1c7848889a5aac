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
 * <p>A key can be in one line only, by its hash, and what is remembered last is there. So if a line
 * holds a key, it has the <em>last</em> delta that was remembered with it: each record that is put
 * has to be remembered. Keys of more than {@value #KEY_BYTES_MAX} bytes never are, nor is the very
 * last delta, whose line is empty.
 *
 * <p>Makes no garbage. For one thread at a time.
 */
final class KeyCache {
  static final int LINE_BYTES = 32;
  static final int KEY_BYTES_MAX = 27;

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(LITTLE_ENDIAN);
  private static final int SIZE_POSITION = 4;
  private static final int KEY_POSITION = 5;

  private final MemorySegment memory;
  private final long start;
  private final long lines;

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
    this.lines = lines;
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
    long line = lineOf(hash);
    int found = memory.get(INT, line);
    if (found == 0) {
      return Verdict.UNKNOWN;
    }
    boolean sameRecord = found == (int) (delta + 1);
    if (holds(line, keyMemory, keyPosition, keyBytes)) {
      return sameRecord ? Verdict.SAME_KEY : Verdict.OTHER_KEY;
    }
    return sameRecord ? Verdict.OTHER_KEY : Verdict.UNKNOWN;
  }

  private boolean holds(long line, MemorySegment keyMemory, long keyPosition, int keyBytes) {
    long key = line + KEY_POSITION;
    return memory.get(ValueLayout.JAVA_BYTE, line + SIZE_POSITION) == keyBytes
        && KeyBytes.equal(memory, key, keyMemory, keyPosition, keyBytes);
  }

  /** Remembers the key of the record with a delta, in place of whatever its line held. */
  void remember(long hash, MemorySegment keyMemory, long keyPosition, int keyBytes, long delta) {
    if (keyBytes <= KEY_BYTES_MAX) {
      long line = lineOf(hash);
      memory.set(INT, line, (int) (delta + 1));
      memory.set(ValueLayout.JAVA_BYTE, line + SIZE_POSITION, (byte) keyBytes);
      MemorySegment.copy(keyMemory, keyPosition, memory, line + KEY_POSITION, keyBytes);
    }
  }

  /** The bits of a hash that choose the line are not those that choose the bucket. */
  private long lineOf(long hash) {
    return start + Math.unsignedMultiplyHigh(Long.rotateLeft(hash, 32), lines) * LINE_BYTES;
  }
}
