package dev.varve.log.record;

import static dev.varve.log.record.RecordBatchLayout.ATTRIBUTES;
import static dev.varve.log.record.RecordBatchLayout.BASE_OFFSET;
import static dev.varve.log.record.RecordBatchLayout.CHECKSUM;
import static dev.varve.log.record.RecordBatchLayout.INT;
import static dev.varve.log.record.RecordBatchLayout.LOG_APPEND_TIME_BIT;
import static dev.varve.log.record.RecordBatchLayout.LONG;
import static dev.varve.log.record.RecordBatchLayout.MAX_TIMESTAMP;
import static dev.varve.log.record.RecordBatchLayout.PARTITION_LEADER_EPOCH;
import static dev.varve.log.record.RecordBatchLayout.SHORT;

import dev.varve.log.record.BatchFault.Kind;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * An encoded batch with its checksum, borrowed from the builder that made it and valid until that
 * builder's next call; one from {@link #copyOf} has memory of its own, one from {@link #wrap} is
 * valid while the wrapped memory is.
 *
 * <p>The log stamps offset, epoch and append time into this memory before it copies the batch into
 * its segment. Nothing else in the batch changes.
 *
 * <p>Not safe for use by several threads at once.
 */
public final class EncodedBatch {

  private final BatchChecksum checksum = new BatchChecksum();
  private final RecordBatch batch = new RecordBatch();
  private MemorySegment memory = MemorySegment.NULL;
  private ByteBuffer bytes = ByteBuffer.allocate(0);

  EncodedBatch() {}

  /**
   * Copies a batch that comes from elsewhere, for example from a Kafka client or a leader. Header
   * and checksum are checked; the records are not looked at.
   *
   * @param source exactly one batch; may be mapped
   * @throws InvalidBatchException if it is not one, or damaged
   */
  public static EncodedBatch copyOf(MemorySegment source) {
    int sizeBytes = checkedSizeBytes(source);
    ScratchMemory copy = new ScratchMemory(sizeBytes);
    MemorySegment.copy(source, 0, copy.segment(), 0, sizeBytes);
    return new EncodedBatch().hold(copy).checked();
  }

  /**
   * Takes a batch that comes from elsewhere without copying it. Header and checksum are checked;
   * the records are not looked at. The memory will be written to, by {@link #stamp}.
   *
   * @param memory exactly one batch, writable, not mapped
   * @throws InvalidBatchException if it is not one, or damaged
   * @throws IllegalArgumentException if the memory is mapped or read-only
   */
  public static EncodedBatch wrap(MemorySegment memory) {
    if (memory.isMapped() || memory.isReadOnly()) {
      throw new IllegalArgumentException(
          "found memory that is " + (memory.isMapped() ? "mapped" : "read-only") + ", copy it");
    }
    checkedSizeBytes(memory);
    return new EncodedBatch().hold(memory, memory.asByteBuffer()).checked();
  }

  private static int checkedSizeBytes(MemorySegment memory) {
    RecordBatch batch = new RecordBatch().wrap(memory, 0);
    BatchFault fault = batch.headerFault(memory.byteSize(), ScratchMemory.CAPACITY_BYTES_MAX);
    if (fault == null && batch.sizeBytes() != memory.byteSize()) {
      fault =
          new BatchFault(
              Kind.LENGTH,
              0,
              "a batch of " + batch.sizeBytes() + " bytes",
              "one batch of " + memory.byteSize() + " bytes");
    }
    throwIfFound(fault);
    return batch.sizeBytes();
  }

  private static void throwIfFound(@Nullable BatchFault fault) {
    if (fault != null) {
      throw new InvalidBatchException(fault);
    }
  }

  private EncodedBatch checked() {
    throwIfFound(checksum.fault(batch, bytes));
    return this;
  }

  /** Holds the batch at the start of {@code scratch}. */
  EncodedBatch hold(ScratchMemory scratch) {
    return hold(scratch.segment(), scratch.bytes());
  }

  private EncodedBatch hold(MemorySegment memory, ByteBuffer bytes) {
    this.memory = memory;
    this.bytes = bytes;
    batch.wrap(memory, 0);
    return this;
  }

  /**
   * Returns the memory whose first {@link #sizeBytes()} are the batch. There may be more, without
   * meaning.
   */
  public MemorySegment memory() {
    return memory;
  }

  /** Returns the size of the whole batch, header included. */
  public int sizeBytes() {
    return batch.sizeBytes();
  }

  /** Returns how many records the batch holds. */
  public int recordCount() {
    return batch.recordCount();
  }

  /** Returns the offset of the last record minus that of the first. */
  public int lastOffsetDelta() {
    return batch.lastOffsetDelta();
  }

  /** Returns the largest timestamp in milliseconds since the epoch, or -1 if there is none. */
  public long maxTimestamp() {
    return batch.maxTimestamp();
  }

  /** Returns a view of the header, valid as long as this batch is. */
  public RecordBatch batch() {
    return batch;
  }

  /**
   * Writes where the batch stands in the log. Both fields lie outside the checksum, so this is all
   * the work that is left under the log's lock.
   *
   * @param baseOffset offset of the first record, 0 or more
   * @param leaderEpoch epoch of the leader, or -1 for none
   */
  public void stamp(long baseOffset, int leaderEpoch) {
    assert baseOffset >= 0;
    assert leaderEpoch >= RecordBatch.NO_LEADER_EPOCH;
    memory.set(LONG, BASE_OFFSET, baseOffset);
    memory.set(INT, PARTITION_LEADER_EPOCH, leaderEpoch);
  }

  /**
   * Gives all records of the batch the time at which the log took it, and computes the checksum
   * anew: unlike the offset, time is covered by it.
   *
   * @param timestamp milliseconds since the epoch, 0 or more
   */
  public void stampLogAppendTime(long timestamp) {
    assert timestamp >= 0;
    memory.set(SHORT, ATTRIBUTES, (short) (batch.attributes() | LOG_APPEND_TIME_BIT));
    memory.set(LONG, MAX_TIMESTAMP, timestamp);
    sum(batch.sizeBytes());
  }

  /** Computes and writes the checksum. */
  void sum(int sizeBytes) {
    memory.set(INT, CHECKSUM, checksum.compute(bytes, 0, sizeBytes));
  }

  @Override
  public String toString() {
    return "Encoded" + batch;
  }
}
