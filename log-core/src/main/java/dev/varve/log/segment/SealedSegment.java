package dev.varve.log.segment;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.index.OffsetIndex;
import dev.varve.index.TimeIndex;
import dev.varve.index.TransactionIndex;
import dev.varve.log.error.LogIOException;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import dev.varve.log.storage.StorageFile.Access;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A segment that only can be read. Opening a log makes one from no more than a name and a size;
 * files are mapped at the first read.
 *
 * <p>An index file that is missing, or that the log contradicts, is rebuilt from the log then,
 * without a word. If not all of a damaged log can be reached, an index on the disk that is in order
 * stays there.
 *
 * <p>Thread safety: safe for use by several threads.
 */
public final class SealedSegment implements Segment {
  private final Storage storage;
  private final SegmentOptions options;
  private final long baseOffset;
  private final long endOffset;
  private final long sizeBytes;
  private final String path;

  /** Null until the first read. */
  private volatile @Nullable SegmentMemory memory;

  /** Null until it is asked for. */
  private volatile @Nullable SealedTransactions transactions;

  private final AtomicReference<@Nullable String> contradiction = new AtomicReference<>();

  /** {@link SegmentMemory#UNCHECKED} until it is asked for. */
  private volatile long timestampMax = SegmentMemory.UNCHECKED;

  @GuardedBy("this")
  private boolean retired;

  /**
   * Describes a segment whose files exist.
   *
   * @param endOffset the base offset of the next segment
   * @param sizeBytes the bytes of its batches; the log file may be longer
   */
  public SealedSegment(
      Storage storage, SegmentOptions options, long baseOffset, long endOffset, long sizeBytes) {
    this(storage, options, baseOffset, endOffset, sizeBytes, null);
  }

  /** Describes a segment whose aborted transactions are known. */
  SealedSegment(
      Storage storage,
      SegmentOptions options,
      long baseOffset,
      long endOffset,
      long sizeBytes,
      @Nullable TransactionIndex transactions) {
    this.storage = storage;
    this.options = options;
    this.baseOffset = baseOffset;
    this.endOffset = endOffset;
    this.sizeBytes = sizeBytes;
    this.transactions = transactions == null ? null : SealedTransactions.of(transactions);
    this.path = storage.directory().resolve(SegmentFile.name(baseOffset, Kind.LOG)).toString();
  }

  @Override
  public long baseOffset() {
    return baseOffset;
  }

  @Override
  public long endOffset() {
    return endOffset;
  }

  @Override
  public long sizeBytes() {
    return sizeBytes;
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public @Nullable SegmentView tryView() {
    SegmentMemory current = memory;
    if (current == null) {
      current = load();
    }
    return current != null && current.tryPin() ? new SegmentView(this, current) : null;
  }

  @Override
  public TransactionIndex transactionIndex() {
    return transactions().index();
  }

  /** Whether a transaction that begins below an offset may have its marker in a later segment. */
  public boolean mayBeDecidedLater(long offset) {
    return endOffset() < offset || transactions().undecidedAtEnd() < offset;
  }

  /**
   * What the file of aborted transactions held where the log contradicts it; told once.
   *
   * @return null if there is nothing to tell, or nothing any more
   */
  public @Nullable String takeContradiction() {
    return contradiction.get() == null ? null : contradiction.getAndSet(null);
  }

  private SealedTransactions transactions() {
    SealedTransactions known = transactions;
    return known == null ? readTransactions() : known;
  }

  private synchronized SealedTransactions readTransactions() {
    SealedTransactions known = transactions;
    if (known != null) {
      return known;
    }
    if (retired) {
      throw new LogIOException(path + " is no part of the log any more");
    }
    try {
      SealedTransactions read = SealedTransactions.read(storage, this);
      contradiction.set(read.contradiction());
      transactions = read;
      return read;
    } catch (IOException e) {
      throw new LogIOException(
          path + ": its aborted transactions cannot be read: " + e.getMessage(), e);
    }
  }

  @Override
  public int pins() {
    SegmentMemory current = memory;
    return current == null ? 0 : current.readerPins();
  }

  @Override
  public long timestampMax() {
    long known = timestampMax;
    return known == SegmentMemory.UNCHECKED ? readTimestampMax() : known;
  }

  private synchronized long readTimestampMax() {
    SegmentMemory current = memory;
    SegmentView view = current != null && current.tryPin() ? new SegmentView(this, current) : null;
    if (view != null) {
      try {
        timestampMax = view.timestampMax();
      } finally {
        view.release();
      }
      return timestampMax;
    }
    try (Arena arena = Arena.ofConfined()) {
      timestampMax = new SegmentView(this, load(arena)).timestampMax();
      return timestampMax;
    } catch (IOException e) {
      throw new LogIOException(path + " cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Lets go of the memory, for good.
   *
   * @return the memory to reclaim, or null if none was ever needed, or if it was handed out before
   */
  public synchronized @Nullable SegmentMemory retire() {
    retired = true;
    SegmentMemory last = memory;
    memory = null;
    return last;
  }

  /** Whether the segment has left the log, so that its names may be those of another by now. */
  public synchronized boolean isRetired() {
    return retired;
  }

  private synchronized @Nullable SegmentMemory load() {
    if (memory != null || retired) {
      return memory;
    }
    Arena arena = Arena.ofShared();
    try {
      SegmentMemory loaded = load(arena);
      memory = loaded;
      return loaded;
    } catch (IOException e) {
      arena.close();
      throw new LogIOException(path + " cannot be read: " + e.getMessage(), e);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  @GuardedBy("this")
  private SegmentMemory load(Arena arena) throws IOException {
    try (StorageFile file = storage.open(SegmentFile.name(baseOffset, Kind.LOG))) {
      // If somebody has cut the file, what is left is mapped, and whoever comes to its end says so.
      MemorySegment log = file.map(Access.READ, Math.min(file.size(), sizeBytes), arena);
      MemorySegment offsetEntries = map(Kind.OFFSET_INDEX, arena);
      MemorySegment timeEntries = map(Kind.TIME_INDEX, arena);
      if (offsetEntries != null && timeEntries != null) {
        OffsetIndex offsets = OffsetIndex.over(offsetEntries, baseOffset);
        TimeIndex times = TimeIndex.over(timeEntries, baseOffset);
        if (new IndexAgreement(log, offsets, times, endOffset).holds()) {
          return new SegmentMemory(arena, log, offsets, times);
        }
      }
      SegmentIndexes rebuilt = SegmentIndexes.empty(arena, baseOffset, options);
      SegmentScan scan = new SegmentScan(file, ScanBounds.of(this)).guidedBy(storage);
      while (scan.next()) {
        scan.addTo(rebuilt);
      }
      rebuilt.indexer().closingEntry();
      if (!retired) { // its files are about to go, or have other bytes
        keep(rebuilt, scan.endPosition() == sizeBytes);
      }
      return new SegmentMemory(arena, log, rebuilt.offsets(), rebuilt.times());
    }
  }

  private void keep(SegmentIndexes rebuilt, boolean whole) {
    StoredIndexes stored = new StoredIndexes(storage, baseOffset, sizeBytes);
    try {
      for (Kind kind : SegmentIndexes.LOOKUPS) {
        if (whole || !stored.isInOrder(kind)) {
          rebuilt.write(storage, kind);
        }
      }
    } catch (IOException e) {
      // A cache that could not be kept, on a full disk perhaps: it is rebuilt again the next time.
    }
  }

  private @Nullable MemorySegment map(Kind kind, Arena arena) throws IOException {
    String name = SegmentFile.name(baseOffset, kind);
    if (!storage.exists(name) || storage.size(name) > Integer.MAX_VALUE) {
      return null;
    }
    try (StorageFile file = storage.open(name)) {
      return file.map(Access.READ, file.size(), arena);
    }
  }
}
