package dev.varve.log;

import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.producer.LeaderEpochs;
import dev.varve.log.producer.PartitionState;
import dev.varve.log.producer.ProducerSnapshot;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.segment.SegmentFile.Stage;
import dev.varve.log.segment.SegmentList;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongPredicate;

/**
 * The files that keep what a log remembers besides its batches: snapshots of producers and the
 * checkpoint of leader epochs. Both can be made again from the log, so one that cannot be read is
 * reported and left out.
 *
 * <p>Thread safety: for one thread at a time.
 */
final class StateFiles {
  static final String EPOCHS_FILE_NAME = "leader-epoch-checkpoint";

  private static final String REPLACEMENT_SUFFIX = ".tmp";

  /** Room for a million producers. What is longer is not one of these files, and not read whole. */
  private static final int FILE_BYTES_MAX = 64 << 20;

  private final Storage storage;
  private final List<String> findings;

  StateFiles(Storage storage, List<String> findings) {
    this.storage = storage;
    this.findings = findings;
  }

  /**
   * The state at an offset.
   *
   * @param offset all batches below it are in the state
   */
  record Loaded(PartitionState state, long offset) {}

  /** Loads the snapshot at an offset; without a sound one, the newest below; or the state at 0. */
  Loaded load(long offset) throws IOException {
    return load(candidate -> candidate <= offset);
  }

  /** Loads the newest sound snapshot that is at an offset of a kind; or the state at offset 0. */
  Loaded load(LongPredicate offsets) throws IOException {
    PartitionState state = new PartitionState(readEpochs());
    for (SegmentFile file : snapshots().reversed()) {
      if (!offsets.test(file.baseOffset())) {
        continue;
      }
      try {
        state.producers().load(ProducerSnapshot.parse(read(file.name())));
        return new Loaded(state, file.baseOffset());
      } catch (InvalidStateFileException e) {
        findings.add(path(file.name()) + ": " + e.getMessage() + "; removed, to be made again");
        storage.delete(file.name());
      }
    }
    return new Loaded(state, 0);
  }

  private List<SegmentFile> snapshots() throws IOException {
    return storage.list().stream()
        .flatMap(name -> SegmentFile.parse(name).stream())
        .filter(file -> file.kind() == Kind.PRODUCER_SNAPSHOT && file.stage() == Stage.CURRENT)
        .toList();
  }

  /** Whether the checkpoint of leader epochs can be read; if not, all batches have to be. */
  boolean hasEpochs() throws IOException {
    if (!storage.exists(EPOCHS_FILE_NAME)) {
      return false;
    }
    try {
      LeaderEpochs.parse(read(EPOCHS_FILE_NAME));
      return true;
    } catch (InvalidStateFileException e) {
      findings.add(path(EPOCHS_FILE_NAME) + ": " + e.getMessage() + "; made again");
      return false;
    }
  }

  private LeaderEpochs readEpochs() throws IOException {
    if (!storage.exists(EPOCHS_FILE_NAME)) {
      return LeaderEpochs.NONE;
    }
    try {
      return LeaderEpochs.parse(read(EPOCHS_FILE_NAME));
    } catch (InvalidStateFileException e) {
      return LeaderEpochs.NONE; // was reported
    }
  }

  /** Notes what was unexpected in the log itself while the state was made. */
  void report(String finding) {
    findings.add(finding);
  }

  /** Writes a snapshot, unless the file has these bytes already. */
  void writeSnapshot(long offset, byte[] snapshot) throws IOException {
    String name = SegmentFile.name(offset, Kind.PRODUCER_SNAPSHOT);
    if (!holds(name, snapshot)) {
      write(name, snapshot);
    }
  }

  private boolean holds(String name, byte[] bytes) throws IOException {
    return storage.exists(name)
        && storage.size(name) == bytes.length
        && Arrays.equals(read(name), bytes);
  }

  /**
   * Replaces the checkpoint of leader epochs, unless it has these already. The caller forces the
   * directory.
   */
  void writeEpochs(LeaderEpochs epochs) throws IOException {
    byte[] bytes = epochs.format();
    if (holds(EPOCHS_FILE_NAME, bytes)) {
      return;
    }
    write(EPOCHS_FILE_NAME + REPLACEMENT_SUFFIX, bytes);
    storage.rename(EPOCHS_FILE_NAME + REPLACEMENT_SUFFIX, EPOCHS_FILE_NAME);
  }

  /**
   * Deletes the snapshots that no open will ask for: of a state above the end, that the log, having
   * been cut, is not in any more; and between the bases of segments, where the log was closed once.
   */
  void deleteStraySnapshots(SegmentList segments, long endOffset) throws IOException {
    for (SegmentFile file : snapshots()) {
      long offset = file.baseOffset();
      boolean atBase =
          segments.get(Math.max(0, segments.floorIndex(offset))).baseOffset() == offset;
      if (offset != endOffset && (offset > endOffset || !atBase)) {
        storage.delete(file.name());
      }
    }
  }

  private byte[] read(String name) throws IOException {
    try (StorageFile file = storage.open(name)) {
      byte[] bytes = new byte[(int) Math.min(file.size(), FILE_BYTES_MAX)];
      file.read(0, MemorySegment.ofArray(bytes));
      return bytes;
    }
  }

  private void write(String name, byte[] bytes) throws IOException {
    try (StorageFile file = storage.create(name)) {
      file.write(0, MemorySegment.ofArray(bytes));
      file.force();
    }
  }

  private String path(String name) {
    return storage.directory().resolve(name).toString();
  }
}
