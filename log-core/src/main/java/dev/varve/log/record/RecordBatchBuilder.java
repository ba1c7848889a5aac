package dev.varve.log.record;

import static dev.varve.log.record.RecordBatchLayout.ATTRIBUTES;
import static dev.varve.log.record.RecordBatchLayout.BASE_OFFSET;
import static dev.varve.log.record.RecordBatchLayout.BASE_SEQUENCE;
import static dev.varve.log.record.RecordBatchLayout.BASE_TIMESTAMP;
import static dev.varve.log.record.RecordBatchLayout.BATCH_LENGTH;
import static dev.varve.log.record.RecordBatchLayout.CONTROL_BIT;
import static dev.varve.log.record.RecordBatchLayout.DELETE_HORIZON_BIT;
import static dev.varve.log.record.RecordBatchLayout.HEADER_BYTES;
import static dev.varve.log.record.RecordBatchLayout.LAST_OFFSET_DELTA;
import static dev.varve.log.record.RecordBatchLayout.LENGTH_EXCLUDED_BYTES;
import static dev.varve.log.record.RecordBatchLayout.LOG_APPEND_TIME_BIT;
import static dev.varve.log.record.RecordBatchLayout.MAGIC;
import static dev.varve.log.record.RecordBatchLayout.MAGIC_VALUE;
import static dev.varve.log.record.RecordBatchLayout.MAX_TIMESTAMP;
import static dev.varve.log.record.RecordBatchLayout.PARTITION_LEADER_EPOCH;
import static dev.varve.log.record.RecordBatchLayout.PRODUCER_EPOCH;
import static dev.varve.log.record.RecordBatchLayout.PRODUCER_ID;
import static dev.varve.log.record.RecordBatchLayout.RECORD_COUNT;
import static dev.varve.log.record.RecordBatchLayout.TRANSACTIONAL_BIT;
import static dev.varve.log.record.RecordBatchLayout.set;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Encodes records into batches, one batch after the other, in memory of its own that it reuses:
 * once warm, building leaves no garbage.
 *
 * {@snippet :
 * RecordBatchBuilder builder = RecordBatchBuilder.of(Compression.LZ4);
 * for (;;) {
 *   builder.clear();
 *   builder.append(timestamp, key, value);
 *   EncodedBatch batch = builder.build(); // valid until the builder's next call
 * }
 * }
 *
 * <p>Keys and values may be null (absent, in a value: a tombstone) and may be empty. Timestamps are
 * milliseconds since the epoch; -1 stands for none.
 *
 * <p>A record goes straight to its place: its size is computed first, then length and fields are
 * written once. A codec gets all records of the batch in one piece when it is built.
 *
 * <p>Not safe for use by several threads at once.
 */
public final class RecordBatchBuilder {

  private static final int CAPACITY_BYTES_INITIAL = 4096;

  private final Compression compression;
  private final @Nullable BatchCodec codec;
  private final RecordWriter records = new RecordWriter();
  private final ScratchMemory packed;
  private final EncodedBatch encoded = new EncodedBatch();

  private int flags;
  private int lastOffsetDelta;
  private long batchTimestamp;
  private long baseOffset;
  private int leaderEpoch;
  private long producerId;
  private short producerEpoch;
  private int baseSequence;
  private boolean built;

  private RecordBatchBuilder(Compression compression) {
    this.compression = compression;
    this.codec = compression.codec() == Codec.NONE ? null : BatchCodecs.open(compression);
    this.packed = codec == null ? records.memory() : new ScratchMemory(CAPACITY_BYTES_INITIAL);
    reset();
  }

  /**
   * Makes a builder whose batches are compressed like this.
   *
   * @throws CodecUnavailableException if the codec's library is absent
   */
  public static RecordBatchBuilder of(Compression compression) {
    return new RecordBatchBuilder(compression);
  }

  /** Returns how batches of this builder are compressed. */
  public Compression compression() {
    return compression;
  }

  /** Begins the next batch: without records, and with none of the settings of the one before. */
  public RecordBatchBuilder clear() {
    reset();
    return this;
  }

  private void reset() {
    records.clear();
    flags = 0;
    lastOffsetDelta = -1;
    batchTimestamp = RecordBatch.NO_TIMESTAMP;
    baseOffset = 0;
    leaderEpoch = RecordBatch.NO_LEADER_EPOCH;
    producerId = RecordBatch.NO_PRODUCER_ID;
    producerEpoch = RecordBatch.NO_PRODUCER_EPOCH;
    baseSequence = RecordBatch.NO_SEQUENCE;
    built = false;
  }

  /**
   * Begins the rewriting of {@code source} with fewer records, as compaction does it: the new batch
   * has its offsets, leader epoch, producer, sequence, timestamp type and flags, but neither its
   * records nor its delete horizon. Records then go in by {@link #append(Record)}.
   */
  public RecordBatchBuilder clearToRewrite(RecordBatch source) {
    reset();
    flags = source.attributes() & (LOG_APPEND_TIME_BIT | TRANSACTIONAL_BIT | CONTROL_BIT);
    batchTimestamp = source.maxTimestamp();
    baseOffset = source.baseOffset();
    lastOffsetDelta = source.lastOffsetDelta();
    leaderEpoch = source.leaderEpoch();
    producerId = source.producerId();
    producerEpoch = source.producerEpoch();
    baseSequence = source.baseSequence();
    return this;
  }

  /**
   * Names the idempotent producer of the batch.
   *
   * @param id producer id, 0 or more
   * @param epoch producer epoch, 0 or more
   * @param baseSequence sequence of the first record, 0 or more; -1 in control batches
   */
  public RecordBatchBuilder producer(long id, short epoch, int baseSequence) {
    checkNotBuilt();
    if (id < 0 || epoch < 0 || baseSequence < RecordBatch.NO_SEQUENCE) {
      throw new IllegalArgumentException(
          "producer "
              + id
              + " epoch "
              + epoch
              + " sequence "
              + baseSequence
              + ", expected none of them negative");
    }
    this.producerId = id;
    this.producerEpoch = epoch;
    this.baseSequence = baseSequence;
    return this;
  }

  /** Makes the batch part of its producer's transaction. */
  public RecordBatchBuilder transactional() {
    checkNotBuilt();
    flags |= TRANSACTIONAL_BIT;
    return this;
  }

  /** Makes the batch one of control records. */
  RecordBatchBuilder control() {
    checkNotBuilt();
    flags |= CONTROL_BIT;
    return this;
  }

  /** Sets the epoch of the leader that takes the batch, -1 for none. */
  public RecordBatchBuilder leaderEpoch(int epoch) {
    checkNotBuilt();
    leaderEpoch = epoch;
    return this;
  }

  /** Sets the offset of the first record; a log that takes the batch sets its own. */
  public RecordBatchBuilder baseOffset(long offset) {
    checkNotBuilt();
    baseOffset = offset;
    return this;
  }

  /**
   * Sets the offset of the batch's last record relative to the first: beyond the records there are,
   * when later ones have been removed.
   */
  public RecordBatchBuilder lastOffsetDelta(int delta) {
    checkNotBuilt();
    if (delta < 0) {
      throw new IllegalArgumentException("last offset delta " + delta + ", expected 0 or more");
    }
    lastOffsetDelta = delta;
    return this;
  }

  /** Gives all records the time at which the log took them instead of their own timestamps. */
  public RecordBatchBuilder logAppendTime(long timestamp) {
    checkNotBuilt();
    checkTimestamp(timestamp);
    flags |= LOG_APPEND_TIME_BIT;
    batchTimestamp = timestamp;
    return this;
  }

  /**
   * Sets the time from which compaction may remove the tombstones of this batch. Records' own
   * timestamps are counted from it, so it must be set before the first record.
   *
   * @throws IllegalStateException if there are records already
   */
  public RecordBatchBuilder deleteHorizon(long millis) {
    checkNotBuilt();
    checkTimestamp(millis);
    if (records.recordCount() > 0) {
      throw new IllegalStateException(
          "delete horizon set after " + records.recordCount() + " records, expected before");
    }
    flags |= DELETE_HORIZON_BIT;
    records.baseTimestamp(millis);
    return this;
  }

  /** Appends a record without headers. See {@link #append(long, byte[], byte[], List)}. */
  public RecordBatchBuilder append(long timestamp, byte @Nullable [] key, byte @Nullable [] value) {
    return appendAt(nextOffsetDelta(), timestamp, key, value, List.of());
  }

  /**
   * Appends a record.
   *
   * @throws IllegalArgumentException if the timestamp is below -1
   * @throws IllegalStateException if the batch was built and not cleared since
   * @throws RecordTooLargeException if the batch would be larger than 2^31 - 2^24 bytes before
   *     compression
   */
  public RecordBatchBuilder append(
      long timestamp, byte @Nullable [] key, byte @Nullable [] value, List<Header> headers) {
    return appendAt(nextOffsetDelta(), timestamp, key, value, headers);
  }

  /**
   * Appends a record that is {@code offsetDelta} above the batch's base offset; there may be a gap
   * to the record before. Otherwise like {@link #append(long, byte[], byte[], List)}.
   *
   * @throws IllegalArgumentException also if the delta is not above that of the record before
   */
  public RecordBatchBuilder appendAt(
      int offsetDelta,
      long timestamp,
      byte @Nullable [] key,
      byte @Nullable [] value,
      List<Header> headers) {
    checkNotBuilt();
    records.append(offsetDelta, timestamp, key, value, headers);
    return this;
  }

  /** Appends a record without headers, its key and value taken from memory. */
  public RecordBatchBuilder append(
      long timestamp, @Nullable MemorySegment key, @Nullable MemorySegment value) {
    return appendAt(nextOffsetDelta(), timestamp, key, value, List.of());
  }

  /** Appends a record, its key and value taken from memory. */
  public RecordBatchBuilder append(
      long timestamp,
      @Nullable MemorySegment key,
      @Nullable MemorySegment value,
      List<Header> headers) {
    return appendAt(nextOffsetDelta(), timestamp, key, value, headers);
  }

  /**
   * Appends a record that is {@code offsetDelta} above the batch's base offset, its key and value
   * taken from memory.
   */
  public RecordBatchBuilder appendAt(
      int offsetDelta,
      long timestamp,
      @Nullable MemorySegment key,
      @Nullable MemorySegment value,
      List<Header> headers) {
    checkNotBuilt();
    records.append(offsetDelta, timestamp, key, value, headers);
    return this;
  }

  /**
   * Appends a record that was read elsewhere, as it is: its offset (which must be reachable from
   * the base offset of this batch), its timestamp, its bytes.
   */
  public RecordBatchBuilder append(Record record) {
    checkNotBuilt();
    long offsetDelta = record.offset() - baseOffset;
    if (offsetDelta < 0 || offsetDelta > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "record offset " + record.offset() + ", expected within 2^31 of " + baseOffset);
    }
    records.append(
        (int) offsetDelta,
        record.timestamp(),
        record.memory(),
        record.tailPosition(),
        record.tailBytes());
    return this;
  }

  /** Returns how many records the batch has so far. */
  public int recordCount() {
    return records.recordCount();
  }

  /** Returns whether the batch was built, so that it takes nothing more before it is cleared. */
  public boolean isBuilt() {
    return built;
  }

  /** Returns the size of the batch so far, before compression, in bytes. */
  public int sizeBytes() {
    return records.end();
  }

  /**
   * Returns whether a record without headers surely fits, before compression, into a batch of at
   * most {@code batchBytesMax}.
   *
   * @param keyBytes size of the key, -1 if absent
   * @param valueBytes size of the value, -1 if absent
   */
  public boolean hasRoomFor(int keyBytes, int valueBytes, int batchBytesMax) {
    return records.end() + RecordWriter.recordBytesMax(keyBytes, valueBytes) <= batchBytesMax;
  }

  /**
   * Compresses the records, writes header and checksum, and lends the batch out until this
   * builder's next call. Building twice gives the same batch. A batch without records is lawful and
   * is never compressed.
   *
   * @throws IllegalStateException if the batch is transactional and names no producer
   */
  public EncodedBatch build() {
    if (!built) {
      if ((flags & TRANSACTIONAL_BIT) != 0 && producerId == RecordBatch.NO_PRODUCER_ID) {
        throw new IllegalStateException("transactional batch without a producer, expected one");
      }
      BatchCodec used = records.recordCount() == 0 ? null : codec;
      ScratchMemory target = used == null ? records.memory() : packed;
      int sizeBytes = used == null ? records.end() : compress(used, target);
      writeHeader(target.array(), sizeBytes);
      encoded.hold(target, sizeBytes).sum();
      built = true;
    }
    return encoded;
  }

  private int compress(BatchCodec codec, ScratchMemory target) {
    int recordsBytes = records.end() - HEADER_BYTES;
    return HEADER_BYTES
        + codec.compress(records.memory(), HEADER_BYTES, recordsBytes, target, HEADER_BYTES);
  }

  private void writeHeader(byte[] header, int sizeBytes) {
    boolean empty = records.recordCount() == 0;
    boolean ownTimestamps = !empty && (flags & LOG_APPEND_TIME_BIT) == 0;
    int attributes = empty ? flags & ~DELETE_HORIZON_BIT : flags | compression.codec().id();
    int lastDelta = Math.max(0, Math.max(lastOffsetDelta, records.lastOffsetDelta()));
    set(header, BASE_OFFSET, baseOffset);
    set(header, BATCH_LENGTH, sizeBytes - LENGTH_EXCLUDED_BYTES);
    set(header, PARTITION_LEADER_EPOCH, leaderEpoch);
    header[(int) MAGIC] = MAGIC_VALUE;
    set(header, ATTRIBUTES, (short) attributes);
    set(header, LAST_OFFSET_DELTA, lastDelta);
    set(header, BASE_TIMESTAMP, empty ? RecordBatch.NO_TIMESTAMP : records.baseTimestamp());
    set(header, MAX_TIMESTAMP, ownTimestamps ? records.maxTimestamp() : batchTimestamp);
    set(header, PRODUCER_ID, producerId);
    set(header, PRODUCER_EPOCH, producerEpoch);
    set(header, BASE_SEQUENCE, baseSequence);
    set(header, RECORD_COUNT, records.recordCount());
  }

  private int nextOffsetDelta() {
    return Math.addExact(records.lastOffsetDelta(), 1);
  }

  private void checkNotBuilt() {
    if (built) {
      throw new IllegalStateException("the batch was built, expected clear() before the next");
    }
  }

  private static void checkTimestamp(long timestamp) {
    if (timestamp < 0) {
      throw new IllegalArgumentException("timestamp " + timestamp + ", expected 0 or more");
    }
  }
}
