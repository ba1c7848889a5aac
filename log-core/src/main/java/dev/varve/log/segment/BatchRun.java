package dev.varve.log.segment;

import dev.varve.log.record.BatchChecksum;
import dev.varve.log.record.BatchFault;
import dev.varve.log.record.BatchFault.Kind;
import dev.varve.log.record.InvalidBatchException;
import dev.varve.log.record.RecordBatch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/**
 * Whole batches back to back, as a leader ships them: copied, so that no checksum runs over memory
 * that is mapped, and checked one by one. To be filled again and again; its memory grows to the
 * largest run.
 *
 * <p>Thread safety: for one thread.
 */
public final class BatchRun {
  private static final int CAPACITY_BYTES_MIN = 4096;

  private final RecordBatch batch = new RecordBatch();
  private final BatchChecksum checksum = new BatchChecksum();
  private byte[] array = new byte[CAPACITY_BYTES_MIN];
  private MemorySegment memory = MemorySegment.ofArray(array);
  private ByteBuffer buffer = ByteBuffer.wrap(array);
  private int sizeBytes;
  private long firstOffset;
  private long endOffset;
  private long timestampMax;

  /** Holds nothing yet. */
  public BatchRun() {}

  /** Tells where in a run an offset goes back. */
  public static final class OutOfOrder extends Exception {
    private static final long serialVersionUID = 1L;

    OutOfOrder(long position, long found, long expected) {
      super(
          "position "
              + position
              + ": found base offset "
              + found
              + ", expected at least "
              + expected);
    }
  }

  /**
   * Copies and checks batches.
   *
   * @param source whole batches and nothing else; may be mapped
   * @return this run
   * @throws InvalidBatchException if one of them is not whole, or damaged
   * @throws OutOfOrder if one begins below the end of the one before it
   */
  public BatchRun fill(MemorySegment source) throws OutOfOrder {
    copy(source);
    firstOffset = 0;
    endOffset = 0;
    timestampMax = RecordBatch.NO_TIMESTAMP;
    for (int at = 0; at < sizeBytes; at += batch.sizeBytes()) {
      check(at);
      long baseOffset = batch.baseOffset();
      if (at == 0) {
        firstOffset = baseOffset;
      } else if (baseOffset < endOffset) {
        throw new OutOfOrder(at, baseOffset, endOffset);
      }
      endOffset = batch.nextOffset();
      timestampMax = Math.max(timestampMax, batch.maxTimestamp());
    }
    return this;
  }

  private void copy(MemorySegment source) {
    long bytes = source.byteSize();
    if (bytes > RecordBatch.BATCH_BYTES_MAX - 8) { // the most that an array can have
      throw invalid(Kind.LENGTH, 0, bytes + " bytes", "at most 2^31-9");
    }
    sizeBytes = (int) bytes;
    if (array.length < sizeBytes) {
      array = new byte[sizeBytes];
      memory = MemorySegment.ofArray(array);
      buffer = ByteBuffer.wrap(array);
    }
    MemorySegment.copy(source, ValueLayout.JAVA_BYTE, 0, array, 0, sizeBytes);
  }

  private void check(int at) {
    BatchFault fault =
        batch.wrap(memory, at).headerFault(sizeBytes - at, RecordBatch.BATCH_BYTES_MAX);
    if (fault == null) {
      fault = checksum.fault(batch, buffer);
    }
    if (fault != null) {
      throw new InvalidBatchException(fault);
    }
    if (at > 0 && batch.lastOffset() - firstOffset > Integer.MAX_VALUE) {
      String expected = "at most 2^31-1 above " + firstOffset + ", which no segment reaches";
      throw invalid(Kind.HEADER, at, "last offset " + batch.lastOffset(), expected);
    }
  }

  private static InvalidBatchException invalid(
      Kind kind, long position, String found, String expected) {
    return new InvalidBatchException(new BatchFault(kind, position, found, expected));
  }

  /** Moves to the batch at a position of the run: one view, always the same. */
  public RecordBatch batchAt(int position) {
    return batch.wrap(memory, position);
  }

  /** The memory whose first {@link #sizeBytes} bytes are the batches. */
  MemorySegment memory() {
    return memory;
  }

  /** The bytes of all batches; 0 if there are none. */
  public int sizeBytes() {
    return sizeBytes;
  }

  /** The base offset of the first batch. */
  public long firstOffset() {
    return firstOffset;
  }

  /** The offset after the last batch. */
  public long endOffset() {
    return endOffset;
  }

  /** The largest timestamp of all batches, in milliseconds, or -1 if none has one. */
  public long timestampMax() {
    return timestampMax;
  }
}
