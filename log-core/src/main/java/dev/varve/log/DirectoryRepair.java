package dev.varve.log;

import dev.varve.log.segment.CleanedSegment;
import dev.varve.log.segment.LogCheckpoint;
import dev.varve.log.segment.LogCheckpoint.Replacement;
import dev.varve.log.segment.LogCheckpoint.Rewrite;
import dev.varve.log.segment.ScanBounds;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.segment.SegmentFile.Stage;
import dev.varve.log.segment.SegmentScan;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Finishes or takes back what a crash interrupted among the files of a directory, by the suffixes
 * of their names and in Kafka's order, so that what remains is the log. Files with other names are
 * left alone.
 *
 * <p>Thread safety: for one thread.
 */
final class DirectoryRepair {
  private final Storage storage;
  private final List<RecoveryDecision> decisions;

  /** By name. */
  private final NavigableMap<String, SegmentFile> files = new TreeMap<>();

  private boolean changed;

  DirectoryRepair(Storage storage, List<RecoveryDecision> decisions) throws IOException {
    this.storage = storage;
    this.decisions = decisions;
    for (String name : storage.list()) {
      SegmentFile.parse(name).ifPresent(file -> files.put(name, file));
      if (name.equals(LogCheckpoint.REPLACEMENT_NAME)) {
        removed(name, "a checkpoint that was never put in place");
        storage.delete(name);
      }
    }
  }

  /**
   * Repairs the directory.
   *
   * @param rewrite of segments that the checkpoint says was begun; null if it says nothing
   * @return the base offsets of the segments, ascending
   */
  List<Long> repair(@Nullable Rewrite rewrite) throws IOException {
    for (SegmentFile file : all(Stage.DELETED)) {
      delete(file, "a file that was about to be deleted");
    }
    if (rewrite != null && isComplete(rewrite)) {
      finish(rewrite);
    }
    discardUnfinishedReplacements();
    finishReplacements();
    List<Long> bases = new ArrayList<>();
    for (SegmentFile file : all(Stage.CURRENT)) {
      if (file.kind() == Kind.LOG) {
        bases.add(file.baseOffset());
      }
    }
    deleteOrphanIndexes(bases);
    if (changed) {
      storage.forceDirectory();
    }
    return bases;
  }

  /** The snapshots of producers that were there when the directory had been repaired. */
  List<SegmentFile> snapshots() {
    return all(Stage.CURRENT).stream()
        .filter(file -> file.kind() == Kind.PRODUCER_SNAPSHOT)
        .toList();
  }

  /**
   * Whether all that is to come is there, whatever its name is by now. If not, nothing has gone
   * yet; or somebody else has had the directory meanwhile, and did it or took it back by the
   * suffixes. So he has if a segment of the range reaches beyond it now.
   */
  private boolean isComplete(Rewrite rewrite) throws IOException {
    for (Replacement replacement : rewrite.replacements()) {
      SegmentFile waiting = waiting(replacement.baseOffset(), Kind.LOG);
      String name =
          waiting != null ? waiting.name() : SegmentFile.name(replacement.baseOffset(), Kind.LOG);
      if (!files.containsKey(name)) {
        return false;
      }
      try (StorageFile file = storage.open(name)) {
        if (!CleanedSegment.isDescribedBy(replacement, file)) {
          return false;
        }
      }
    }
    for (SegmentFile file : all(Stage.CURRENT)) {
      long base = file.baseOffset();
      boolean inRange = base >= rewrite.baseOffset() && base < rewrite.endOffset();
      if (file.kind() == Kind.LOG && inRange && endOffset(file) > rewrite.endOffset()) {
        return false;
      }
    }
    return true;
  }

  /** What waits to take the place of a file; null if nothing does. */
  private @Nullable SegmentFile waiting(long baseOffset, Kind kind) {
    SegmentFile swap = files.get(new SegmentFile(baseOffset, kind, Stage.SWAP).name());
    return swap != null ? swap : files.get(new SegmentFile(baseOffset, kind, Stage.CLEANED).name());
  }

  /** Replaces segments as the checkpoint says: it knows the whole range, which names do not. */
  private void finish(Rewrite rewrite) throws IOException {
    Set<Long> bases = new TreeSet<>();
    rewrite.replacements().forEach(replacement -> bases.add(replacement.baseOffset()));
    for (SegmentFile file : all(Stage.CURRENT)) {
      long base = file.baseOffset();
      boolean stays =
          bases.contains(base)
              && (file.kind() == Kind.PRODUCER_SNAPSHOT || waiting(base, file.kind()) == null);
      if (base >= rewrite.baseOffset() && base < rewrite.endOffset() && !stays) {
        delete(file, "a file that was replaced");
      }
    }
    for (long base : bases) {
      for (Kind kind : Kind.values()) {
        SegmentFile waiting = waiting(base, kind);
        if (waiting != null) {
          putInPlace(waiting);
        }
      }
    }
  }

  /** A replacement still being written goes, and with it the swaps that were to follow it. */
  private void discardUnfinishedReplacements() throws IOException {
    long lowestCleaned = Long.MAX_VALUE;
    for (SegmentFile file : all(Stage.CLEANED)) {
      lowestCleaned = Math.min(lowestCleaned, file.baseOffset());
      delete(file, "an unfinished replacement");
    }
    for (SegmentFile file : all(Stage.SWAP)) {
      if (file.baseOffset() >= lowestCleaned) {
        delete(file, "a part of an unfinished replacement");
      }
    }
  }

  /**
   * Complete replacements take their places.
   *
   * <pre>
   *   bases        0   100   200   300   400
   *   swap             100 ............ ends at 400
   *   deleted          100   200   300
   * </pre>
   */
  private void finishReplacements() throws IOException {
    long from = Long.MAX_VALUE;
    long end = -1;
    for (SegmentFile file : all(Stage.SWAP)) {
      if (file.kind() == Kind.LOG) {
        from = Math.min(from, file.baseOffset());
        end = Math.max(end, endOffset(file));
      }
    }
    for (SegmentFile file : all(Stage.CURRENT)) {
      if (file.baseOffset() >= from && file.baseOffset() < end) {
        delete(file, "a file that was replaced");
      }
    }
    for (SegmentFile file : all(Stage.SWAP)) {
      putInPlace(file);
    }
  }

  private void putInPlace(SegmentFile file) throws IOException {
    SegmentFile current = file.in(Stage.CURRENT);
    decisions.add(
        RecoveryDecision.ofFile(
            RecoveryDecision.Kind.PLACED_REPLACEMENT,
            path(file.name()),
            storage.size(file.name()),
            "a complete replacement",
            current.name()));
    storage.rename(file.name(), current.name());
    files.remove(file.name());
    files.put(current.name(), current);
    changed = true;
  }

  private long endOffset(SegmentFile log) throws IOException {
    try (StorageFile file = storage.open(log.name())) {
      SegmentScan scan = new SegmentScan(file, ScanBounds.from(log.baseOffset()));
      while (scan.next()) {
        // only the end matters
      }
      return scan.endOffset();
    }
  }

  private void deleteOrphanIndexes(List<Long> bases) throws IOException {
    TreeSet<Long> logs = new TreeSet<>(bases);
    for (SegmentFile file : all(Stage.CURRENT)) {
      boolean index =
          switch (file.kind()) {
            case OFFSET_INDEX, TIME_INDEX, TRANSACTION_INDEX -> true;
            case LOG, PRODUCER_SNAPSHOT -> false;
          };
      if (index && !logs.contains(file.baseOffset())) {
        delete(file, "an index without its log");
      }
    }
  }

  private List<SegmentFile> all(Stage stage) {
    return files.values().stream().filter(file -> file.stage() == stage).toList();
  }

  private void delete(SegmentFile file, String found) throws IOException {
    removed(file.name(), found);
    storage.delete(file.name());
    files.remove(file.name());
    changed = true;
  }

  private void removed(String name, String found) throws IOException {
    decisions.add(
        RecoveryDecision.ofFile(
            RecoveryDecision.Kind.REMOVED_FILE,
            path(name),
            storage.size(name),
            found,
            "none in a log that is open"));
  }

  private Path path(String name) {
    return storage.directory().resolve(name);
  }
}
