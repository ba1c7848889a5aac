package dev.varve.compaction;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** A log of nothing but keys, by offset. */
final class FakeLog implements LoggedKeys {
  private final Map<Long, byte[]> keys = new HashMap<>();
  private long comparisons;

  /** Appends a record, and puts it into a map. */
  boolean put(KeyMap map, byte[] key, long offset) {
    keys.put(offset, key);
    boolean taken = map.put(MemorySegment.ofArray(key), 0, key.length, offset);
    if (!taken) {
      keys.remove(offset);
    }
    return taken;
  }

  static long latestOffset(KeyMap map, byte[] key, long offset) {
    return map.latestOffset(MemorySegment.ofArray(key), 0, key.length, offset);
  }

  static boolean isLatest(KeyMap map, byte[] key, long offset) {
    return map.isLatest(MemorySegment.ofArray(key), 0, key.length, offset);
  }

  @Override
  public boolean hasKeyAt(long offset, MemorySegment memory, long position, int keyBytes) {
    comparisons++;
    byte[] key = keys.get(offset);
    if (key == null) {
      throw new AssertionError("asked for offset " + offset + ", which was not put");
    }
    return Arrays.equals(key, memory.asSlice(position, keyBytes).toArray(ValueLayout.JAVA_BYTE));
  }

  long comparisons() {
    return comparisons;
  }
}
