package dev.varve.log.segment;

import dev.varve.log.segment.LogCheckpoint.Cut;
import dev.varve.log.segment.Reclaimer.AfterClose;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Lets go of the memory of segments, and of the files that only this memory kept open: of one when
 * it was settled, of all when the log is closed.
 *
 * <p>Thread safety: for whoever holds the keeper's lock, but for {@link #isUntrimmed}, which is for
 * all.
 */
public final class SegmentRetirement {
  private final Reclaimer reclaimer;
  private final Consumer<StorageFile> force;

  /** What is still to be cut off files. */
  private final List<Trim> trims = new CopyOnWriteArrayList<>();

  /**
   * Memory that readers may still have over files of segments; a file is cut when all is closed.
   */
  private final List<Lingering> lingering = new ArrayList<>();

  private record Lingering(long baseOffset, SegmentMemory memory) {}

  /**
   * Has nothing to let go of yet.
   *
   * @param force forces a segment's file; if that fails, the log stops
   */
  public SegmentRetirement(Reclaimer reclaimer, Consumer<StorageFile> force) {
    this.reclaimer = reclaimer;
    this.force = force;
  }

  /** Lets go of a segment that was settled; its file is cut when its memory is closed. */
  public void settled(RolledSegment rolled) {
    retire(
        rolled.memory(),
        new Trim(rolled.baseOffset(), rolled.file(), rolled.sizeBytes(), rolled.hasGapBehind()));
  }

  /**
   * Lets go of a segment whose end a truncation has taken out of the log.
   *
   * @param cutOffset where the log ends now
   * @param bytes what is left of the segment's file; the rest is cut off when nobody has it mapped
   */
  public void cut(RolledSegment rolled, long cutOffset, long bytes) {
    rolled.memory().cutAt(cutOffset);
    retire(rolled.memory(), new Trim(rolled.baseOffset(), rolled.file(), bytes, true));
  }

  /**
   * The same for a segment that was settled.
   *
   * @param file its log, which is closed when that is done
   */
  public void cut(SealedSegment sealed, StorageFile file, long cutOffset, long bytes) {
    SegmentMemory memory = sealed.retire();
    Trim trim = new Trim(sealed.baseOffset(), file, bytes, true);
    if (memory == null) {
      trims.add(trim);
      reclaimer.retire(trim);
    } else {
      memory.cutAt(cutOffset);
      retire(memory, trim);
    }
  }

  private void retire(SegmentMemory memory, Trim trim) {
    lingering.add(new Lingering(trim.baseOffset, memory));
    trims.add(trim);
    reclaimer.retire(memory, trim);
  }

  /**
   * Takes note of a truncation: a reader may hold a segment as it was before it was settled, or cut
   * once before.
   */
  public void cutRetired(long cutOffset) {
    reclaimer.cutAt(cutOffset);
  }

  /** What is left to be cut off that is not reserved space for sure, for a checkpoint. */
  public List<Cut> cuts() {
    return trims.stream()
        .filter(trim -> trim.told)
        .map(trim -> new Cut(trim.baseOffset, trim.bytes))
        .toList();
  }

  /** Takes note that a segment left the log, so that it does not matter how long its file is. */
  public void deleted(Segment segment) {
    trims.removeIf(trim -> trim.baseOffset == segment.baseOffset());
  }

  /** Whether the file of a settled segment still has more than the segment. */
  public boolean isUntrimmed(Segment segment) {
    return trims.stream().anyMatch(trim -> trim.baseOffset == segment.baseOffset());
  }

  /** The base of the first segment that {@link #isUntrimmed}. */
  public OptionalLong firstUntrimmed() {
    return trims.stream().mapToLong(trim -> trim.baseOffset).min();
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

  /** Cuts off what is no part of a segment, when no memory reaches over it any more. */
  private final class Trim implements AfterClose {
    private final long baseOffset;
    private final StorageFile file;
    private final long bytes;

    /** Whether an open that finds the file not cut has to be told. */
    private final boolean told;

    Trim(long baseOffset, StorageFile file, long bytes, boolean told) {
      this.baseOffset = baseOffset;
      this.file = file;
      this.bytes = bytes;
      this.told = told;
    }

    /** An earlier state of the segment may be pinned that had more of the file. */
    @Override
    public boolean isReady() {
      lingering.removeIf(earlier -> earlier.memory.isClosed());
      return lingering.stream().noneMatch(earlier -> earlier.baseOffset == baseOffset);
    }

    @Override
    public void run() throws IOException {
      file.truncate(bytes);
      force.accept(file);
      file.close();
      trims.remove(this);
    }

    @Override
    public void giveUp() {
      try {
        file.close();
      } catch (IOException e) {
        // Nothing was promised about what it holds, and there is nobody to try it again.
      }
    }
  }
}
