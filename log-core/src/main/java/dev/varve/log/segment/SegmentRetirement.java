package dev.varve.log.segment;

import dev.varve.log.segment.Reclaimer.AfterClose;
import java.io.IOException;
import java.util.NavigableSet;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Consumer;

/**
 * Lets go of the memory of segments, and of the files that only this memory kept open: of one when
 * it was settled, of all when the log is closed.
 *
 * <p>Thread safety: for whoever holds the keeper's lock.
 */
public final class SegmentRetirement {
  private final Reclaimer reclaimer;
  private final Consumer<RolledSegment> force;

  /** The bases of settled segments whose files still have the space that was reserved for them. */
  private final NavigableSet<Long> untrimmed = new ConcurrentSkipListSet<>();

  /**
   * Has nothing to let go of yet.
   *
   * @param force forces a segment's file; if that fails, the log stops
   */
  public SegmentRetirement(Reclaimer reclaimer, Consumer<RolledSegment> force) {
    this.reclaimer = reclaimer;
    this.force = force;
  }

  /** Lets go of a segment that was settled; its file is cut when its memory is closed. */
  public void settled(RolledSegment rolled) {
    untrimmed.add(rolled.baseOffset());
    reclaimer.retire(rolled.memory(), new Trim(rolled));
  }

  /** Takes note that a segment left the log, so that it does not matter how long its file is. */
  public void deleted(Segment segment) {
    untrimmed.remove(segment.baseOffset());
  }

  /** Whether the file of a settled segment still has the space that was reserved for it. */
  public boolean isUntrimmed(Segment segment) {
    return untrimmed.contains(segment.baseOffset());
  }

  /** The base of the first segment that {@link #isUntrimmed}. */
  public OptionalLong firstUntrimmed() {
    return untrimmed.isEmpty() ? OptionalLong.empty() : OptionalLong.of(untrimmed.first());
  }

  /** Lets go of the mappings that readers made. */
  public void releaseSealed(SegmentList segments) {
    for (Segment segment : segments.all()) {
      if (segment instanceof SealedSegment sealed) {
        release(sealed);
      }
    }
  }

  private void release(SealedSegment sealed) {
    SegmentMemory memory = sealed.retire();
    if (memory != null) {
      reclaimer.retire(memory, AfterClose.NOTHING);
    }
  }

  /**
   * Gives back what the process still holds of a log's segments, and leaves the files as they are:
   * all that is left to do of a close that went well, or failed, or of a log that had.
   */
  public void giveUp(SegmentList segments) {
    for (Segment segment : segments.all()) {
      switch (segment) {
        case SealedSegment sealed -> release(sealed);
        case RolledSegment rolled -> giveUp(rolled.memory(), rolled::abandon);
        case ActiveSegment active -> giveUp(active.memory(), active::abandon);
      }
    }
    reclaimer.giveUp();
  }

  /** The last segment may be settled already, and is in the list as it was before. */
  private void giveUp(SegmentMemory memory, Runnable abandon) {
    if (!memory.isReleased()) {
      abandon.run();
      reclaimer.retire(memory, AfterClose.NOTHING);
    }
  }

  /** Cuts off what a segment had reserved in vain, when its memory is closed. */
  private final class Trim implements AfterClose {
    private final RolledSegment rolled;

    Trim(RolledSegment rolled) {
      this.rolled = rolled;
    }

    @Override
    public void run() throws IOException {
      rolled.trim();
      force.accept(rolled);
      rolled.close();
      untrimmed.remove(rolled.baseOffset());
    }

    @Override
    public void giveUp() {
      rolled.abandon();
    }
  }
}
