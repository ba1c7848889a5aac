package dev.varve.compaction;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A hash by folded multiplication: two words are multiplied to 128 bits, and the upper half is laid
 * over the lower one. The idea is that of Vladimir Makarov's <a
 * href="https://github.com/vnmakarov/mum-hash">mum-hash</a>, made popular by Wang Yi's <a
 * href="https://github.com/wangyi-fudan/wyhash">wyhash</a>; the values are neither's. Both factors
 * depend on the seed, so that without it nobody can choose bytes that make one of them zero.
 *
 * <p>It is no cryptographic hash. Immutable; for any number of threads; makes no garbage.
 */
final class FoldedHash implements KeyHash {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  /** Odd, with as many ones as zeros in no order: the golden ratio, and the roots of 3 and 5. */
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private static final long ROOT_3 = 0xbb67ae8584caa73bL;
  private static final long ROOT_5 = 0x3c6ef372fe94f82bL;

  private final long left;
  private final long right;

  /** A hash that depends on the seed in every bit. */
  FoldedHash(long seed) {
    left = fold(seed ^ GOLDEN, ROOT_3);
    right = fold(seed ^ ROOT_5, GOLDEN);
  }

  @Override
  public long hash(MemorySegment keyMemory, long keyPosition, int keyBytes) {
    long state = right;
    long position = keyPosition;
    int left16 = keyBytes;
    for (; left16 > 16; left16 -= 16, position += 16) {
      state = fold(keyMemory.get(LONG, position) ^ left, keyMemory.get(LONG, position + 8) ^ state);
    }
    long first;
    long second; // overlaps the first where less than two words are left
    if (left16 >= 8) {
      first = keyMemory.get(LONG, position);
      second = keyMemory.get(LONG, position + left16 - 8);
    } else if (left16 >= 4) {
      first = keyMemory.get(INT, position);
      second = keyMemory.get(INT, position + left16 - 4);
    } else {
      first = upToThree(keyMemory, position, left16);
      second = 0;
    }
    return fold(fold(first ^ left, second ^ state) ^ keyBytes, GOLDEN ^ left);
  }

  private static long upToThree(MemorySegment memory, long position, int count) {
    return count == 0
        ? 0
        : byteAt(memory, position) << 16
            | byteAt(memory, position + (count >>> 1)) << 8
            | byteAt(memory, position + count - 1);
  }

  private static long byteAt(MemorySegment memory, long position) {
    return memory.get(ValueLayout.JAVA_BYTE, position) & 0xffL;
  }

  private static long fold(long a, long b) {
    return a * b ^ Math.unsignedMultiplyHigh(a, b);
  }
}
