package dev.varve.log.record;

import static dev.varve.log.record.RecordBatchLayout.ATTRIBUTES;
import static dev.varve.log.record.RecordBatchLayout.BASE_OFFSET;
import static dev.varve.log.record.RecordBatchLayout.BASE_SEQUENCE;
import static dev.varve.log.record.RecordBatchLayout.CHECKSUM;
import static dev.varve.log.record.RecordBatchLayout.LAST_OFFSET_DELTA;
import static dev.varve.log.record.RecordBatchLayout.LOG_APPEND_TIME_BIT;
import static dev.varve.log.record.RecordBatchLayout.MAX_TIMESTAMP;
import static dev.varve.log.record.RecordBatchLayout.PARTITION_LEADER_EPOCH;
import static dev.varve.log.record.RecordBatchLayout.PRODUCER_EPOCH;
import static dev.varve.log.record.RecordBatchLayout.PRODUCER_ID;
import static dev.varve.log.record.RecordBatchLayout.TRANSACTIONAL_BIT;
import static dev.varve.log.record.RecordBatchLayout.getInt;
import static dev.varve.log.record.RecordBatchLayout.getLong;
import static dev.varve.log.record.RecordBatchLayout.set;

import dev.varve.log.record.BatchFault.Kind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * An encoded batch with its checksum, borrowed from the builder that made it and valid until that
 * builder's next call; one from {@link #copyOf} has memory of its own, one from {@link #wrap} is
 * valid while the wrapped array is not changed.
 *
 * <p>The log stamps offset, epoch and append time into this memory before it copies the batch into
 * its segment, and a {@link dev.varve.log.Producer} names itself. Nothing else in the batch
 * changes.
 *
 * <p>Not safe for use by several threads at once.
 */
public final class EncodedBatch {

  private final BatchChecksum checksum = new BatchChecksum();
  private final RecordBatch batch = new RecordBatch();
  private byte[] array = new byte[0];
  private MemorySegment memory = MemorySegment.NULL;

  // What every append asks, read once.
  private int sizeBytes;
  private int lastOffsetDelta;
  private long maxTimestamp;
  private boolean producerKnown;

  EncodedBatch() {}

  /**
   * Copies a batch that comes from elsewhere, for example from a Kafka client or a leader. Header
   * and checksum are checked; the records are not looked at.
   *
   * @param source exactly one batch; may be mapped
   * @throws InvalidBatchException if it is not one, or damaged
   */
  public static EncodedBatch copyOf(MemorySegment source) {
    throwIfFound(sizeFault(source));
    return new EncodedBatch().hold(source.toArray(ValueLayout.JAVA_BYTE)).checked();
  }

  /**
   * Takes a batch that comes from elsewhere without copying it. Header and checksum are checked;
   * the records are not looked at. The array will be written to, by {@link #stamp}.
   *
   * @param array exactly one batch
   * @throws InvalidBatchException if it is not one, or damaged
   */
  public static EncodedBatch wrap(byte[] array) {
    throwIfFound(sizeFault(MemorySegment.ofArray(array)));
    return new EncodedBatch().hold(array).checked();
  }

  private static @Nullable BatchFault sizeFault(MemorySegment memory) {
    RecordBatch batch = new RecordBatch().wrap(memory, 0);
    BatchFault fault = batch.headerFault(memory.byteSize(), ScratchMemory.CAPACITY_BYTES_MAX);
    if (fault == null && batch.sizeBytes() != memory.byteSize()) {
      return new BatchFault(
          Kind.LENGTH,
          0,
          "a batch of " + batch.sizeBytes() + " bytes",
          "one batch of " + memory.byteSize() + " bytes");
    }
    return fault;
  }

  private static void throwIfFound(@Nullable BatchFault fault) {
    if (fault != null) {
      throw new InvalidBatchException(fault);
    }
  }

  private EncodedBatch checked() {
    throwIfFound(checksum.fault(batch, memory.asByteBuffer()));
    return this;
  }

  private EncodedBatch hold(byte[] whole) {
    return hold(whole, MemorySegment.ofArray(whole), whole.length);
  }

  /** Holds the batch at the start of {@code scratch}. */
  EncodedBatch hold(ScratchMemory scratch, int bytes) {
    return hold(scratch.array(), scratch.segment(), bytes);
  }

  private EncodedBatch hold(byte[] batchArray, MemorySegment segment, int bytes) {
    array = batchArray;
    memory = segment;
    batch.wrap(segment, 0);
    sizeBytes = bytes;
    lastOffsetDelta = getInt(batchArray, LAST_OFFSET_DELTA);
    maxTimestamp = getLong(batchArray, MAX_TIMESTAMP);
    producerKnown = getLong(batchArray, PRODUCER_ID) > RecordBatch.NO_PRODUCER_ID;
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
    return sizeBytes;
  }

  /** Returns how many records the batch holds. */
  public int recordCount() {
    return batch.recordCount();
  }

  /** Returns the offset of the last record minus that of the first. */
  public int lastOffsetDelta() {
    return lastOffsetDelta;
  }

  /** Returns the largest timestamp in milliseconds since the epoch, or -1 if there is none. */
  public long maxTimestamp() {
    return maxTimestamp;
  }

  /** Returns whether an idempotent producer wrote the batch. */
  public boolean hasProducerId() {
    return producerKnown;
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
    set(array, BASE_OFFSET, baseOffset);
    set(array, PARTITION_LEADER_EPOCH, leaderEpoch);
  }

  /**
   * Gives all records of the batch the time at which the log took it, and computes the checksum
   * anew: unlike the offset, time is covered by it.
   *
   * @param timestamp milliseconds since the epoch, 0 or more
   */
  public void stampLogAppendTime(long timestamp) {
    assert timestamp >= 0;
    set(array, ATTRIBUTES, (short) (batch.attributes() | LOG_APPEND_TIME_BIT));
    set(array, MAX_TIMESTAMP, timestamp);
    maxTimestamp = timestamp;
    sum();
  }

  /**
   * Names the idempotent producer of the batch, or takes its name away, and computes the checksum
   * anew.
   *
   * @param id the producer's id, or {@link RecordBatch#NO_PRODUCER_ID}
   * @param epoch its epoch, or {@link RecordBatch#NO_PRODUCER_EPOCH}
   * @param baseSequence the sequence of the first record, or {@link RecordBatch#NO_SEQUENCE}
   * @param transactional whether it is part of a transaction of the producer
   */
  public void stampProducer(long id, short epoch, int baseSequence, boolean transactional) {
    int attributes = batch.attributes() & ~TRANSACTIONAL_BIT;
    set(array, ATTRIBUTES, (short) (transactional ? attributes | TRANSACTIONAL_BIT : attributes));
    set(array, PRODUCER_ID, id);
    set(array, PRODUCER_EPOCH, epoch);
    set(array, BASE_SEQUENCE, baseSequence);
    producerKnown = id > RecordBatch.NO_PRODUCER_ID;
    sum();
  }

  /** Computes and writes the checksum. */
  void sum() {
    set(array, CHECKSUM, checksum.compute(array, sizeBytes));
  }

  @Override
  public String toString() {
    return "Encoded" + batch;
  }
}
