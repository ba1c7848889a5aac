package dev.varve.compaction;

import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;

/**
 * A hash of 64 bits over a key. A {@link KeyMap} is right with any; all of the bits have to be good
 * for it to be fast.
 */
@FunctionalInterface
interface KeyHash {
  /**
   * The hash of a key, the same for the same bytes, whatever memory they lie in.
   *
   * @param keyMemory holds the key, on the heap or off it
   * @param keyPosition where the key begins, in bytes
   * @param keyBytes the size of the key, 0 or more
   */
  long hash(MemorySegment keyMemory, long keyPosition, int keyBytes);

  /**
   * A hash that is another one each time, so that nobody can choose keys that collide. Makes no
   * garbage, and is for any number of threads.
   */
  static KeyHash random() {
    return new FoldedHash(new SecureRandom().nextLong());
  }
}
