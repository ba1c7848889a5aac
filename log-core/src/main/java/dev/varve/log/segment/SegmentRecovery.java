package dev.varve.log.segment;

import dev.varve.index.OffsetIndex;
import dev.varve.index.TimeIndex;
import dev.varve.index.TransactionIndex;
import dev.varve.log.record.BatchFault;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.segment.SegmentScan.Damage;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import dev.varve.log.storage.StorageFile.Access;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One segment's log, scanned after a log was not closed in order: how far it is valid, what
 * follows, and its indexes made anew. Decides nothing; whoever opens the log decides whether to
 * {@link #cut}, and then to {@link #seal} or {@link #activate} the segment.
 *
 * <p>Thread safety: for one thread.
 */
public final class SegmentRecovery {
  private final Storage storage;
  private final SegmentOptions options;
  private final SegmentIndexes indexes;
  private final SegmentScan scan;
  private final boolean reservedTail;
  private boolean cut;
  private boolean activated;

  private SegmentRecovery(
      Storage storage,
      SegmentOptions options,
      SegmentIndexes indexes,
      SegmentScan scan,
      boolean reservedTail) {
    this.storage = storage;
    this.options = options;
    this.indexes = indexes;
    this.scan = scan;
    this.reservedTail = reservedTail;
  }

  /**
   * Scans a segment.
   *
   * @param bounds what is known of its batches
   * @param visitor is shown each valid batch in order
   */
  public static SegmentRecovery scan(
      Storage storage, SegmentOptions options, ScanBounds bounds, BatchVisitor visitor)
      throws IOException {
    long baseOffset = bounds.baseOffset();
    Arena arena = Arena.ofShared();
    try (StorageFile file = storage.open(SegmentFile.name(baseOffset, Kind.LOG))) {
      SegmentIndexes indexes = SegmentIndexes.empty(arena, baseOffset, options);
      SegmentScan scan = new SegmentScan(file, bounds).guidedBy(storage);
      while (scan.next()) {
        scan.addTo(indexes);
        if (scan.batch().isControl()) {
          scan.loadWhole();
        }
        visitor.visit(scan.position(), scan.batch(), indexes.transactions());
      }
      indexes.indexer().closingEntry();
      boolean reserved = scan.fault() != null && isZero(file, scan.endPosition());
      return new SegmentRecovery(storage, options, indexes, scan, reserved);
    } catch (IOException | RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /** Takes note of a batch that was found valid. */
  @FunctionalInterface
  public interface BatchVisitor {
    /**
     * Shows a batch.
     *
     * @param position where it begins in the file, in bytes
     * @param batch valid during the call; its records only if it is a control batch
     * @param aborted takes the transaction that the batch, a marker, aborts
     */
    void visit(long position, RecordBatch batch, TransactionIndex aborted);
  }

  private static boolean isZero(StorageFile file, long from) throws IOException {
    byte[] block = new byte[1 << 16];
    MemorySegment memory = MemorySegment.ofArray(block);
    long at = from;
    while (true) {
      long read = file.read(at, memory);
      for (int i = 0; i < read; i++) {
        if (block[i] != 0) {
          return false;
        }
      }
      if (read < block.length) {
        return true;
      }
      at += read;
    }
  }

  /** The offset in the names of the segment's files. */
  public long baseOffset() {
    return indexes.baseOffset();
  }

  /** The offset after the last valid batch. */
  public long endOffset() {
    return scan.endOffset();
  }

  /** The bytes that are valid. */
  public long validBytes() {
    return scan.endPosition();
  }

  /** The bytes that were scanned: all that the file has. */
  public long fileBytes() {
    return scan.fileBytes();
  }

  /** What is wrong behind the valid batches; null if nothing follows them. */
  public @Nullable BatchFault fault() {
    return scan.fault();
  }

  /** The damage between valid batches. */
  public List<Damage> damages() {
    return scan.damages();
  }

  /** Whether all that follows the valid batches is zeros: space that a writer had reserved. */
  public boolean hasReservedTail() {
    return reservedTail;
  }

  /**
   * Which index files have to be made anew: those that are missing, or hold something else than the
   * valid batches give. But where the scan ended at damage, an index that is in order stays, since
   * it may know of batches behind it; and so does, where batches are damaged, what is known of
   * transactions.
   */
  public List<Kind> differingIndexes() throws IOException {
    List<Kind> differing = indexes.differing(storage);
    boolean ended = scan.fault() != null && !cut;
    if (ended || !scan.damages().isEmpty()) {
      StoredIndexes stored = new StoredIndexes(storage, baseOffset(), fileBytes());
      for (Kind kind : List.copyOf(differing)) {
        if ((ended || kind == Kind.TRANSACTION_INDEX) && stored.isInOrder(kind)) {
          differing.remove(kind);
        }
      }
    }
    return differing;
  }

  /** Cuts off what follows the valid batches. */
  public void cut() throws IOException {
    try (StorageFile file = storage.open(SegmentFile.name(baseOffset(), Kind.LOG))) {
      file.truncate(validBytes());
      file.force();
    }
    cut = true;
  }

  /**
   * Makes the segment durable, since the process that died may not have come to it, and writes
   * indexes to their files.
   *
   * @param differing the indexes to write: those that {@link #differingIndexes} named
   * @param nextBaseOffset the base offset of the next segment
   */
  public SealedSegment seal(List<Kind> differing, long nextBaseOffset) throws IOException {
    try (StorageFile file = storage.open(SegmentFile.name(baseOffset(), Kind.LOG))) {
      file.force();
    }
    indexes.mend(storage, differing);
    indexes.arena().close();
    long bytes = cut ? validBytes() : fileBytes();
    return new SealedSegment(storage, options, baseOffset(), nextBaseOffset, bytes);
  }

  /** Lets appends go on behind the last valid batch, where the file must end. */
  public ActiveSegment activate(long nowMillis) throws IOException {
    assert cut || scan.fault() == null : "a file that was not cut";
    ActiveSegment active = ActiveSegment.reopen(storage, options, indexes, endOffset(), nowMillis);
    activated = true;
    return active;
  }

  /** Lets go of the memory, unless it was handed on or is closed. */
  public void discard() {
    if (!activated && indexes.arena().scope().isAlive()) {
      indexes.arena().close();
    }
  }

  /**
   * Opens the last segment of a log that was closed in order, from its index files and without a
   * scan.
   *
   * @return empty if the index files are missing or disagree with the log, so that it takes a scan
   */
  public static Optional<ActiveSegment> reopen(
      Storage storage, SegmentOptions options, long baseOffset, long endOffset, long nowMillis)
      throws IOException {
    Arena arena = Arena.ofShared();
    boolean opened = false;
    try (StorageFile file = storage.open(SegmentFile.name(baseOffset, Kind.LOG));
        Arena checking = Arena.ofConfined()) {
      MemorySegment log = file.map(Access.READ, file.size(), checking);
      Optional<MemorySegment> offsets = read(storage, baseOffset, Kind.OFFSET_INDEX, arena);
      Optional<MemorySegment> times = read(storage, baseOffset, Kind.TIME_INDEX, arena);
      Optional<MemorySegment> aborted = read(storage, baseOffset, Kind.TRANSACTION_INDEX, arena);
      if (offsets.isEmpty()
          || times.isEmpty()
          || (aborted.isPresent()
              && TransactionIndex.over(aborted.get(), baseOffset).firstFault(endOffset).isPresent())
          || !new IndexAgreement(
                  log,
                  OffsetIndex.over(offsets.get(), baseOffset),
                  TimeIndex.over(times.get(), baseOffset),
                  endOffset)
              .holdsToTheEnd()) {
        return Optional.empty();
      }
      SegmentIndexes indexes =
          SegmentIndexes.continuing(
              arena,
              baseOffset,
              options,
              offsets.get(),
              times.get(),
              SegmentIndexes.transactions(baseOffset, aborted.orElse(MemorySegment.NULL)));
      ActiveSegment active = ActiveSegment.reopen(storage, options, indexes, endOffset, nowMillis);
      opened = true;
      return Optional.of(active);
    } finally {
      if (!opened) {
        arena.close();
      }
    }
  }

  private static Optional<MemorySegment> read(
      Storage storage, long baseOffset, Kind kind, Arena arena) throws IOException {
    String name = SegmentFile.name(baseOffset, kind);
    if (!storage.exists(name) || storage.size(name) > Integer.MAX_VALUE) {
      return Optional.empty();
    }
    try (StorageFile file = storage.open(name)) {
      MemorySegment bytes = arena.allocate(file.size());
      file.read(0, bytes);
      return Optional.of(bytes);
    }
  }
}
