package dev.varve.log.inspect;

import dev.varve.index.OffsetIndex;
import dev.varve.log.error.DamagedRange;
import dev.varve.log.record.BatchFault;
import dev.varve.log.record.BatchFault.Kind;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.segment.ScanBounds;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentScan;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads the batches of one {@code .log} file, in order, each checked for its header, its checksum
 * and its place in the order of offsets. The records are not looked at.
 *
 * <p>Memory: a window of 256 KiB, or one batch if that is larger. Thread safety: for one thread.
 */
public final class BatchReader implements AutoCloseable {
  private static final int ZERO_BLOCK_BYTES = 64 << 10;

  private final ReadOnlyFile file;
  private final Path path;
  private final ScanBounds bounds;
  private SegmentScan scan;

  private BatchReader(ReadOnlyFile file, Path path, ScanBounds bounds, long startPosition)
      throws IOException {
    this.file = file;
    this.path = path;
    this.bounds = bounds;
    this.scan = new SegmentScan(file, bounds).startingAt(startPosition, bounds.baseOffset());
  }

  /** Reads a whole file; its base offset is that in its name, or 0 if it has none. */
  public static BatchReader open(Path log) throws IOException {
    long baseOffset =
        SegmentFile.parse(log.getFileName().toString()).map(SegmentFile::baseOffset).orElse(0L);
    return open(log, ScanBounds.from(baseOffset), 0);
  }

  /** Reads a segment's file from a position on that is the first byte of a batch. */
  static BatchReader open(LogDirectory directory, long baseOffset, long position)
      throws IOException {
    ScanBounds bounds = ScanBounds.from(baseOffset);
    return open(
        directory.log(baseOffset),
        directory.isLast(baseOffset)
            ? bounds
            : bounds.withoutGapsAt(directory.baseAfter(baseOffset)),
        position);
  }

  private static BatchReader open(Path log, ScanBounds bounds, long position) throws IOException {
    ReadOnlyFile file = ReadOnlyFile.open(log);
    boolean opened = false;
    try {
      BatchReader reader = new BatchReader(file, log, bounds, position);
      opened = true;
      return reader;
    } finally {
      if (!opened) {
        file.close();
      }
    }
  }

  /** The file. */
  public Path path() {
    return path;
  }

  /** The lowest offset that the file may have. */
  public long baseOffset() {
    return bounds.baseOffset();
  }

  /**
   * Moves to the next batch.
   *
   * @return false at the end of the file, or at a fault
   */
  public boolean next() throws IOException {
    if (!scan.next()) {
      return false;
    }
    scan.loadWhole();
    return true;
  }

  /** The current batch, valid until {@link #next}. */
  public RecordBatch batch() {
    return scan.batch();
  }

  /** Where the current batch begins in the file. */
  public long position() {
    return scan.position();
  }

  /** Where the sound batches end, so far. */
  public long endPosition() {
    return scan.endPosition();
  }

  /** The offset after the last sound batch, so far. */
  public long endOffset() {
    return scan.endOffset();
  }

  /** The size that the file had when it was opened, or looked at again. */
  public long fileBytes() {
    return scan.fileBytes();
  }

  /** Why reading ended before the end of the file, with the position in it; null if it did not. */
  public @Nullable BatchFault fault() {
    return scan.fault();
  }

  /** Whether reading ended at zeros that go on to the end of the file: space that was reserved. */
  public boolean endsInReservedSpace() throws IOException {
    BatchFault fault = scan.fault();
    if (fault == null
        || (fault.kind() != Kind.NOTHING_WRITTEN && fault.kind() != Kind.INCOMPLETE)) {
      return false;
    }
    MemorySegment block = MemorySegment.ofArray(new byte[ZERO_BLOCK_BYTES]);
    MemorySegment zeros = MemorySegment.ofArray(new byte[ZERO_BLOCK_BYTES]);
    long at = endPosition();
    for (long read = file.read(at, block); read > 0; read = file.read(at, block)) {
      if (block.asSlice(0, read).mismatch(zeros.asSlice(0, read)) != -1) {
        return false;
      }
      at += read;
    }
    return true;
  }

  /**
   * Goes on where the sound batches end, with the file as it is now.
   *
   * @return whether there is anything to read that was not there before
   */
  public boolean refresh() throws IOException {
    MemorySegment header = MemorySegment.ofArray(new byte[RecordBatch.HEADER_BYTES]);
    long read = file.read(endPosition(), header);
    long left = file.size() - endPosition();
    if (read < header.byteSize()
        || new RecordBatch().wrap(header, 0).headerFault(left, RecordBatch.BATCH_BYTES_MAX)
            != null) {
      return false;
    }
    scan = new SegmentScan(file, bounds).startingAt(endPosition(), endOffset());
    return true;
  }

  /**
   * After a fault: moves behind it, so that {@link #next} finds the next sound batch, if that lies
   * where the damaged length or the index says. If not, the reader stays at its fault.
   *
   * @param directory knows the segment's index and its neighbour
   * @return what was damaged; it reaches to the end of the file if no sound batch was found
   */
  DamagedRange skip(LogDirectory directory) throws IOException {
    BatchFault fault = Objects.requireNonNull(scan.fault(), "no fault");
    long firstOffset = endOffset();
    boolean last = directory.isLast(baseOffset());
    long nextBase = last ? Long.MAX_VALUE : directory.baseAfter(baseOffset());
    boolean found = scan.skip(index(directory), nextBase);
    long endKnown = last ? directory.durableEnd() : nextBase;
    return range(
        fault,
        found ? endPosition() : fileBytes(),
        firstOffset,
        found ? endOffset() : Math.max(firstOffset, endKnown));
  }

  /** What is damaged if the current batch has a sound checksum and malformed records. */
  DamagedRange damagedRecords(BatchFault fault) {
    return range(fault.at(position()), endPosition(), batch().baseOffset(), batch().nextOffset());
  }

  private DamagedRange range(BatchFault fault, long endPosition, long firstOffset, long endOffset) {
    String finding = fault.finding();
    return new DamagedRange(
        path.toString(), fault.position(), endPosition, firstOffset, endOffset, finding);
  }

  private @Nullable OffsetIndex index(LogDirectory directory) throws IOException {
    Path index = directory.file(baseOffset(), SegmentFile.Kind.OFFSET_INDEX);
    return Files.isRegularFile(index) && !IndexBytes.isTooLarge(index)
        ? OffsetIndex.over(IndexBytes.read(index), baseOffset())
        : null;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
