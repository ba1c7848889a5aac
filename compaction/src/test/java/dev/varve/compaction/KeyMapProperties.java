package dev.varve.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

/** A map against a {@link HashMap} that holds all keys. */
class KeyMapProperties {
  private static final int KEY_BYTES_MAX = 40;
  private static final int RECORDS = 400;

  /** Hashes from a good one to one that is none. */
  enum Hashing {
    GOOD,
    FEW_VALUES,
    SAME_TAGS,
    SAME_BUCKET,
    CONSTANT;

    KeyHash of(long seed) {
      KeyHash good = new FoldedHash(seed);
      return switch (this) {
        case GOOD -> good;
        case FEW_VALUES ->
            (memory, position, bytes) ->
                (good.hash(memory, position, bytes) & 7) * 0x2492492492492492L;
        case SAME_TAGS ->
            (memory, position, bytes) ->
                good.hash(memory, position, bytes) & 0xffff_ffff_ffff_fc00L;
        case SAME_BUCKET -> (memory, position, bytes) -> good.hash(memory, position, bytes) >>> 40;
        case CONSTANT -> (memory, position, bytes) -> seed;
      };
    }
  }

  @Property(tries = 600)
  void everyPassAnswersAsAHashMap(
      @ForAll Hashing hashing,
      @ForAll long seed,
      @ForAll @LongRange(min = 96, max = 6000) long budgetBytes,
      @ForAll @IntRange(min = 1, max = 500) int recordsMax,
      @ForAll @IntRange(min = 1, max = RECORDS) int keyCount,
      @ForAll @LongRange(min = 0, max = Long.MAX_VALUE / 2) long firstOffset) {
    Random random = new Random(seed);
    byte[][] keys = keys(random, keyCount);
    try (Arena arena = Arena.ofConfined()) {
      KeyMap map = KeyMap.sized(arena, budgetBytes, recordsMax, hashing.of(seed));
      assertThat(map.bytes()).isLessThanOrEqualTo(budgetBytes);
      onePass(map, random, keys, firstOffset, recordsMax);
      onePass(map, random, keys, random.nextInt(1000), random.nextInt(1000));
    }
  }

  private static byte[][] keys(Random random, int count) {
    byte[][] keys = new byte[count][];
    for (int i = 0; i < count; i++) {
      keys[i] = new byte[random.nextInt(KEY_BYTES_MAX + 1)];
      random.nextBytes(keys[i]);
      for (int b = 0; b < keys[i].length - 1; b++) {
        keys[i][b] = (byte) (keys[i][b] & 1); // much alike, as keys are
      }
    }
    return keys;
  }

  private static void onePass(
      KeyMap map, Random random, byte[][] keys, long firstOffset, int recordsMax) {
    FakeLog log = new FakeLog();
    Map<ByteBuffer, Long> model = new HashMap<>();
    TreeMap<Long, byte[]> records = new TreeMap<>();
    map.clear(firstOffset, recordsMax, log);
    long offset = firstOffset + random.nextInt(3);
    for (int i = 0; i < RECORDS; i++, offset += 1 + random.nextInt(3)) {
      byte[] key = keys[random.nextInt(keys.length)];
      ByteBuffer modelKey = ByteBuffer.wrap(key);
      if (!log.put(map, key, offset)) {
        assertThat(map.size()).isEqualTo(map.keysMax());
        assertThat(model).doesNotContainKey(modelKey);
        break;
      }
      model.put(modelKey, offset);
      records.put(offset, key);
    }
    assertThat(map.size()).isEqualTo(model.size()).isLessThanOrEqualTo(map.keysMax());
    assertThat(map.logComparisons()).isEqualTo(log.comparisons());
    records.forEach((at, key) -> {
      long latest = model.getOrDefault(ByteBuffer.wrap(key), -1L);
      assertThat(FakeLog.latestOffset(map, key, at)).isEqualTo(latest);
      assertThat(FakeLog.isLatest(map, key, at)).isEqualTo(latest == at);
    });
    for (byte[] key : keys) { // as records that were not put
      long latest = model.getOrDefault(ByteBuffer.wrap(key), -1L);
      assertThat(FakeLog.latestOffset(map, key, -1)).isEqualTo(latest);
      assertThat(FakeLog.latestOffset(map, key, firstOffset - 1)).isEqualTo(latest);
      assertThat(FakeLog.latestOffset(map, key, offset)).isEqualTo(latest);
      assertThat(FakeLog.isLatest(map, key, firstOffset - 1)).isEqualTo(latest == -1);
      assertThat(FakeLog.isLatest(map, key, offset)).isTrue();
    }
    assertThat(map.logComparisons()).isEqualTo(log.comparisons());
  }

  @Property
  void aSplitKeepsWithinItsBudgetAndNeverGrowsWithFewerRecords(
      @ForAll @LongRange(min = 96, max = 1L << 40) long budgetBytes,
      @ForAll @LongRange(min = 0, max = Long.MAX_VALUE) long recordsMax,
      @ForAll @LongRange(min = 0, max = 1L << 34) long fewerRecords) {
    KeyMapSplit split = KeyMapSplit.of(budgetBytes, recordsMax);
    KeyMapSplit smaller = KeyMapSplit.of(budgetBytes, Math.min(recordsMax, fewerRecords));

    assertThat(split.bytes()).isBetween(KeyMapSplit.BUDGET_BYTES_MIN, budgetBytes);
    assertThat(smaller.bytes()).isLessThanOrEqualTo(split.bytes());
    assertThat(split.keysMax()).isLessThan(split.buckets() * KeyTable.BUCKET_ENTRIES);
    long tableBytesMax = budgetBytes - Math.max(32, Math.ceilDiv(budgetBytes, 8));
    assertThat(split.tableBytes()).isLessThanOrEqualTo(tableBytesMax);
    if (split.tableBytes() + 64 <= tableBytesMax && split.buckets() < 1L << 30) {
      assertThat(split.keysMax()).as("room for all records").isGreaterThanOrEqualTo(recordsMax);
    }
  }
}
