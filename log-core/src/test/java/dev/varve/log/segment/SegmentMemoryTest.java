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

/** The pins of {@link SegmentMemory} and their only closer, {@link Reclaimer}. */
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
