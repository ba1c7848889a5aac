package dev.varve.log;

import dev.varve.log.segment.LogCheckpoint;
import dev.varve.log.segment.LogCheckpoint.Cut;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Finishes what a process that died has left of truncations, and of other ends that files of
 * segments go on behind, before anything else is done with the log: what the checkpoint says is
 * cut, and nothing of it is read.
 *
 * <p>Doing it twice is harmless. Thread safety: for one thread.
 */
final class UnfinishedTruncation {
  private final Storage storage;
  private final StateFiles stateFiles;
  private final LogCheckpoint checkpoint;

  UnfinishedTruncation(Storage storage, StateFiles stateFiles, LogCheckpoint checkpoint) {
    this.storage = storage;
    this.stateFiles = stateFiles;
    this.checkpoint = checkpoint;
  }

  /**
   * Does it.
   *
   * @param bases the base offsets of the segments, ascending
   * @return those that there are then
   */
  List<Long> finish(List<Long> bases) throws IOException {
    List<Long> left = new ArrayList<>(bases);
    for (Cut cut : checkpoint.cuts()) {
      if (cut.bytes() == 0) {
        delete(cut.baseOffset());
        left.remove(cut.baseOffset());
      } else {
        cut(cut);
      }
    }
    return checkpoint.truncateTo() == LogCheckpoint.NONE ? left : truncate(left);
  }

  /** A segment whose records all go. Those who knew of producers at its base know of its end. */
  private void delete(long baseOffset) throws IOException {
    String snapshot = SegmentFile.name(baseOffset, Kind.PRODUCER_SNAPSHOT);
    if (storage.exists(snapshot)) {
      storage.rename(snapshot, SegmentFile.name(checkpoint.truncateTo(), Kind.PRODUCER_SNAPSHOT));
    }
    for (Kind kind : Kind.values()) {
      String name = SegmentFile.name(baseOffset, kind);
      if (storage.exists(name)) {
        report(name, 0, storage.size(name), "a segment behind the end");
        storage.delete(name);
      }
    }
  }

  private void cut(Cut cut) throws IOException {
    String name = SegmentFile.name(cut.baseOffset(), Kind.LOG);
    if (!storage.exists(name) || storage.size(name) <= cut.bytes()) {
      return;
    }
    report(
        name, cut.bytes(), storage.size(name) - cut.bytes(), "bytes behind the end of the segment");
    try (StorageFile file = storage.open(name)) {
      file.truncate(cut.bytes());
      file.force();
    }
  }

  private List<Long> truncate(List<Long> bases) throws IOException {
    long end = checkpoint.truncateTo();
    report(LogCheckpoint.FILE_NAME, 0, 0, "a truncation that had begun");
    long keptEnd = end <= checkpoint.startOffset() ? 0 : end;
    List<Long> left = new ArrayList<>(bases.stream().filter(base -> base < keptEnd).toList());
    LogTruncation.deleteRest(storage, keptEnd);
    stateFiles.cutEpochs(keptEnd);
    storage.create(SegmentFile.name(end, Kind.LOG)).close();
    storage.forceDirectory();
    left.add(end);
    return left;
  }

  private void report(String name, long position, long bytes, String found) {
    Path file = storage.directory().resolve(name);
    long end = checkpoint.truncateTo();
    stateFiles.report(
        new RecoveryDecision(
            RecoveryDecision.Kind.FINISHED_TRUNCATION,
            file,
            position,
            bytes,
            end,
            RecoveryDecision.NO_OFFSET,
            found,
            "none behind the end"));
  }
}
