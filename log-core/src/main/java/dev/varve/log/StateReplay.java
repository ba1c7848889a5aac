package dev.varve.log;

import dev.varve.log.producer.PartitionState;
import dev.varve.log.segment.ScanBounds;
import dev.varve.log.segment.Segment;
import dev.varve.log.segment.SegmentList;
import dev.varve.log.segment.SegmentRecovery;
import dev.varve.log.storage.Storage;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Finds out again what state a log was in at an offset: from the newest snapshot below it, batch by
 * batch. Changes nothing.
 *
 * <p>Thread safety: for one thread at a time, while the segments stay as they are.
 */
final class StateReplay {
  private final Storage storage;
  private final LogOptions options;
  private final StateFiles stateFiles;
  private final StateFiles.Loaded loaded;

  private StateReplay(
      Storage storage, LogOptions options, StateFiles stateFiles, StateFiles.Loaded loaded) {
    this.storage = storage;
    this.options = options;
    this.stateFiles = stateFiles;
    this.loaded = loaded;
  }

  /** Begins with the newest snapshot at or below an offset. */
  static StateReplay from(long offset, Storage storage, LogOptions options, StateFiles stateFiles)
      throws IOException {
    return new StateReplay(storage, options, stateFiles, stateFiles.load(offset));
  }

  /** The state that the batches read so far have left. */
  PartitionState state() {
    return loaded.state();
  }

  /** All batches below it are in the state from the beginning. */
  long offset() {
    return loaded.offset();
  }

  /** Reads the segments that may hold something that is not in the state yet, up to an index. */
  void readBelow(int index, SegmentList segments) throws IOException {
    for (int i = Math.max(0, segments.floorIndex(loaded.offset())); i < index; i++) {
      Segment segment = segments.get(i);
      read(segment, segment.endOffset(), segment.sizeBytes()).discard();
    }
  }

  /** Reads a part of a segment, from its beginning on. */
  SegmentRecovery read(Segment segment, long endOffset, long bytes) throws IOException {
    Path file = Path.of(segment.path());
    return SegmentRecovery.scan(
        storage,
        options.segments(),
        new ScanBounds(segment.baseOffset(), endOffset, endOffset, endOffset, bytes),
        (position, batch, aborted) -> stateFiles.replay(loaded, file, position, batch, aborted));
  }
}
