package dev.varve.log.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.index.OffsetIndex;
import dev.varve.index.TimeIndex;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The pins of {@link SegmentMemory}, {@link Reclaimer}, and what is unmapped before. */
@Timeout(60)
class SegmentMemoryTest {

  static SegmentMemory memory(long filling) {
    Arena arena = Arena.ofShared();
    MemorySegment log = arena.allocate(64);
    log.set(ValueLayout.JAVA_LONG, 0, filling);
    return new SegmentMemory(
        arena, log, OffsetIndex.growing(arena, 0, 4), TimeIndex.growing(arena, 0, 4));
  }

  @Test
  void theLastPinDecidesAndOnceGoneItIsGone() throws IOException {
    SegmentMemory memory = memory(1);
    Reclaimer reclaimer = new Reclaimer();
    assertThat(memory.tryPin()).isTrue();
    assertThat(memory.readerPins()).isEqualTo(1);
    AtomicBoolean after = new AtomicBoolean();
    reclaimer.retire(memory, () -> after.set(true));
    assertThat(memory.readerPins()).isEqualTo(1);
    assertThat(reclaimer.retiredPins()).isEqualTo(1);
    assertThat(memory.tryPin()).as("retired, but pinned by another").isTrue();
    memory.unpin();
    assertThat(reclaimer.reclaim()).isZero();
    assertThat(after).isFalse();
    assertThat(memory.log().get(ValueLayout.JAVA_LONG, 0)).isEqualTo(1);
    memory.unpin();
    assertThat(memory.tryPin()).isFalse();
    assertThat(reclaimer.reclaim()).isEqualTo(1);
    assertThat(after).isTrue();
    assertThat(memory.log().scope().isAlive()).isFalse();
    assertThat(reclaimer.reclaim()).isZero();
    assertThat(reclaimer.backlog()).isZero();
  }

  @Test
  void whatFailsAfterTheCloseIsTriedAgainAndHoldsUpNothingElse() throws IOException {
    Reclaimer reclaimer = new Reclaimer();
    AtomicBoolean broken = new AtomicBoolean(true);
    List<String> done = new ArrayList<>();
    reclaimer.retire(
        memory(1),
        () -> {
          if (broken.get()) {
            throw new IOException("broken");
          }
          done.add("first");
        });
    reclaimer.retire(memory(2), () -> done.add("second"));
    for (int again = 0; again < 2; again++) {
      assertThatThrownBy(reclaimer::reclaim).hasMessage("broken");
      assertThat(done).containsExactly("second");
      assertThat(reclaimer.backlog()).isEqualTo(1);
    }
    broken.set(false);
    assertThat(reclaimer.reclaim()).isEqualTo(1);
    assertThat(done).containsExactly("second", "first");
  }

  private static Arena grow(SegmentMemory memory, long sizeBytes) {
    Arena arena = Arena.ofShared();
    memory.growTo(arena.allocate(sizeBytes), arena);
    return arena;
  }

  private static boolean isAlive(Arena arena) {
    return arena.scope().isAlive();
  }

  @Test
  void replacedMappingsAreUnmappedWhenNobodyHasThemPinned() throws IOException {
    SegmentMemory memory = memory(1);
    Arena first = grow(memory, 128);
    Arena second = grow(memory, 256);
    Arena newest = grow(memory, 512);
    assertThat(memory.tryPin()).isTrue();
    memory.unmapReplaced();
    assertThat(List.of(first, second, newest)).allMatch(SegmentMemoryTest::isAlive);
    memory.unpin();
    for (int again = 0; again < 2; again++) {
      memory.unmapReplaced();
      assertThat(List.of(first, second)).noneMatch(SegmentMemoryTest::isAlive);
      assertThat(isAlive(newest)).isTrue();
      assertThat(memory.log().get(ValueLayout.JAVA_LONG, 504)).isZero();
      assertThat(memory.offsetIndex().entryCount()).isZero();
    }
    Reclaimer reclaimer = new Reclaimer();
    reclaimer.retire(memory, Reclaimer.AfterClose.NOTHING);
    assertThat(reclaimer.reclaim()).isEqualTo(1);
    assertThat(isAlive(newest)).isFalse();
    assertThat(memory.isClosed()).isTrue();
  }

  @Test
  void aReaderKeepsReplacedMappingsAlsoWhenTheOwnerHasLetGo() {
    SegmentMemory memory = memory(1);
    Arena first = grow(memory, 128);
    grow(memory, 256);
    assertThat(memory.tryPin()).isTrue();
    memory.release();
    memory.unmapReplaced();
    assertThat(isAlive(first)).isTrue();
  }

  @Test
  void longMappingsStayUntilTheEnd() {
    SegmentMemory memory = memory(1);
    Arena small = grow(memory, 4 << 20);
    Arena large = grow(memory, (4 << 20) + 1);
    grow(memory, 8 << 20);
    memory.unmapReplaced();
    assertThat(isAlive(small)).isFalse();
    assertThat(isAlive(large)).isTrue();
    memory.discard();
    assertThat(isAlive(large)).isFalse();
    memory.discard();
  }

  @Test
  void whatNativeCodeUsesIsUnmappedLater() throws IOException {
    SegmentMemory memory = memory(1);
    AtomicBoolean used = new AtomicBoolean(true);
    Arena first = new ArenaInUse(Arena.ofShared(), used);
    memory.growTo(first.allocate(128), first);
    Arena second = grow(memory, 256);
    memory.unmapReplaced();
    assertThat(isAlive(first)).isTrue();
    Reclaimer reclaimer = new Reclaimer();
    reclaimer.retire(memory, Reclaimer.AfterClose.NOTHING);
    assertThat(reclaimer.reclaim()).isZero();
    used.set(false);
    assertThat(reclaimer.reclaim()).isEqualTo(1);
    assertThat(List.of(first, second)).noneMatch(SegmentMemoryTest::isAlive);
  }

  /** Refuses to be closed like one whose memory a system call has in its hands. */
  private record ArenaInUse(Arena arena, AtomicBoolean used) implements Arena {
    @Override
    public MemorySegment allocate(long byteSize, long byteAlignment) {
      return arena.allocate(byteSize, byteAlignment);
    }

    @Override
    public MemorySegment.Scope scope() {
      return arena.scope();
    }

    @Override
    public void close() {
      if (used.get()) {
        throw new IllegalStateException("in use");
      }
      arena.close();
    }
  }

  @Test
  void noReaderEverSeesClosedMemory() throws Exception {
    AtomicReference<SegmentMemory> current = new AtomicReference<>(memory(0));
    AtomicBoolean done = new AtomicBoolean();
    AtomicLong pinned = new AtomicLong();
    Reclaimer reclaimer = new Reclaimer();
    try (var threads = Executors.newFixedThreadPool(3)) {
      List<Future<?>> readers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        readers.add(
            threads.submit(() -> {
              long last = 0;
              while (!done.get()) {
                SegmentMemory memory = current.get();
                if (!memory.tryPin()) {
                  assertThat(current.get()).as("the list is newer by then").isNotSameAs(memory);
                  continue;
                }
                long filling = memory.log().get(ValueLayout.JAVA_LONG, 0);
                assertThat(filling).isGreaterThanOrEqualTo(last);
                last = filling;
                pinned.incrementAndGet();
                memory.unpin();
              }
            }));
      }
      int reclaimed = 0;
      for (int i = 1; i <= 200 || pinned.get() < 1000; i++) {
        SegmentMemory old = current.getAndSet(memory(i));
        reclaimer.retire(old, Reclaimer.AfterClose.NOTHING);
        reclaimed += reclaimer.reclaim();
      }
      done.set(true);
      for (Future<?> reader : readers) {
        reader.get();
      }
      assertThat(reclaimed).isPositive();
      reclaimer.reclaim();
      assertThat(reclaimer.backlog()).isZero();
    }
  }
}
