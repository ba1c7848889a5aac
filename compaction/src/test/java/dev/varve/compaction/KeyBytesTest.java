package dev.varve.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KeyBytesTest {
  private static final int KEY_BYTES_MAX = 70;

  @Test
  void everyByteCountsAndNoneBeside() {
    try (Arena arena = Arena.ofConfined()) {
      for (int keyBytes = 0; keyBytes <= KEY_BYTES_MAX; keyBytes++) {
        byte[] key = new byte[keyBytes];
        new Random(keyBytes).nextBytes(key);
        MemorySegment left = MemorySegment.ofArray(key);
        MemorySegment right = arena.allocate(keyBytes + 20);
        right.fill((byte) 0x55);
        MemorySegment.copy(left, 0, right, 5, keyBytes);

        assertThat(KeyBytes.equal(left, 0, right, 5, keyBytes)).isTrue();
        for (int at = 0; at < keyBytes; at++) {
          key[at] ^= 1;
          assertThat(KeyBytes.equal(left, 0, right, 5, keyBytes))
              .as("byte %d of %d", at, keyBytes)
              .isFalse();
          key[at] ^= 1;
        }
      }
    }
  }
}
