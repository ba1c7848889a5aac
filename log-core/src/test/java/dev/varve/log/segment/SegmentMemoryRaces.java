package dev.varve.log.segment;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.varve.index.OffsetIndex;
import dev.varve.index.TimeIndex;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIZ_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.IZ_Result;

/**
 * Readers' pins against the owner who lets go, against the close, and against the swap of the list.
 * What is not listed is forbidden.
 */
public class SegmentMemoryRaces {
  private static final Arena FOREVER = Arena.global();
  private static final OffsetIndex OFFSETS = OffsetIndex.growing(FOREVER, 0, 4);
  private static final TimeIndex TIMES = TimeIndex.growing(FOREVER, 0, 4);
  private static final MemorySegment OLD_LOG = log(FOREVER, 1);
  private static final MemorySegment NEW_LOG = log(FOREVER, 2);
  private static final int REFUSED = -1;

  private SegmentMemoryRaces() {}

  private static MemorySegment log(Arena arena, int filling) {
    MemorySegment log = arena.allocate(ValueLayout.JAVA_INT);
    log.set(ValueLayout.JAVA_INT, 0, filling);
    return log;
  }

  private static int readPinned(SegmentMemory memory) {
    if (!memory.tryPin()) {
      return REFUSED;
    }
    try {
      return memory.log().get(ValueLayout.JAVA_INT, 0);
    } finally {
      memory.unpin();
    }
  }

  /** Two readers and the owner: nobody's pin is lost, and the last one out leaves none. */
  @JCStressTest
  @Outcome(id = "1, 1, true", expect = ACCEPTABLE, desc = "both readers came in time")
  @Outcome(id = "-1, 1, true", expect = ACCEPTABLE, desc = "the first came when all had let go")
  @Outcome(id = "1, -1, true", expect = ACCEPTABLE, desc = "the second came when all had let go")
  @Outcome(id = "-1, -1, true", expect = ACCEPTABLE, desc = "the owner let go before both")
  @State
  public static class PinAgainstRelease {
    private final SegmentMemory memory = new SegmentMemory(FOREVER, OLD_LOG, OFFSETS, TIMES);

    @Actor
    public void firstReader(IIZ_Result result) {
      result.r1 = readPinned(memory);
    }

    @Actor
    public void secondReader(IIZ_Result result) {
      result.r2 = readPinned(memory);
    }

    @Actor
    public void owner() {
      memory.release();
    }

    @Arbiter
    public void afterwards(IIZ_Result result) {
      result.r3 = memory.isUnpinned() && !memory.tryPin();
    }
  }

  /** A reader against the close: it reads, or it is refused. It never meets closed memory. */
  @JCStressTest
  @Outcome(
      id = "1, false",
      expect = ACCEPTABLE,
      desc = "pinned: the close had to wait, or was after")
  @Outcome(id = "-1, false", expect = ACCEPTABLE, desc = "refused: the owner had let go")
  @State
  public static class PinAgainstClose {
    private final Arena arena = Arena.ofShared();
    private final MemorySegment log = log(arena, 1);
    private final SegmentMemory memory = new SegmentMemory(arena, log, OFFSETS, TIMES);
    private final Reclaimer reclaimer = new Reclaimer();

    @Actor
    public void reader(IZ_Result result) {
      result.r1 = readPinned(memory);
    }

    @Actor
    public void owner() {
      reclaimer.retire(memory, Reclaimer.AfterClose.NOTHING);
      reclaim();
    }

    @Arbiter
    public void afterwards(IZ_Result result) {
      reclaim();
      result.r2 = log.scope().isAlive();
    }

    private void reclaim() {
      try {
        reclaimer.reclaim();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** A reader against the unmapping of what was replaced: it reads the newest mapping. */
  @JCStressTest
  @Outcome(id = "2, true", expect = ACCEPTABLE, desc = "the newest mapping, which stays")
  @State
  public static class PinAgainstUnmapReplaced {
    private final SegmentMemory memory = new SegmentMemory(FOREVER, OLD_LOG, OFFSETS, TIMES);
    private final Arena newest = Arena.ofShared();

    public PinAgainstUnmapReplaced() {
      Arena replaced = Arena.ofShared();
      memory.growTo(log(replaced, 1), replaced);
      memory.growTo(log(newest, 2), newest);
    }

    @Actor
    public void reader(IZ_Result result) {
      result.r1 = readPinned(memory);
    }

    @Actor
    public void keeper() {
      memory.unmapReplaced();
    }

    @Arbiter
    public void afterwards(IZ_Result result) {
      result.r2 = newest.scope().isAlive();
      newest.close();
    }
  }

  /** The list changes before the owner lets go, so whoever is refused finds a newer list. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "the old list, pinned in time")
  @Outcome(id = "2, 0", expect = ACCEPTABLE, desc = "the new list")
  @Outcome(id = "-1, 2", expect = ACCEPTABLE, desc = "the old list, refused; then the new one")
  @State
  public static class PinAgainstSwap {
    private volatile SegmentMemory current = new SegmentMemory(FOREVER, OLD_LOG, OFFSETS, TIMES);

    @Actor
    public void reader(II_Result result) {
      result.r1 = readPinned(current);
      if (result.r1 == REFUSED) {
        result.r2 = readPinned(current);
      }
    }

    @Actor
    public void writer() {
      SegmentMemory old = current;
      current = new SegmentMemory(FOREVER, NEW_LOG, OFFSETS, TIMES);
      old.release();
    }
  }
}
