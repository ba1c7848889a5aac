package dev.varve.compaction;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyMapTest {
  private static final long BUDGET_BYTES = 1 << 20;
  private static final long MANY_RECORDS = 1_000_000;
  private static final long FIRST_OFFSET = 1000;

  private final Arena arena = Arena.ofConfined();
  private final FakeLog log = new FakeLog();

  @AfterEach
  void free() {
    arena.close();
  }

  private KeyMap map(long budgetBytes, KeyHash hash) {
    KeyMap map = KeyMap.sized(arena, budgetBytes, MANY_RECORDS, hash);
    map.clear(FIRST_OFFSET, MANY_RECORDS, log);
    return map;
  }

  private static KeyHash constant(long value) {
    return (memory, position, keyBytes) -> value;
  }

  private static byte[] key(int number) {
    return ("key-" + number).getBytes(US_ASCII);
  }

  private static byte[] longKey(int number) {
    return ("a key that is too long for the cache " + number).getBytes(US_ASCII);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 12, 13, 30, 150})
  void keysThatCollideInEveryBitAreToldApart(int count) {
    KeyMap map = map(BUDGET_BYTES, constant(0x123456789abcdefL));
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < count; i++) {
        assertThat(log.put(map, key(i), FIRST_OFFSET + (long) round * count + i)).isTrue();
      }
    }
    assertThat(map.size()).isEqualTo(count);
    for (int i = 0; i < count; i++) {
      long latest = FIRST_OFFSET + count + i;
      assertThat(FakeLog.latestOffset(map, key(i), FIRST_OFFSET + i)).isEqualTo(latest);
      assertThat(FakeLog.latestOffset(map, key(i), latest)).isEqualTo(latest);
      assertThat(FakeLog.latestOffset(map, key(i), 7)).isEqualTo(latest);
      assertThat(FakeLog.isLatest(map, key(i), FIRST_OFFSET + i)).isFalse();
      assertThat(FakeLog.isLatest(map, key(i), latest)).isTrue();
    }
    assertThat(FakeLog.latestOffset(map, key(count), 7)).isEqualTo(-1);
  }

  @Test
  void keysOfTheSameTagInOtherBucketsCostNoComparison() {
    // A hash whose lower half is always the same: the tag and the line of the cache.
    KeyMap map =
        map(
            BUDGET_BYTES,
            (memory, position, keyBytes) -> {
              long number = memory.get(ValueLayout.JAVA_BYTE, position + 4) - (long) '0';
              return number << 60 | 5;
            });
    for (int i = 0; i < 8; i++) {
      assertThat(log.put(map, key(i), FIRST_OFFSET + i)).isTrue();
    }
    assertThat(map.size()).isEqualTo(8);
    for (int i = 0; i < 8; i++) {
      assertThat(FakeLog.latestOffset(map, key(i), FIRST_OFFSET + i)).isEqualTo(FIRST_OFFSET + i);
    }
    assertThat(map.logComparisons()).isZero();
  }

  @Test
  void whatTheLastBucketHasNoRoomForIsInTheFirst() {
    KeyMap map = KeyMap.sized(arena, 4 * 64 + 2 * 32, 3 * 11, constant(-1L)); // the last bucket
    map.clear(FIRST_OFFSET, 3 * 11, log);
    int count = (int) map.keysMax();
    assertThat(count).isGreaterThan(2 * KeyTable.BUCKET_ENTRIES);
    for (int i = 0; i < count; i++) {
      assertThat(log.put(map, key(i), FIRST_OFFSET + i)).isTrue();
    }
    for (int i = 0; i < count; i++) {
      assertThat(FakeLog.latestOffset(map, key(i), 0)).isEqualTo(FIRST_OFFSET + i);
    }
  }

  @Test
  void aFullMapRefusesNewKeysAndStaysRight() {
    KeyMap map = map(KeyMapSplit.BUDGET_BYTES_MIN, new FoldedHash(1));
    int count = (int) map.keysMax();
    assertThat(count).isEqualTo(11);
    for (int i = 0; i < count; i++) {
      assertThat(log.put(map, key(i), FIRST_OFFSET + i)).isTrue();
    }
    long next = FIRST_OFFSET + count;

    assertThat(log.put(map, key(count), next)).isFalse();
    assertThat(map.size()).isEqualTo(count);
    assertThat(FakeLog.latestOffset(map, key(count), 0)).isEqualTo(-1);
    assertThat(FakeLog.isLatest(map, key(count), next)).isTrue();
    for (int i = 0; i < count; i++) {
      assertThat(FakeLog.latestOffset(map, key(i), 0)).isEqualTo(FIRST_OFFSET + i);
    }

    assertThat(log.put(map, key(3), next)).as("a known key").isTrue();
    assertThat(FakeLog.latestOffset(map, key(3), FIRST_OFFSET + 3)).isEqualTo(next);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPassReachesAsFarAsFourBytes(boolean cached) {
    KeyMap map = map(BUDGET_BYTES, new FoldedHash(1));
    byte[] key = cached ? key(1) : longKey(1);
    long last = FIRST_OFFSET + (1L << 32) - 1;

    assertThat(log.put(map, key, FIRST_OFFSET)).isTrue();
    assertThat(log.put(map, key(2), FIRST_OFFSET + 1 + Integer.MAX_VALUE)).isTrue();
    assertThat(log.put(map, key, last)).isTrue();
    assertThat(log.put(map, key, last + 1)).isFalse();
    assertThat(log.put(map, key(3), last + 1)).isFalse();
    assertThat(map.size()).isEqualTo(2);
    assertThat(FakeLog.latestOffset(map, key, FIRST_OFFSET)).isEqualTo(last);
    assertThat(FakeLog.latestOffset(map, key, 0)).isEqualTo(last);
    assertThat(FakeLog.isLatest(map, key, last)).isTrue();
    assertThat(FakeLog.latestOffset(map, key(2), 0))
        .isEqualTo(FIRST_OFFSET + 1 + Integer.MAX_VALUE);
    assertThat(FakeLog.latestOffset(map, key(3), 0)).isEqualTo(-1);
  }

  @Test
  void aRepeatedKeyIsToldByTheCacheWhileItsLineIsUntouched() {
    KeyMap map = map(BUDGET_BYTES, new FoldedHash(1));
    for (int i = 0; i < 100; i++) {
      assertThat(log.put(map, key(1), FIRST_OFFSET + i)).isTrue();
    }
    assertThat(map.logComparisons()).isZero();
    assertThat(map.cacheHits()).isEqualTo(99);
  }

  @Test
  void aKeyWhoseLineWasOverwrittenIsComparedWithTheLog() {
    // The smallest map has one line for all keys.
    KeyMap map = KeyMap.sized(arena, KeyMapSplit.BUDGET_BYTES_MIN, 11, new FoldedHash(1));
    map.clear(FIRST_OFFSET, 11, log);
    log.put(map, key(1), FIRST_OFFSET);
    log.put(map, key(2), FIRST_OFFSET + 1);
    assertThat(map.logComparisons()).isZero();

    assertThat(log.put(map, key(1), FIRST_OFFSET + 2)).isTrue();
    assertThat(map.logComparisons()).isEqualTo(1);
    assertThat(map.size()).isEqualTo(2);
    assertThat(FakeLog.latestOffset(map, key(1), 0)).isEqualTo(FIRST_OFFSET + 2);
    assertThat(FakeLog.latestOffset(map, key(2), 0)).isEqualTo(FIRST_OFFSET + 1);
  }

  @Test
  void aKeyTooLongForTheCacheIsComparedWithTheLog() {
    KeyMap map = map(BUDGET_BYTES, new FoldedHash(1));
    log.put(map, longKey(1), FIRST_OFFSET);
    log.put(map, longKey(1), FIRST_OFFSET + 1);

    assertThat(map.logComparisons()).isEqualTo(1);
    assertThat(map.cacheHits()).isZero();
    assertThat(map.size()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 26, 27, 28})
  void keysOfEverySizeAreKept(int keyBytes) {
    KeyMap map = map(BUDGET_BYTES, constant(1));
    byte[] key = new byte[keyBytes];
    byte[] longer = new byte[keyBytes + 1];
    log.put(map, key, FIRST_OFFSET);
    log.put(map, longer, FIRST_OFFSET + 1);
    log.put(map, key, FIRST_OFFSET + 2);

    assertThat(map.size()).isEqualTo(2);
    assertThat(FakeLog.latestOffset(map, key, 0)).isEqualTo(FIRST_OFFSET + 2);
    assertThat(FakeLog.latestOffset(map, longer, 0)).isEqualTo(FIRST_OFFSET + 1);
  }

  @Test
  void aRecordThatWasPutIsJudgedWithoutItsKey() {
    KeyMap map = map(BUDGET_BYTES, constant(1));
    for (int i = 0; i < 100; i++) {
      log.put(map, longKey(i % 50), FIRST_OFFSET + i);
    }
    long before = map.logComparisons();
    for (int i = 0; i < 100; i++) {
      assertThat(FakeLog.isLatest(map, longKey(i % 50), FIRST_OFFSET + i)).isEqualTo(i >= 50);
    }
    assertThat(map.logComparisons()).isEqualTo(before);
  }

  @Test
  void anOnlyCandidateNeedsNoComparison() {
    KeyMap map = map(BUDGET_BYTES, new FoldedHash(1));
    log.put(map, longKey(1), FIRST_OFFSET);
    log.put(map, longKey(1), FIRST_OFFSET + 1);
    long before = map.logComparisons();

    assertThat(FakeLog.latestOffset(map, longKey(1), FIRST_OFFSET)).isEqualTo(FIRST_OFFSET + 1);
    assertThat(map.logComparisons()).isEqualTo(before);
    assertThat(FakeLog.latestOffset(map, longKey(1), FIRST_OFFSET - 1)).isEqualTo(FIRST_OFFSET + 1);
    assertThat(map.logComparisons()).as("a record that was not put").isEqualTo(before + 1);
  }

  @Test
  void aLogThatCannotBeReadLeavesTheMapAsItWas() {
    KeyMap map = KeyMap.sized(arena, BUDGET_BYTES, 10, constant(1));
    map.clear(
        FIRST_OFFSET,
        10,
        (offset, memory, position, keyBytes) -> {
          throw new IllegalStateException("unreadable");
        });
    byte[] key = longKey(1);
    MemorySegment memory = MemorySegment.ofArray(key);
    map.put(memory, 0, key.length, FIRST_OFFSET);

    assertThatThrownBy(() -> map.put(memory, 0, key.length, FIRST_OFFSET + 1))
        .hasMessage("unreadable");
    assertThat(map.size()).isEqualTo(1);
    assertThat(map.isLatest(memory, 0, key.length, FIRST_OFFSET)).isTrue();
  }

  @Test
  void aClearedMapKnowsNothingOfTheLastPass() {
    KeyMap map = map(BUDGET_BYTES, new FoldedHash(1));
    for (int i = 0; i < 5000; i++) {
      log.put(map, key(i % 2500), FIRST_OFFSET + i);
    }
    FakeLog other = new FakeLog();
    map.clear(3, 100, other);

    assertThat(map.size()).isZero();
    assertThat(map.logComparisons()).isZero();
    assertThat(map.cacheHits()).isZero();
    assertThat(map.keysMax()).isBetween(100L, 120L);
    for (int i = 0; i < 2500; i++) {
      assertThat(FakeLog.latestOffset(map, key(i), 0)).isEqualTo(-1);
    }
    assertThat(other.put(map, key(1), 3)).isTrue();
    assertThat(FakeLog.latestOffset(map, key(1), 0)).isEqualTo(3);
  }

  @Test
  void keysOnAndOffTheHeapAreTheSame() {
    KeyMap map = map(BUDGET_BYTES, new FoldedHash(1));
    byte[] key = key(1);
    log.put(map, key, FIRST_OFFSET);
    MemorySegment offHeap = arena.allocate(key.length + 3);
    MemorySegment.copy(MemorySegment.ofArray(key), 0, offHeap, 3, key.length);

    assertThat(map.latestOffset(offHeap, 3, key.length, 0)).isEqualTo(FIRST_OFFSET);
    assertThat(map.put(offHeap, 3, key.length, FIRST_OFFSET + 1)).isTrue();
    assertThat(map.size()).isEqualTo(1);
  }

  @Test
  void offsetsHaveToAscend() {
    KeyMap map = map(BUDGET_BYTES, new FoldedHash(1));
    assertThatThrownBy(() -> log.put(map, key(1), FIRST_OFFSET - 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("found offset 999, expected one above 999");
    log.put(map, key(1), FIRST_OFFSET + 4);
    assertThatThrownBy(() -> log.put(map, key(1), FIRST_OFFSET + 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("found offset 1004, expected one above 1004");
  }

  @Test
  void aPassHasToBegin() {
    KeyMap map = KeyMap.sized(arena, BUDGET_BYTES, 10);
    assertThatThrownBy(() -> log.put(map, key(1), 0)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> map.clear(-1, 10, log)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aBudgetWithoutRoomForABucketAndALineIsRefused() {
    assertThatThrownBy(() -> KeyMap.sized(arena, 95, 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("found a budget of 95 bytes for a key map, expected 96 or more");
    assertThatThrownBy(() -> KeyMap.sized(arena, 96, -1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(KeyMap.sized(arena, 96, 10).keysMax()).isEqualTo(11);
  }

  @Test
  void aMebibyteHoldsAHundredAndSixtyThousandKeys() {
    assertThat(KeyMapSplit.of(1 << 20, Long.MAX_VALUE).keysMax()).isBetween(159_900L, 160_000L);
    assertThat(KeyMapSplit.of(64 << 20, 10_000_000).keysMax()).isGreaterThanOrEqualTo(10_000_000);
    KeyMapSplit roomy = KeyMapSplit.of(64 << 20, 1000);
    assertThat(roomy.buckets()).isEqualTo(90);
    assertThat(roomy.lines()).isEqualTo(2000);
  }

  @Test
  void puttingAndAskingMakeNoGarbage() {
    int count = 20_000;
    byte[] keys = new byte[12 * count];
    new Random(1).nextBytes(keys);
    MemorySegment memory = MemorySegment.ofArray(keys);
    LoggedKeys logged =
        (offset, key, position, keyBytes) -> {
          long there = (offset % count) * 12;
          return MemorySegment.mismatch(
                  memory, there, there + keyBytes, key, position, position + keyBytes)
              < 0;
        };
    KeyMap map =
        KeyMap.sized(arena, 200_000, count, new FoldedHash(1)); // a cache too small for all
    double least = Double.MAX_VALUE;
    for (int round = 0; round < 100 && least > 0.05; round++) {
      map.clear(0, count, logged);
      long before = allocatedBytes();
      int answers = 0;
      for (int i = 0; i < 2 * count; i++) {
        answers += map.put(memory, i % count * 12L, 12, i) ? 1 : 0;
      }
      for (int i = 0; i < 2 * count; i++) {
        answers += map.isLatest(memory, i % count * 12L, 12, i) ? 1 : 0;
        answers += map.latestOffset(memory, i % count * 12L, 12, i) >= count ? 1 : 0;
      }
      least = Math.min(least, (double) (allocatedBytes() - before) / (6 * count));
      assertThat(answers).isEqualTo(5 * count);
      assertThat(map.logComparisons()).isGreaterThan(count / 4);
    }
    assertThat(least).as("bytes of garbage a call").isLessThanOrEqualTo(0.05);
  }

  private static long allocatedBytes() {
    return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
  }
}
