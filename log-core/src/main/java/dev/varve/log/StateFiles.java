package dev.varve.log;

import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.producer.LeaderEpochs;
import dev.varve.log.producer.PartitionState;
import dev.varve.log.producer.ProducerSnapshot;
import dev.varve.log.segment.ActiveSegment;
import dev.varve.log.segment.Segment;
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
import java.util.Set;
import java.util.stream.Collectors;

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

  /** Loads the newest sound snapshot at or below an offset; without one, the state at offset 0. */
  Loaded load(long offset) throws IOException {
    PartitionState state = new PartitionState(readEpochs());
    for (SegmentFile file : snapshots().reversed()) {
      if (file.baseOffset() > offset) {
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

  private LeaderEpochs readEpochs() throws IOException {
    if (!storage.exists(EPOCHS_FILE_NAME)) {
      return LeaderEpochs.NONE;
    }
    try {
      return LeaderEpochs.parse(read(EPOCHS_FILE_NAME));
    } catch (InvalidStateFileException e) {
      findings.add(path(EPOCHS_FILE_NAME) + ": " + e.getMessage() + "; to be made again");
      return LeaderEpochs.NONE;
    }
  }

  /** Writes a snapshot, unless the file has these bytes already. */
  void writeSnapshot(long offset, byte[] snapshot) throws IOException {
    String name = SegmentFile.name(offset, Kind.PRODUCER_SNAPSHOT);
    if (!storage.exists(name) || !Arrays.equals(read(name), snapshot)) {
      write(name, snapshot);
    }
  }

  /** Replaces the checkpoint of leader epochs, unless it has these already. */
  void writeEpochs(LeaderEpochs epochs) throws IOException {
    byte[] bytes = epochs.format();
    if (storage.exists(EPOCHS_FILE_NAME) && Arrays.equals(read(EPOCHS_FILE_NAME), bytes)) {
      return;
    }
    write(EPOCHS_FILE_NAME + REPLACEMENT_SUFFIX, bytes);
    storage.rename(EPOCHS_FILE_NAME + REPLACEMENT_SUFFIX, EPOCHS_FILE_NAME);
    storage.forceDirectory();
  }

  /**
   * Deletes the snapshots that are of no more use: those past the end of the log, which was cut,
   * and those at no segment's base, but for the newest if it lies in the last segment.
   */
  void deleteStraySnapshots(SegmentList segments) throws IOException {
    Set<Long> bases = segments.all().stream().map(Segment::baseOffset).collect(Collectors.toSet());
    ActiveSegment active = segments.active();
    boolean newestInActive = true;
    for (SegmentFile file : snapshots().reversed()) {
      long offset = file.baseOffset();
      boolean inActive = offset >= active.baseOffset() && offset <= active.endOffset();
      if (bases.contains(offset) || (inActive && newestInActive)) {
        newestInActive &= !inActive;
      } else {
        storage.delete(file.name());
      }
    }
  }

  private byte[] read(String name) throws IOException {
    try (StorageFile file = storage.open(name)) {
      byte[] bytes = new byte[Math.toIntExact(file.size())];
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
