package dev.varve.log.segment;

import dev.varve.index.OffsetIndex;
import dev.varve.index.SegmentIndexer;
import dev.varve.index.TimeIndex;
import dev.varve.index.TransactionIndex;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The growing indexes of a segment that is being appended to, or scanned to rebuild them. They live
 * in memory, because they can be rebuilt from the log: no store of theirs can meet a full disk, and
 * they become files when the segment is settled.
 *
 * <p>Thread safety: as {@link OffsetIndex} says; one writer, readers without lock.
 */
final class SegmentIndexes {
  /**
   * The indexes that the batches alone give. A rebuild that does not know the producers cannot tell
   * which transactions were aborted, and must leave what is known of them.
   */
  static final List<Kind> LOOKUPS = List.of(Kind.OFFSET_INDEX, Kind.TIME_INDEX);

  private static final List<Kind> ALL =
      List.of(Kind.OFFSET_INDEX, Kind.TIME_INDEX, Kind.TRANSACTION_INDEX);

  private final Arena arena;
  private final long baseOffset;
  private final OffsetIndex offsets;
  private final TimeIndex times;
  private final TransactionIndex transactions;
  private final SegmentIndexer indexer;

  private SegmentIndexes(
      Arena arena,
      SegmentOptions options,
      OffsetIndex offsets,
      TimeIndex times,
      TransactionIndex transactions) {
    this.arena = arena;
    this.baseOffset = offsets.baseOffset();
    this.offsets = offsets;
    this.times = times;
    this.transactions = transactions;
    this.indexer = new SegmentIndexer(offsets, times, options.indexIntervalBytes());
  }

  /** Empty indexes in memory of the arena. */
  static SegmentIndexes empty(Arena arena, long baseOffset, SegmentOptions options) {
    return continuing(
        arena,
        baseOffset,
        options,
        MemorySegment.NULL,
        MemorySegment.NULL,
        emptyTransactions(baseOffset));
  }

  /** Indexes that go on where the given entries, which were checked, end. */
  static SegmentIndexes continuing(
      Arena arena,
      long baseOffset,
      SegmentOptions options,
      MemorySegment offsetEntries,
      MemorySegment timeEntries,
      TransactionIndex transactions) {
    return new SegmentIndexes(
        arena,
        options,
        OffsetIndex.growing(
            arena, baseOffset, options.indexBytesMax() / OffsetIndex.ENTRY_BYTES, offsetEntries),
        TimeIndex.growing(
            arena, baseOffset, options.indexBytesMax() / TimeIndex.ENTRY_BYTES, timeEntries),
        transactions);
  }

  /**
   * An index of transactions without entries. Its memory goes with the index and not with the
   * segment's: readers of earlier segments look into it, who have pinned only theirs.
   */
  static TransactionIndex emptyTransactions(long baseOffset) {
    return TransactionIndex.growing(Arena.ofAuto(), baseOffset);
  }

  /** The same, going on where the given entries, which were checked, end. */
  static TransactionIndex transactions(long baseOffset, MemorySegment entries) {
    return TransactionIndex.growing(Arena.ofAuto(), baseOffset, entries);
  }

  Arena arena() {
    return arena;
  }

  long baseOffset() {
    return baseOffset;
  }

  OffsetIndex offsets() {
    return offsets;
  }

  TimeIndex times() {
    return times;
  }

  TransactionIndex transactions() {
    return transactions;
  }

  SegmentIndexer indexer() {
    return indexer;
  }

  /** Writes the entries to the segment's index files and forces them. */
  void writeTo(Storage storage) throws IOException {
    for (Kind kind : LOOKUPS) {
      write(storage, kind);
    }
    String transactionFile = SegmentFile.name(baseOffset, Kind.TRANSACTION_INDEX);
    if (transactions.entryCount() > 0 || storage.exists(transactionFile)) {
      write(storage, Kind.TRANSACTION_INDEX);
    }
  }

  /** Writes one index to its file and forces it. */
  void write(Storage storage, Kind kind) throws IOException {
    write(storage, SegmentFile.name(baseOffset, kind), bytes(kind));
  }

  /** Which index files are missing, or hold something else. */
  List<Kind> differing(Storage storage) throws IOException {
    List<Kind> differing = new ArrayList<>();
    for (Kind kind : ALL) {
      String name = SegmentFile.name(baseOffset, kind);
      boolean mayBeMissing = kind == Kind.TRANSACTION_INDEX && transactions.entryCount() == 0;
      if (storage.exists(name) ? !holds(storage, name, bytes(kind)) : !mayBeMissing) {
        differing.add(kind);
      }
    }
    return differing;
  }

  /**
   * Makes the index files what they have to be: writes those that {@link #differing} named, and
   * forces the others, since the process that died may not have come to it.
   */
  void mend(Storage storage, List<Kind> differing) throws IOException {
    for (Kind kind : ALL) {
      String name = SegmentFile.name(baseOffset, kind);
      if (differing.contains(kind)) {
        write(storage, kind);
      } else if (storage.exists(name)) {
        try (StorageFile file = storage.open(name)) {
          file.force();
        }
      }
    }
  }

  private MemorySegment bytes(Kind kind) {
    return switch (kind) {
      case OFFSET_INDEX -> offsets.bytes();
      case TIME_INDEX -> times.bytes();
      case TRANSACTION_INDEX -> transactions.bytes();
      case LOG, PRODUCER_SNAPSHOT ->
          throw new IllegalArgumentException(kind + ", expected an index");
    };
  }

  private static boolean holds(Storage storage, String name, MemorySegment bytes)
      throws IOException {
    if (storage.size(name) != bytes.byteSize()) {
      return false;
    }
    try (StorageFile file = storage.open(name)) {
      MemorySegment there = MemorySegment.ofArray(new byte[(int) bytes.byteSize()]);
      return file.read(0, there) == bytes.byteSize() && there.mismatch(bytes) < 0;
    }
  }

  /** Writes the bytes of an index to a file and forces it. */
  static void write(Storage storage, String name, MemorySegment bytes) throws IOException {
    boolean written = false;
    try (StorageFile file = storage.create(name)) {
      file.write(0, bytes);
      file.force();
      written = true;
    } finally {
      if (!written) {
        storage.delete(name); // half an index only takes room, on a disk that may be full
      }
    }
  }
}
