package dev.varve.log;

import dev.varve.index.TransactionIndex;
import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.producer.LeaderEpochs;
import dev.varve.log.producer.PartitionState;
import dev.varve.log.producer.ProducerSnapshot;
import dev.varve.log.producer.ProducerStates;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.segment.SegmentFile.Stage;
import dev.varve.log.segment.SegmentList;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import dev.varve.log.storage.WholeFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
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

  /** Room for a million producers. What is longer is not one of these files, and not read whole. */
  private static final int FILE_BYTES_MAX = 64 << 20;

  private final Storage storage;
  private final Consumer<RecoveryDecision> decisions;
  private LeaderEpochs epochs = LeaderEpochs.NONE;

  /** Tells each decision to {@code decisions} before the file it is about is changed. */
  StateFiles(Storage storage, Consumer<RecoveryDecision> decisions) {
    this.storage = storage;
    this.decisions = decisions;
  }

  /**
   * The state at an offset.
   *
   * @param offset all batches below it are in the state
   */
  record Loaded(PartitionState state, long offset) {}

  /** Loads the snapshot at an offset; without a sound one, the newest below; or the state at 0. */
  Loaded load(long offset) throws IOException {
    PartitionState state = new PartitionState(epochs);
    SegmentFile exact = new SegmentFile(offset, Kind.PRODUCER_SNAPSHOT, Stage.CURRENT);
    boolean loaded = storage.exists(exact.name()) && loadSnapshot(exact, state);
    return loaded ? new Loaded(state, offset) : load(candidate -> candidate < offset);
  }

  /** Loads the newest sound snapshot that is at an offset of a kind; or the state at offset 0. */
  Loaded load(LongPredicate offsets) throws IOException {
    PartitionState state = new PartitionState(epochs);
    for (SegmentFile file : snapshots().reversed()) {
      if (!offsets.test(file.baseOffset())) {
        continue;
      }
      if (loadSnapshot(file, state)) {
        return new Loaded(state, file.baseOffset());
      }
    }
    return new Loaded(state, 0);
  }

  /** Returns false if the snapshot is not sound; it is then gone. */
  private boolean loadSnapshot(SegmentFile file, PartitionState state) throws IOException {
    try {
      state.producers().load(ProducerSnapshot.parse(read(file.name()), file.baseOffset()));
      return true;
    } catch (InvalidStateFileException e) {
      removed(file, e.place() + ": " + e.found(), e.expected());
      return false;
    }
  }

  /** Shows a state that was loaded a batch that was read again, at its position in a file. */
  void replay(
      Loaded loaded, Path file, long position, RecordBatch batch, TransactionIndex aborted) {
    if (batch.baseOffset() < loaded.offset()) {
      return;
    }
    String passedOver = loaded.state().replay(batch, aborted);
    if (passedOver != null) {
      report(
          new RecoveryDecision(
              RecoveryDecision.Kind.PASSED_OVER_MARKER,
              file,
              position,
              batch.sizeBytes(),
              batch.baseOffset(),
              batch.nextOffset(),
              passedOver,
              "the end of a transaction"));
    }
  }

  private List<SegmentFile> snapshots() throws IOException {
    return storage.list().stream()
        .flatMap(name -> SegmentFile.parse(name).stream())
        .filter(file -> file.kind() == Kind.PRODUCER_SNAPSHOT && file.stage() == Stage.CURRENT)
        .toList();
  }

  /**
   * Reads the checkpoint of leader epochs, for {@link #load} to begin with.
   *
   * @return false if it cannot be read, so that all batches have to be
   */
  boolean loadEpochs() throws IOException {
    if (!storage.exists(EPOCHS_FILE_NAME)) {
      rebuilt(EPOCHS_FILE_NAME, "no file", "the leader epochs");
      return false;
    }
    try {
      epochs = LeaderEpochs.parse(read(EPOCHS_FILE_NAME));
      return true;
    } catch (InvalidStateFileException e) {
      rebuilt(EPOCHS_FILE_NAME, e.place() + ": " + e.found(), e.expected());
      return false;
    }
  }

  /** Notes a decision about what the log itself holds. */
  void report(RecoveryDecision decision) {
    decisions.accept(decision);
  }

  /** Notes that a file is made anew, which it is when the log is open. */
  void rebuilt(String name, String found, String expected) throws IOException {
    long bytes = storage.exists(name) ? storage.size(name) : 0;
    report(
        RecoveryDecision.ofFile(
            RecoveryDecision.Kind.REBUILT_STATE, path(name), bytes, found, expected));
  }

  private void removed(SegmentFile file, String found, String expected) throws IOException {
    report(
        RecoveryDecision.ofFile(
            RecoveryDecision.Kind.REMOVED_FILE,
            path(file.name()),
            storage.size(file.name()),
            found,
            expected));
    storage.delete(file.name());
  }

  /**
   * Holds the snapshot at an offset against the state there: takes over what it knows from before
   * the scan; tells if it is missing or says what cannot be.
   *
   * @param state as the batches have left it that were scanned
   * @param scannedFrom where the scan began
   * @return whether the file can stay
   */
  boolean adoptSnapshot(long offset, PartitionState state, long scannedFrom) throws IOException {
    String name = SegmentFile.name(offset, Kind.PRODUCER_SNAPSHOT);
    String expected = "the state of producers at offset " + offset;
    if (!storage.exists(name)) {
      rebuilt(name, "no file", expected);
      return false;
    }
    InvalidStateFileException fault = null;
    try {
      fault =
          state.adopt(ProducerSnapshot.parse(read(name), offset), offset, scannedFrom).orElse(null);
    } catch (InvalidStateFileException e) {
      fault = e;
    }
    if (fault != null) {
      rebuilt(name, fault.place() + ": " + fault.found(), fault.expected());
    }
    return fault == null;
  }

  /** Whether there is a snapshot at an offset, sound or not. */
  boolean hasSnapshot(long offset) throws IOException {
    return storage.exists(SegmentFile.name(offset, Kind.PRODUCER_SNAPSHOT));
  }

  void writeSnapshot(long offset, ProducerStates producers) throws IOException {
    write(SegmentFile.name(offset, Kind.PRODUCER_SNAPSHOT), producers.snapshot().format());
  }

  /**
   * Replaces the checkpoint of leader epochs, unless it has these already. The caller forces the
   * directory.
   */
  void writeEpochs(LeaderEpochs epochs) throws IOException {
    var _ = WholeFile.replaceIfDifferent(storage, EPOCHS_FILE_NAME, epochs.format());
  }

  /**
   * Deletes the snapshots that no open will ask for: of a state above the end, that the log, having
   * been cut, is not in any more; and between the bases of segments, where the log was closed once.
   *
   * @param snapshots that were there before the log was recovered
   */
  void deleteStraySnapshots(List<SegmentFile> snapshots, SegmentList segments, long endOffset)
      throws IOException {
    for (SegmentFile file : snapshots) {
      long offset = file.baseOffset();
      boolean atBase =
          segments.get(Math.max(0, segments.floorIndex(offset))).baseOffset() == offset;
      boolean asked = offset == endOffset || (offset < endOffset && atBase);
      if (!asked && storage.exists(file.name())) {
        removed(file, "a snapshot that no open will ask for", "one at a segment's base or the end");
      }
    }
  }

  /**
   * Takes the epochs that begin at or above an offset out of the file; one that cannot be read is
   * left to whoever opens the log.
   */
  void cutEpochs(long endOffset) throws IOException {
    if (storage.exists(EPOCHS_FILE_NAME) && loadEpochs()) {
      writeEpochs(epochs.truncateFromEnd(endOffset));
    }
  }

  private byte[] read(String name) throws IOException {
    return WholeFile.read(storage, name, FILE_BYTES_MAX);
  }

  private void write(String name, byte[] bytes) throws IOException {
    try (StorageFile file = storage.create(name)) {
      file.write(0, MemorySegment.ofArray(bytes));
      file.force();
    }
  }

  private Path path(String name) {
    return storage.directory().resolve(name);
  }
}
