package dev.varve.log.segment;

import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.segment.SegmentFile.Stage;
import dev.varve.log.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Deletes the files of segments that left the log: renamed at once, so that a crash does not leave
 * one half there, and unlinked when no reader has it pinned.
 *
 * <p>Thread safety: for one thread at a time.
 */
public final class SegmentDeletion {
  private final Storage storage;
  private final Reclaimer reclaimer;
  private final LongConsumer onDeleted;

  /**
   * Deletes from a storage.
   *
   * @param onDeleted hears the base offset of each segment whose files are gone
   */
  public SegmentDeletion(Storage storage, Reclaimer reclaimer, LongConsumer onDeleted) {
    this.storage = storage;
    this.reclaimer = reclaimer;
    this.onDeleted = onDeleted;
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
    Unlink unlink = new Unlink(segment);
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
      reclaimer.retire(memory, unlink);
    }
    unlink.setAside();
  }

  /** Ends a segment's files, in two steps of which each can be done twice. */
  private final class Unlink implements Reclaimer.AfterClose {
    private final Segment segment;
    private final List<String> names = new ArrayList<>();

    Unlink(Segment segment) {
      this.segment = segment;
    }

    void setAside() throws IOException {
      for (Kind kind : Kind.values()) {
        SegmentFile file = new SegmentFile(segment.baseOffset(), kind, Stage.CURRENT);
        String aside = file.in(Stage.DELETED).name();
        if (!names.contains(aside) && storage.exists(file.name())) {
          storage.rename(file.name(), aside);
          names.add(aside);
        }
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
