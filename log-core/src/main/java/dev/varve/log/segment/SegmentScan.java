package dev.varve.log.segment;

import dev.varve.log.record.BatchChecksum;
import dev.varve.log.record.BatchFault;
import dev.varve.log.record.BatchFault.Kind;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the batches of a log file one after the other and checks each: header, checksum, order of
 * offsets. Reads through the file and not through a mapping, so that a checksum never runs over a
 * page that the file may have lost.
 *
 * <p>Ends at the first batch that is not valid. What follows it proves nothing: its place was found
 * with a length that cannot be believed.
 *
 * <p>Thread safety: for one thread.
 */
public final class SegmentScan {
  /** Stays in the second-level cache together with what the checksum and the indexes touch. */
  private static final int WINDOW_BYTES = 256 << 10;

  private final StorageFile file;
  private final long fileBytes;
  private final long baseOffset;
  private final RecordBatch batch = new RecordBatch();

  private final BatchChecksum checksum = new BatchChecksum();

  private MemorySegment window = Arena.ofAuto().allocate(WINDOW_BYTES);
  private ByteBuffer windowBuffer = window.asByteBuffer();
  private long windowPosition;
  private long windowBytes;
  private long position;
  private long nextPosition;
  private long nextOffset;
  private @Nullable BatchFault fault;

  /**
   * Begins at the start of a segment's log.
   *
   * @param baseOffset the lowest offset that a batch may have
   */
  public SegmentScan(StorageFile file, long baseOffset) throws IOException {
    this.file = file;
    this.fileBytes = file.size();
    this.baseOffset = baseOffset;
    this.nextOffset = baseOffset;
  }

  /** Rebuilds indexes, which are empty, from the valid batches of a log. */
  static SegmentScan rebuild(StorageFile file, SegmentIndexes indexes) throws IOException {
    SegmentScan scan = new SegmentScan(file, indexes.baseOffset());
    while (scan.next()) {
      scan.addTo(indexes);
    }
    indexes.indexer().closingEntry();
    return scan;
  }

  /** Adds the current batch to indexes by offset and time. */
  void addTo(SegmentIndexes indexes) {
    indexes
        .indexer()
        .onBatch(batch.lastOffset(), (int) position, batch.sizeBytes(), batch.maxTimestamp());
  }

  /**
   * Moves to the next batch.
   *
   * @return false at the end of the file, or at a fault
   */
  public boolean next() throws IOException {
    if (fault != null || nextPosition >= fileBytes) {
      return false;
    }
    BatchFault found = check(nextPosition);
    if (found != null) {
      fault = found.at(nextPosition);
      return false;
    }
    position = nextPosition;
    nextPosition += batch.sizeBytes();
    nextOffset = batch.nextOffset();
    return true;
  }

  private @Nullable BatchFault check(long at) throws IOException {
    long bytesLeft = fileBytes - at;
    wrap(at, Math.min(bytesLeft, RecordBatch.HEADER_BYTES));
    BatchFault found = batch.headerFault(bytesLeft, RecordBatch.BATCH_BYTES_MAX);
    if (found != null) {
      return found;
    }
    wrap(at, batch.sizeBytes());
    found = checksum.fault(batch, windowBuffer);
    return found != null ? found : orderFault();
  }

  private @Nullable BatchFault orderFault() {
    if (batch.baseOffset() < nextOffset) {
      return new BatchFault(
          Kind.HEADER,
          batch.position(),
          "base offset " + batch.baseOffset(),
          "at least " + nextOffset);
    }
    if (batch.lastOffset() - baseOffset > Integer.MAX_VALUE) {
      return new BatchFault(
          Kind.HEADER,
          batch.position(),
          "last offset " + batch.lastOffset(),
          "at most 2^31-1 above the base offset " + baseOffset);
    }
    return null;
  }

  /**
   * Has at least {@code bytes} from a position of the file in the window, and the batch over it.
   */
  private void wrap(long at, long bytes) throws IOException {
    if (at < windowPosition || at + bytes > windowPosition + windowBytes) {
      if (bytes > window.byteSize()) {
        window = Arena.ofAuto().allocate(bytes);
        windowBuffer = window.asByteBuffer();
      }
      windowPosition = at;
      windowBytes = file.read(at, window.asSlice(0, Math.min(window.byteSize(), fileBytes - at)));
    }
    batch.wrap(window, at - windowPosition);
  }

  /** The current batch, checked; valid until {@link #next}. */
  public RecordBatch batch() {
    return batch;
  }

  /** Where the current batch begins in the file. */
  public long position() {
    return position;
  }

  /** Where the valid batches end, so far. */
  public long endPosition() {
    return nextPosition;
  }

  /** The offset after the last valid batch, so far. */
  public long endOffset() {
    return nextOffset;
  }

  /** Why the scan ended before the end of the file, with the position in it; null if it did not. */
  public @Nullable BatchFault fault() {
    return fault;
  }

  /** The size of the file. */
  public long fileBytes() {
    return fileBytes;
  }
}
