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

  /** The segments that lie wholly below an offset; only sealed ones, and never the active one. */
  public static List<SealedSegment> below(long offset, SegmentList segments) {
    List<SealedSegment> below = new ArrayList<>();
    for (Segment segment : segments.all()) {
      if (segment.endOffset() > offset || !(segment instanceof SealedSegment sealed)) {
        break;
      }
      below.add(sealed);
    }
    return below;
  }

  /** Deletes a segment that is no longer in the list; the caller forces the directory. */
  public void delete(SealedSegment segment) throws IOException {
    // First, so that no reader loads it from files that are about to lose their names.
    SegmentMemory memory = segment.retire();
    List<String> names = setAside(segment.baseOffset());
    if (memory == null) {
      unlink(segment.baseOffset(), names);
    } else {
      reclaimer.retire(memory, () -> unlink(segment.baseOffset(), names));
    }
  }

  private List<String> setAside(long baseOffset) throws IOException {
    List<String> names = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      SegmentFile file = new SegmentFile(baseOffset, kind, Stage.CURRENT);
      if (storage.exists(file.name())) {
        String aside = file.in(Stage.DELETED).name();
        storage.rename(file.name(), aside);
        names.add(aside);
      }
    }
    return names;
  }

  private void unlink(long baseOffset, List<String> names) throws IOException {
    for (String name : names) {
      storage.delete(name);
    }
    onDeleted.accept(baseOffset);
  }
}
