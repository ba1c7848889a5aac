package dev.varve.compaction;

import java.lang.foreign.MemorySegment;

/**
 * The keys of a log, as a {@link KeyMap} asks for them: the map holds no keys, so what it cannot
 * tell by a hash it compares with the log.
 *
 * <p>A call may read from the disk. What it throws passes through the map, which is then as it was
 * before.
 */
@FunctionalInterface
interface LoggedKeys {
  /**
   * Whether the record at an offset has exactly this key.
   *
   * @param offset of a record that was put into the map and that no later one of its key replaced
   * @param keyMemory holds the key, as it was handed to the map
   * @param keyPosition where the key begins, in bytes
   * @param keyBytes the size of the key, 0 or more
   */
  boolean hasKeyAt(long offset, MemorySegment keyMemory, long keyPosition, int keyBytes);
}
