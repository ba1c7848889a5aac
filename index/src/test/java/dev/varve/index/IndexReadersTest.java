package dev.varve.index;

import static dev.varve.index.HeapMemory.ALLOCATOR;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What readers see while the writer goes on. */
class IndexReadersTest {
  private static final int ENTRIES = 300_000;
  private static final int READERS = 3;

  @Test
  void whatAReaderTookIsNotOverwrittenByAppendsAfterATruncation() {
    OffsetIndex index = OffsetIndex.growing(ALLOCATOR, 0, 100);
    index.append(10, 100);
    index.append(20, 200);
    MemorySegment taken = index.bytes();
    String before = HeapMemory.toHex(taken);

    index.truncateTo(15);
    index.append(16, 160);

    assertThat(HeapMemory.toHex(taken)).isEqualTo(before);
    assertThat(index.floorPosition(20)).isEqualTo(160);
  }

  @Test
  void whatAReaderTookIsNotChangedByGrowth() {
    TimeIndex index = TimeIndex.growing(ALLOCATOR, 0, 10_000);
    index.append(1, 1);
    MemorySegment taken = index.bytes();
    String before = HeapMemory.toHex(taken);

    for (int entry = 2; entry < 9000; entry++) {
      index.append(entry, entry);
    }

    assertThat(HeapMemory.toHex(taken)).isEqualTo(before);
    assertThat(index.bytes().byteSize()).isEqualTo(8999 * 12L);
  }

  /**
   * Entry n is (3n + 1, 5n + 1): whatever count a reader sees, it can tell what every lookup below
   * it has to give. The index grows some ten times meanwhile.
   */
  @Test
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  void readersSeeACompletePrefixWhileTheIndexGrows() throws Exception {
    try (Arena arena = Arena.ofShared();
        ExecutorService threads = Executors.newFixedThreadPool(READERS + 1)) {
      OffsetIndex offsets = OffsetIndex.growing(arena, 0, ENTRIES);
      TimeIndex times = TimeIndex.growing(arena, 0, ENTRIES + 1);
      CyclicBarrier start = new CyclicBarrier(READERS + 1);
      List<Future<?>> ends = new ArrayList<>();
      ends.add(
          threads.submit(() -> {
            start.await();
            for (int entry = 0; entry < ENTRIES; entry++) {
              offsets.append(3L * entry + 1, 5 * entry + 1);
              times.append(3L * entry + 1, 5L * entry + 1);
            }
            return null;
          }));
      for (int reader = 0; reader < READERS; reader++) {
        ends.add(
            threads.submit(() -> {
              start.await();
              readToTheEnd(offsets, times);
              return null;
            }));
      }
      for (Future<?> end : ends) {
        end.get();
      }
    }
  }

  private static void readToTheEnd(OffsetIndex offsets, TimeIndex times) {
    int seen = 0;
    while (seen < ENTRIES) {
      int count = times.entryCount();
      // Times are appended after offsets, so these are at least as many.
      check(offsets.entryCount() >= count, "an offset entry published before a time entry is gone");
      check(count >= seen, "the count fell");
      seen = count;
      if (count > 0) {
        int last = count - 1;
        int middle = last / 2;
        check(offsets.floorPosition(3L * last + 1) == 5 * last + 1, "last position");
        check(offsets.floorPosition(3L * middle + 2) == 5 * middle + 1, "middle position");
        check(offsets.offset(last) == 3L * last + 1, "last offset");
        check(times.floorOffset(3L * last + 1) == 5L * last + 1, "last time");
        check(times.floorOffset(3L * middle + 3) == 5L * middle + 1, "middle time");
      }
    }
  }

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }
}
