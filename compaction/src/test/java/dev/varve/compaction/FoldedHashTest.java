package dev.varve.compaction;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FoldedHashTest {
  private static final int KEY_BYTES_MAX = 70;

  private final FoldedHash hash = new FoldedHash(42);
  private final Random random = new Random(1);

  private static long of(KeyHash hash, byte[] key) {
    return hash.hash(MemorySegment.ofArray(key), 0, key.length);
  }

  @Test
  void everyBitOfAKeyOfEverySizeChangesAboutHalfOfTheHash() {
    for (int keyBytes = 1; keyBytes <= KEY_BYTES_MAX; keyBytes++) {
      for (int bit = 0; bit < 8 * keyBytes; bit++) {
        int changed = 0;
        for (int round = 0; round < 16; round++) {
          byte[] key = new byte[keyBytes];
          random.nextBytes(key);
          long before = of(hash, key);
          key[bit / 8] ^= (byte) (1 << bit % 8);
          changed += Long.bitCount(before ^ of(hash, key));
        }
        // 1024 coins were thrown; nine standard deviations are 144.
        assertThat(changed).as("bit %d of %d bytes", bit, keyBytes).isBetween(368, 656);
      }
    }
  }

  @Test
  void theSizeOfAKeyOfZerosCounts() {
    Set<Long> hashes = new HashSet<>();
    for (int keyBytes = 0; keyBytes <= KEY_BYTES_MAX; keyBytes++) {
      hashes.add(of(hash, new byte[keyBytes]));
    }
    assertThat(hashes).hasSize(KEY_BYTES_MAX + 1);
  }

  @Test
  void theSeedCounts() {
    byte[] key = {1, 2, 3};
    assertThat(of(new FoldedHash(1), key)).isNotEqualTo(of(new FoldedHash(2), key));
    assertThat(of(KeyHash.random(), key)).isNotEqualTo(of(KeyHash.random(), key));
  }

  @Test
  void theSameBytesHaveTheSameHashWhereverTheyLie() {
    try (Arena arena = Arena.ofConfined()) {
      for (int keyBytes = 0; keyBytes <= KEY_BYTES_MAX; keyBytes++) {
        byte[] key = new byte[keyBytes];
        random.nextBytes(key);
        MemorySegment offHeap = arena.allocate(keyBytes + 20);
        offHeap.fill((byte) -1);
        MemorySegment.copy(MemorySegment.ofArray(key), 0, offHeap, 7, keyBytes);
        assertThat(hash.hash(offHeap, 7, keyBytes)).isEqualTo(of(hash, key));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 24, 54}) // what chooses the tag, the line, the bucket
  void numberedKeysFallEvenlyIntoEachPartOfTheHash(int shift) {
    int[] counts = new int[1024];
    byte[] key = "user-00000000".getBytes(US_ASCII);
    int keys = 100 * counts.length;
    for (int i = 0; i < keys; i++) {
      int number = i;
      for (int at = key.length - 1; number > 0; at--, number /= 10) {
        key[at] = (byte) ('0' + number % 10);
      }
      counts[(int) (of(hash, key) >>> shift & 1023)]++;
    }
    // 100 each; the standard deviation is 10.
    assertThat(Arrays.stream(counts).min().getAsInt()).isGreaterThan(50);
    assertThat(Arrays.stream(counts).max().getAsInt()).isLessThan(160);
  }
}
