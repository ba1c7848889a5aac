package dev.varve.log;

import dev.varve.log.error.CorruptLogException;
import dev.varve.log.error.DamagedRange;
import dev.varve.log.error.LogIOException;
import dev.varve.log.record.BatchFault;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordCursor;
import dev.varve.log.segment.ScanBounds;
import dev.varve.log.segment.SealedSegment;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.segment.SegmentScan;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Reads the batches of one sealed segment from its file, one after the other, each checked: header,
 * checksum, order. Nothing is mapped or pinned for it; it goes on in the file that it has opened if
 * the segment leaves the log meanwhile.
 *
 * <p>Thread safety: for one thread.
 */
public final class SegmentReader implements AutoCloseable {
  /** The size of the memory that a reader looks through, in bytes. */
  public static final int WINDOW_BYTES = SegmentScan.WINDOW_BYTES;

  private final SealedSegment segment;
  private final StorageFile file;
  private final SegmentScan scan;

  private SegmentReader(SealedSegment segment, StorageFile file, MemorySegment window)
      throws IOException {
    this.segment = segment;
    this.file = file;
    this.scan = new SegmentScan(file, ScanBounds.of(segment), window);
  }

  static SegmentReader open(Storage storage, SealedSegment segment, MemorySegment window)
      throws IOException {
    StorageFile file = storage.open(SegmentFile.name(segment.baseOffset(), Kind.LOG));
    boolean opened = false;
    try {
      SegmentReader reader = new SegmentReader(segment, file, window);
      opened = true;
      return reader;
    } finally {
      if (!opened) {
        file.close();
      }
    }
  }

  /**
   * Moves to the next batch.
   *
   * @return false at the end of the segment
   * @throws CorruptLogException at a batch that is not what was written
   * @throws LogIOException if the file cannot be read
   */
  public boolean next() {
    try {
      if (scan.next()) {
        if (!scan.damages().isEmpty()) {
          SegmentScan.Damage damage = scan.damages().getFirst();
          throw corrupt(
              damage.fault(), damage.endPosition(), damage.firstOffset(), damage.endOffset());
        }
        return true;
      }
      if (scan.endPosition() < segment.sizeBytes()) {
        long first = Math.min(scan.endOffset(), segment.endOffset());
        throw corrupt(scan.fault(), segment.sizeBytes(), first, segment.endOffset());
      }
      return false;
    } catch (IOException e) {
      throw new LogIOException(segment.path() + " cannot be read: " + e.getMessage(), e);
    }
  }

  private CorruptLogException corrupt(
      @Nullable BatchFault fault, long endPosition, long firstOffset, long endOffset) {
    long position = fault == null ? scan.endPosition() : fault.position();
    String finding =
        fault == null
            ? "found the end of the file, expected it at " + segment.sizeBytes()
            : fault.finding();
    return new CorruptLogException(
        new DamagedRange(segment.path(), position, endPosition, firstOffset, endOffset, finding),
        null);
  }

  /** The header of the batch that {@link #next} moved to, valid until the next call. */
  public RecordBatch batch() {
    return scan.batch();
  }

  /**
   * Has the batch that {@link #next} moved to in memory as a whole, and opens it in a cursor.
   *
   * @throws dev.varve.log.record.InvalidBatchException if its records are malformed
   * @throws dev.varve.log.record.CodecUnavailableException if the library of its codec is absent
   * @throws LogIOException if the file cannot be read
   */
  public void openIn(RecordCursor cursor) {
    loadWhole();
    cursor.openUnchecked(scan.batch());
  }

  /** Has all of the batch that {@link #next} moved to in memory, so that it can be copied. */
  public RecordBatch loadWhole() {
    try {
      scan.loadWhole();
      return scan.batch();
    } catch (IOException e) {
      throw new LogIOException(segment.path() + " cannot be read: " + e.getMessage(), e);
    }
  }

  /** Where the batch begins in the file. */
  public long position() {
    return scan.position();
  }

  /** The bytes that were read so far. */
  public long readBytes() {
    return scan.readBytes();
  }

  /** Closes the file. */
  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      // nothing was written through it
    }
  }
}
