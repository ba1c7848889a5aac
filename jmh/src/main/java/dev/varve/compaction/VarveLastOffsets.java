package dev.varve.compaction;

import static dev.varve.compaction.KeyStream.KEY_BYTES;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** {@link KeyMap}, over a log that is nothing but keys in memory. */
final class VarveLastOffsets implements LastOffsets {
  private final Arena arena = Arena.ofShared();
  private final MemorySegment keys;
  private final int recordCount;
  private final KeyMap map;

  VarveLastOffsets(KeyStream stream) {
    keys = MemorySegment.ofArray(stream.keys());
    recordCount = stream.recordCount();
    // 7/8 are for buckets; the constant is for what is rounded down.
    map = KeyMap.sized(arena, 1024 + (long) (stream.keyCount() * 6.56), recordCount);
    clear();
  }

  @Override
  public void clear() {
    map.clear(0, recordCount, this::hasKeyAt);
  }

  private boolean hasKeyAt(long offset, MemorySegment memory, long position, int keyBytes) {
    return keyBytes == KEY_BYTES
        && KeyBytes.equal(keys, offset * KEY_BYTES, memory, position, keyBytes);
  }

  @Override
  public void putAll() {
    for (int i = 0; i < recordCount; i++) {
      if (!map.put(keys, (long) i * KEY_BYTES, KEY_BYTES, i)) {
        throw new IllegalStateException("found a full map at record " + i + ", expected room");
      }
    }
  }

  @Override
  public int countLatest() {
    int count = 0;
    for (int i = 0; i < recordCount; i++) {
      if (map.isLatest(keys, (long) i * KEY_BYTES, KEY_BYTES, i)) {
        count++;
      }
    }
    return count;
  }

  @Override
  public double keysPerMebibyte() {
    return map.keysMax() / (map.bytes() / (double) (1 << 20));
  }

  @Override
  public long logComparisons() {
    return map.logComparisons();
  }

  @Override
  public void close() {
    arena.close();
  }
}
