package dev.varve.log.segment;

import dev.varve.index.AbortedTransaction;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.segment.LogCheckpoint.Replacement;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.segment.SegmentFile.Stage;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A segment that is written to take the place of others: batches with the offsets that they have,
 * into files that are no part of the log before they have lost their suffixes.
 *
 * <pre>
 *   00…0.log.cleaned  --complete-->  00…0.log.swap  --in place-->  00…0.log
 *   discarded at an open             finished at an open
 * </pre>
 *
 * <p>Thread safety: for one thread.
 */
public final class CleanedSegment {
  /** A write of so much is one call, and stays in the second-level cache until then. */
  private static final int BUFFER_BYTES = 256 << 10;

  /** Forced so often, since one force of everything at the end would keep its thread for long. */
  private static final long FORCE_BYTES = 8 << 20;

  private final Storage storage;
  private final SegmentOptions options;
  private final long baseOffset;
  private final StorageFile log;
  private final Arena arena;
  private final SegmentIndexes indexes;
  private final MemorySegment buffer;
  private final CRC32C checksum = new CRC32C();
  private final List<Kind> written = new ArrayList<>();
  private long flushedBytes;
  private long forcedBytes;
  private int bufferedBytes;

  private CleanedSegment(
      Storage storage, SegmentOptions options, long baseOffset, StorageFile log, Arena arena) {
    this.storage = storage;
    this.options = options;
    this.baseOffset = baseOffset;
    this.log = log;
    this.arena = arena;
    this.indexes = SegmentIndexes.empty(arena, baseOffset, options);
    this.buffer = arena.allocate(BUFFER_BYTES);
  }

  /** Begins a segment; what an earlier attempt has left of one at this offset is overwritten. */
  public static CleanedSegment create(Storage storage, SegmentOptions options, long baseOffset)
      throws IOException {
    StorageFile log = storage.create(name(baseOffset, Kind.LOG, Stage.CLEANED));
    Arena arena = Arena.ofShared();
    boolean created = false;
    try {
      CleanedSegment segment = new CleanedSegment(storage, options, baseOffset, log, arena);
      created = true;
      return segment;
    } finally {
      if (!created) {
        arena.close();
        log.close();
      }
    }
  }

  private static String name(long baseOffset, Kind kind, Stage stage) {
    return new SegmentFile(baseOffset, kind, stage).name();
  }

  /** The offset in the names of its files. */
  public long baseOffset() {
    return baseOffset;
  }

  /** The bytes of its batches so far. */
  public long sizeBytes() {
    return flushedBytes + bufferedBytes;
  }

  /** Whether a batch can be appended: by position, offset and room in the indexes. */
  public boolean hasRoomFor(RecordBatch batch) {
    return sizeBytes() + batch.sizeBytes() <= Integer.MAX_VALUE
        && batch.lastOffset() - baseOffset <= Integer.MAX_VALUE
        && !indexes.indexer().isFull();
  }

  /** Appends a batch as it is. Its memory is copied, and must not be that of a mapped file. */
  public void append(RecordBatch batch) throws IOException {
    int sizeBytes = batch.sizeBytes();
    int position = (int) sizeBytes();
    if (sizeBytes > BUFFER_BYTES - bufferedBytes) {
      flush();
    }
    if (sizeBytes > BUFFER_BYTES) {
      write(batch.memory().asSlice(batch.position(), sizeBytes));
    } else {
      MemorySegment.copy(batch.memory(), batch.position(), buffer, bufferedBytes, sizeBytes);
      bufferedBytes += sizeBytes;
    }
    indexes.indexer().onBatch(batch.lastOffset(), position, sizeBytes, batch.maxTimestamp());
  }

  /** Has an aborted transaction of which there is data left in its index; in order of markers. */
  public void append(AbortedTransaction transaction) {
    indexes.transactions().append(transaction);
  }

  private void flush() throws IOException {
    if (bufferedBytes > 0) {
      write(buffer.asSlice(0, bufferedBytes));
      bufferedBytes = 0;
    }
  }

  private void write(MemorySegment bytes) throws IOException {
    checksum.update(bytes.asByteBuffer());
    log.write(flushedBytes, bytes);
    flushedBytes += bytes.byteSize();
    if (flushedBytes - forcedBytes >= FORCE_BYTES) {
      log.force();
      forcedBytes = flushedBytes;
    }
  }

  /**
   * Makes the files whole, and their contents durable; their names when the caller has forced the
   * directory.
   *
   * @param modifiedMillis when the last of those that it takes the place of was modified: what a
   *     retention by time may go by
   */
  public Replacement complete(long modifiedMillis) throws IOException {
    flush();
    indexes.indexer().closingEntry();
    storage.setLastModifiedMillis(name(baseOffset, Kind.LOG, Stage.CLEANED), modifiedMillis);
    log.force();
    log.close();
    written.add(Kind.LOG);
    write(Kind.OFFSET_INDEX, indexes.offsets().bytes());
    write(Kind.TIME_INDEX, indexes.times().bytes());
    // An empty one takes the place of one that was not, whatever a crash leaves of that.
    if (indexes.transactions().entryCount() > 0
        || storage.exists(SegmentFile.name(baseOffset, Kind.TRANSACTION_INDEX))) {
      write(Kind.TRANSACTION_INDEX, indexes.transactions().bytes());
    }
    return new Replacement(baseOffset, flushedBytes, checksum.getValue());
  }

  private void write(Kind kind, MemorySegment bytes) throws IOException {
    SegmentIndexes.write(storage, name(baseOffset, kind, Stage.CLEANED), bytes);
    written.add(kind);
  }

  /** Whether a file is what {@link #complete} has described. */
  public static boolean isDescribedBy(Replacement replacement, StorageFile log) throws IOException {
    if (log.size() != replacement.bytes()) {
      return false;
    }
    CRC32C found = new CRC32C();
    byte[] block = new byte[BUFFER_BYTES];
    for (long at = 0; at < replacement.bytes(); at += block.length) {
      found.update(block, 0, (int) log.read(at, MemorySegment.ofArray(block)));
    }
    return found.getValue() == replacement.checksum();
  }

  /** Says in the names that the files are complete, so that Kafka too would put them in place. */
  public void markComplete() throws IOException {
    rename(Stage.CLEANED, Stage.SWAP);
  }

  /** Puts the files in place. Those of the segment that had the names are gone or go. */
  public void putInPlace() throws IOException {
    rename(Stage.SWAP, Stage.CURRENT);
  }

  private void rename(Stage from, Stage to) throws IOException {
    for (Kind kind : written) {
      storage.rename(name(baseOffset, kind, from), name(baseOffset, kind, to));
    }
  }

  /**
   * The segment, as part of the log.
   *
   * @param endOffset the base offset of the next one
   */
  public SealedSegment seal(long endOffset) {
    return new SealedSegment(
        storage, options, baseOffset, endOffset, flushedBytes, indexes.transactions());
  }

  /** Lets go of the memory and of the file that is open. */
  public void release() throws IOException {
    arena.close();
    log.close();
  }

  /** Deletes the files, which are no part of the log. */
  public void delete() throws IOException {
    for (Kind kind : Kind.values()) {
      storage.delete(name(baseOffset, kind, Stage.CLEANED));
    }
  }
}
