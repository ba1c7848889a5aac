package dev.varve.log.segment;

import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.segment.SegmentFile.Stage;
import dev.varve.log.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.agrona.concurrent.EpochClock;

/**
 * Deletes the files of segments that left the log: renamed at once, so that a crash does not leave
 * one half there, and unlinked when no reader has it pinned and a delay, if there is one, is over.
 *
 * <p>Thread safety: for one thread at a time.
 */
public final class SegmentDeletion {
  /** Behind all offsets, and yet one at which {@link SegmentView#isCut}. */
  private static final long CUT_BEHIND_ALL = Long.MAX_VALUE - 1;

  private final Storage storage;
  private final Reclaimer reclaimer;
  private final LongConsumer onDeleted;
  private final EpochClock clock;
  private final LongSupplier delayMillis;

  /**
   * Deletes from a storage.
   *
   * @param onDeleted hears the base offset of each segment whose files are gone
   * @param clock asked only if there is a delay
   * @param delayMillis how long renamed files stay that are renamed from now on
   */
  public SegmentDeletion(
      Storage storage,
      Reclaimer reclaimer,
      LongConsumer onDeleted,
      EpochClock clock,
      LongSupplier delayMillis) {
    this.storage = storage;
    this.reclaimer = reclaimer;
    this.onDeleted = onDeleted;
    this.clock = clock;
    this.delayMillis = delayMillis;
  }

  /** The segments that lie wholly below an offset, settled or not; never the active one. */
  public static List<Segment> below(long offset, SegmentList segments) {
    List<Segment> below = new ArrayList<>();
    for (Segment segment : segments.all()) {
      if (segment.endOffset() > offset || segment instanceof ActiveSegment) {
        break;
      }
      below.add(segment);
    }
    return below;
  }

  /**
   * Makes room on a full disk for the little that it takes to give segments up: deletes what can be
   * made again from their logs, so that it does no harm if they stay after all.
   */
  public void deleteCaches(List<Segment> expiring) throws IOException {
    for (Segment segment : expiring) {
      for (Kind kind : Kind.values()) {
        if (kind != Kind.LOG) {
          storage.delete(SegmentFile.name(segment.baseOffset(), kind));
        }
      }
    }
  }

  /**
   * Deletes a segment that is no longer in the list; the caller forces the directory. Nothing is
   * left undone if this fails: it is tried again when memory is reclaimed.
   */
  public void delete(Segment segment) throws IOException {
    delete(segment, Long.MAX_VALUE, EnumSet.allOf(Kind.class));
  }

  /**
   * Deletes a segment that a truncation has taken out of the log.
   *
   * @param cutOffset from where on no reader may be shown what it has mapped
   * @param keepsSnapshot whether the state of the producers at its base stays: the end that is left
   */
  public void deleteCut(Segment segment, long cutOffset, boolean keepsSnapshot) throws IOException {
    Set<Kind> kinds = EnumSet.allOf(Kind.class);
    if (keepsSnapshot) {
      kinds.remove(Kind.PRODUCER_SNAPSHOT);
    }
    delete(segment, cutOffset, kinds);
  }

  /**
   * Deletes a segment that others have taken the place of. All of what readers have mapped may be
   * shown still; but that its names are another's now they learn as of a cut.
   *
   * @param keepsSnapshot whether the state of the producers at its base stays: one of the others
   *     begins there
   */
  public void deleteReplaced(SealedSegment segment, boolean keepsSnapshot) throws IOException {
    deleteCut(segment, CUT_BEHIND_ALL, keepsSnapshot);
  }

  private void delete(Segment segment, long cutOffset, Set<Kind> kinds) throws IOException {
    Unlink unlink = new Unlink(segment, kinds);
    // First, so that no reader loads it from files that are about to lose their names.
    SegmentMemory memory =
        switch (segment) {
          case SealedSegment sealed -> sealed.retire();
          case RolledSegment rolled -> rolled.memory();
          case ActiveSegment active -> throw new IllegalArgumentException(active.path());
        };
    if (memory == null) {
      reclaimer.retire(unlink);
    } else {
      memory.cutAt(cutOffset);
      reclaimer.retire(memory, unlink);
    }
    unlink.setAside();
  }

  /** Ends a segment's files, in two steps of which each can be done twice. */
  private final class Unlink implements Reclaimer.AfterClose {
    private final Segment segment;

    /** What still has its name; a segment that comes later may get the same names. */
    private final Set<Kind> left;

    private final List<String> names = new ArrayList<>();
    private final long ownDelayMillis = delayMillis.getAsLong();
    private final long beginMillis = ownDelayMillis == 0 ? 0 : clock.time();

    Unlink(Segment segment, Set<Kind> kinds) {
      this.segment = segment;
      this.left = kinds;
    }

    @Override
    public boolean isReady() {
      return ownDelayMillis == 0 || clock.time() - beginMillis >= ownDelayMillis;
    }

    void setAside() throws IOException {
      for (Kind kind : List.copyOf(left)) {
        SegmentFile file = new SegmentFile(segment.baseOffset(), kind, Stage.CURRENT);
        if (storage.exists(file.name())) {
          String aside = file.in(Stage.DELETED).name();
          storage.rename(file.name(), aside);
          names.add(aside);
        }
        left.remove(kind);
      }
    }

    @Override
    public void run() throws IOException {
      if (segment instanceof RolledSegment rolled) {
        rolled.close();
      }
      setAside();
      for (String name : names) {
        storage.delete(name);
      }
      onDeleted.accept(segment.baseOffset());
    }

    @Override
    public void giveUp() {
      if (segment instanceof RolledSegment rolled) {
        rolled.abandon();
      }
    }
  }
}
