package dev.varve.log.record;

import static dev.varve.log.record.RecordBatchLayout.ATTRIBUTES;
import static dev.varve.log.record.RecordBatchLayout.BASE_OFFSET;
import static dev.varve.log.record.RecordBatchLayout.BASE_SEQUENCE;
import static dev.varve.log.record.RecordBatchLayout.BASE_TIMESTAMP;
import static dev.varve.log.record.RecordBatchLayout.BATCH_LENGTH;
import static dev.varve.log.record.RecordBatchLayout.BYTE;
import static dev.varve.log.record.RecordBatchLayout.CHECKSUM;
import static dev.varve.log.record.RecordBatchLayout.CODEC_MASK;
import static dev.varve.log.record.RecordBatchLayout.CONTROL_BIT;
import static dev.varve.log.record.RecordBatchLayout.DELETE_HORIZON_BIT;
import static dev.varve.log.record.RecordBatchLayout.INT;
import static dev.varve.log.record.RecordBatchLayout.LAST_OFFSET_DELTA;
import static dev.varve.log.record.RecordBatchLayout.LENGTH_EXCLUDED_BYTES;
import static dev.varve.log.record.RecordBatchLayout.LOG_APPEND_TIME_BIT;
import static dev.varve.log.record.RecordBatchLayout.LONG;
import static dev.varve.log.record.RecordBatchLayout.MAGIC;
import static dev.varve.log.record.RecordBatchLayout.MAGIC_VALUE;
import static dev.varve.log.record.RecordBatchLayout.MAX_TIMESTAMP;
import static dev.varve.log.record.RecordBatchLayout.PARTITION_LEADER_EPOCH;
import static dev.varve.log.record.RecordBatchLayout.PRODUCER_EPOCH;
import static dev.varve.log.record.RecordBatchLayout.PRODUCER_ID;
import static dev.varve.log.record.RecordBatchLayout.RECORD_COUNT;
import static dev.varve.log.record.RecordBatchLayout.SHORT;
import static dev.varve.log.record.RecordBatchLayout.TRANSACTIONAL_BIT;

import dev.varve.log.record.BatchFault.Kind;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A read-only view of one batch header, valid while the memory it was wrapped over is. It can be
 * wrapped over the next batch, and is meant to be: walking a segment takes one view and no garbage.
 *
 * <p>Wrapping checks nothing. Call {@link #headerFault} before believing any accessor when the
 * bytes come from outside. No accessor looks past the 61 bytes of the header; the records and the
 * checksum are not looked at.
 *
 * <p>Not safe for use by several threads at once.
 */
public final class RecordBatch {

  /** Bytes before the records. The smallest batch, one without records, has no others. */
  public static final int HEADER_BYTES = RecordBatchLayout.HEADER_BYTES;

  /**
   * The largest batch that the format can address: positions in a segment are signed 32-bit
   * integers, so no segment, and no batch in it, is larger than 2^31 - 1 bytes.
   */
  public static final int BATCH_BYTES_MAX = Integer.MAX_VALUE;

  /** Bytes that must be there before {@link #sizeBytes()} can be asked: base offset and length. */
  public static final int SIZE_PREFIX_BYTES = LENGTH_EXCLUDED_BYTES;

  /** The only format version: the value of {@link #magic()}. */
  public static final byte MAGIC_V2 = MAGIC_VALUE;

  /** Stands for "none" in leader epochs. */
  public static final int NO_LEADER_EPOCH = -1;

  /** Stands for "none" in timestamps. */
  public static final long NO_TIMESTAMP = -1;

  /** Stands for "none" in producer ids. */
  public static final long NO_PRODUCER_ID = -1;

  /** Stands for "none" in producer epochs. */
  public static final short NO_PRODUCER_EPOCH = -1;

  /** Stands for "none" in sequences. */
  public static final int NO_SEQUENCE = -1;

  private MemorySegment memory = MemorySegment.NULL;
  private long position;

  /** Makes a view of nothing: wrap it before asking it anything. */
  public RecordBatch() {}

  /** Moves this view to the batch whose first byte is at {@code position} and returns this view. */
  public RecordBatch wrap(MemorySegment memory, long position) {
    this.memory = memory;
    this.position = position;
    return this;
  }

  /** Returns the memory this view was wrapped over. */
  public MemorySegment memory() {
    return memory;
  }

  /** Returns the position of the batch's first byte in {@link #memory()}, in bytes. */
  public long position() {
    return position;
  }

  /**
   * Checks that a whole batch with a plausible header begins at this position. No length is
   * believed before it was compared with {@code bytesLeft} and {@code batchBytesMax}, so this may
   * be asked about any bytes. The checksum is not looked at; the header of a batch without this
   * kind of fault may still be damaged.
   *
   * @param bytesLeft bytes from this position to the end of the file or region; at least the first
   *     {@code min(bytesLeft, 61)} of them must be in {@link #memory()}
   * @param batchBytesMax largest batch that is accepted, in bytes
   * @return the first fault, or null if there is none
   */
  public @Nullable BatchFault headerFault(long bytesLeft, int batchBytesMax) {
    if (bytesLeft < SIZE_PREFIX_BYTES) {
      return incomplete(bytesLeft, HEADER_BYTES);
    }
    int batchLength = memory.get(INT, position + BATCH_LENGTH);
    if (batchLength < HEADER_BYTES - SIZE_PREFIX_BYTES) {
      return batchLength == 0 && isZero(Math.min(bytesLeft, HEADER_BYTES))
          ? fault(Kind.NOTHING_WRITTEN, "zeros", "a batch")
          : fault(Kind.LENGTH, "batch length " + batchLength, "at least " + batchLengthMin());
    }
    if (batchLength > batchBytesMax - SIZE_PREFIX_BYTES) {
      return fault(
          Kind.LENGTH,
          "batch of " + (batchLength + (long) SIZE_PREFIX_BYTES) + " bytes",
          "at most " + batchBytesMax + " bytes");
    }
    if (sizeBytes() > bytesLeft) {
      return incomplete(bytesLeft, sizeBytes());
    }
    return magic() == MAGIC_VALUE
        ? fieldFault()
        : fault(Kind.MAGIC, "magic " + magic(), "magic " + MAGIC_VALUE);
  }

  /**
   * Checks the base offset, which the checksum does not cover: it has to fit between those of its
   * neighbours. A gap before it is lawful, for compaction makes gaps, if what follows lies behind
   * it all the same.
   *
   * <pre>
   *   expected 1000      found        follows
   *                      1000         1001        fits
   *                      1008         1030        fits: a gap
   *                      1008         1001        a flipped bit
   *                       992         1001        a flipped bit
   * </pre>
   *
   * @param expectedOffset where the batch begins if there is no gap
   * @param followingOffset where the next batch begins, or the offset that all batches lie below;
   *     {@code Long.MAX_VALUE} if neither is known. Of no meaning if there is no gap
   * @return the fault, or null if the offset fits
   */
  public @Nullable BatchFault orderFault(long expectedOffset, long followingOffset) {
    long baseOffset = baseOffset();
    if (baseOffset < expectedOffset) {
      return fault(Kind.HEADER, "base offset " + baseOffset, "at least " + expectedOffset);
    }
    if (baseOffset > expectedOffset && nextOffset() > followingOffset) {
      String expected = expectedOffset + ", as offset " + followingOffset + " follows";
      return fault(Kind.HEADER, "base offset " + baseOffset, expected);
    }
    return null;
  }

  private @Nullable BatchFault fieldFault() {
    long baseOffset = baseOffset();
    int lastOffsetDelta = lastOffsetDelta();
    if (baseOffset < 0 || baseOffset > Long.MAX_VALUE - Integer.MAX_VALUE - 1L) {
      return fault(
          Kind.HEADER,
          "base offset " + baseOffset,
          "0 to " + (Long.MAX_VALUE - Integer.MAX_VALUE - 1L));
    }
    if (lastOffsetDelta < 0) {
      return fault(Kind.HEADER, "last offset delta " + lastOffsetDelta, "0 or more");
    }
    int recordCount = recordCount();
    if (recordCount < 0 || recordCount > lastOffsetDelta + 1L) {
      return fault(Kind.HEADER, "record count " + recordCount, "0 to " + (lastOffsetDelta + 1L));
    }
    return null;
  }

  /**
   * Whether {@link #headerFault} would find nothing here, and the batch begins with this offset: at
   * a fraction of the cost, for walks over many batches.
   *
   * @param expectedOffset where the batch begins if there is no gap before it
   * @param bytesLeft bytes from this position to the end of what may be read
   */
  public boolean continuesAt(long expectedOffset, long bytesLeft) {
    if (bytesLeft < HEADER_BYTES) {
      return false;
    }
    int sizeBytes = sizeBytes();
    int lastOffsetDelta = lastOffsetDelta();
    int recordCount = recordCount();
    return sizeBytes >= HEADER_BYTES
        && sizeBytes <= bytesLeft
        && magic() == MAGIC_VALUE
        && baseOffset() == expectedOffset
        && lastOffsetDelta >= 0
        && recordCount >= 0
        && recordCount <= lastOffsetDelta + 1L;
  }

  private boolean isZero(long sizeBytes) {
    for (long at = 0; at < sizeBytes; at++) {
      if (memory.get(BYTE, position + at) != 0) {
        return false;
      }
    }
    return true;
  }

  private static int batchLengthMin() {
    return HEADER_BYTES - SIZE_PREFIX_BYTES;
  }

  private BatchFault incomplete(long bytesLeft, int sizeBytes) {
    return fault(Kind.INCOMPLETE, bytesLeft + " bytes left", "a batch of " + sizeBytes + " bytes");
  }

  private BatchFault fault(Kind kind, String found, String expected) {
    return new BatchFault(kind, position, found, expected);
  }

  /** Returns the offset of the batch's first record, as it was made; compaction keeps it. */
  public long baseOffset() {
    return memory.get(LONG, position + BASE_OFFSET);
  }

  /** Returns the offset of the batch's last record, as it was made; compaction keeps it. */
  public long lastOffset() {
    return baseOffset() + lastOffsetDelta();
  }

  /** Returns the smallest offset that the next batch may have. */
  public long nextOffset() {
    return lastOffset() + 1;
  }

  /** Returns {@link #lastOffset()} minus {@link #baseOffset()}. */
  public int lastOffsetDelta() {
    return memory.get(INT, position + LAST_OFFSET_DELTA);
  }

  /** Returns the size of the whole batch, header included. */
  public int sizeBytes() {
    return memory.get(INT, position + BATCH_LENGTH) + SIZE_PREFIX_BYTES;
  }

  /** Returns the epoch of the leader that took the batch, or {@link #NO_LEADER_EPOCH}. */
  public int leaderEpoch() {
    return memory.get(INT, position + PARTITION_LEADER_EPOCH);
  }

  /** Returns the format version. */
  public byte magic() {
    return memory.get(BYTE, position + MAGIC);
  }

  /** Returns the stored CRC-32C of the bytes from 21 to the end of the batch. */
  public int checksum() {
    return memory.get(INT, position + CHECKSUM);
  }

  /** Returns the attribute bits. */
  public short attributes() {
    return memory.get(SHORT, position + ATTRIBUTES);
  }

  /** Returns the number of the codec, 0 to 7, which need not be one that {@link Codec} knows. */
  public int codecId() {
    return attributes() & CODEC_MASK;
  }

  /**
   * Returns the codec.
   *
   * @throws IllegalArgumentException if {@link #codecId()} is not the number of one
   */
  public Codec codec() {
    return Codec.forId(codecId());
  }

  /** Returns whose clock the timestamps come from. */
  public TimestampType timestampType() {
    return (attributes() & LOG_APPEND_TIME_BIT) == 0
        ? TimestampType.CREATE_TIME
        : TimestampType.LOG_APPEND_TIME;
  }

  /** Returns whether the batch is part of a transaction. */
  public boolean isTransactional() {
    return (attributes() & TRANSACTIONAL_BIT) != 0;
  }

  /** Returns whether the batch holds control records, which consumers never see. */
  public boolean isControl() {
    return (attributes() & CONTROL_BIT) != 0;
  }

  /** Returns whether compaction has set a time from which tombstones in the batch may go. */
  public boolean hasDeleteHorizon() {
    return (attributes() & DELETE_HORIZON_BIT) != 0;
  }

  /**
   * Returns the time from which tombstones in the batch may go, in milliseconds since the epoch, or
   * {@link #NO_TIMESTAMP} if there is none.
   */
  public long deleteHorizonMillis() {
    return hasDeleteHorizon() ? baseTimestamp() : NO_TIMESTAMP;
  }

  /**
   * Returns the timestamp that the records' deltas count from: that of the first record, or the
   * delete horizon. In milliseconds since the epoch.
   */
  public long baseTimestamp() {
    return memory.get(LONG, position + BASE_TIMESTAMP);
  }

  /**
   * Returns the largest timestamp of the records or the append time, in milliseconds since the
   * epoch, or {@link #NO_TIMESTAMP} if no record has one.
   */
  public long maxTimestamp() {
    return memory.get(LONG, position + MAX_TIMESTAMP);
  }

  /** Returns the id of the idempotent producer, or {@link #NO_PRODUCER_ID}. */
  public long producerId() {
    return memory.get(LONG, position + PRODUCER_ID);
  }

  /** Returns whether an idempotent producer wrote the batch. */
  public boolean hasProducerId() {
    return producerId() > NO_PRODUCER_ID;
  }

  /** Returns the epoch of the idempotent producer, or {@link #NO_PRODUCER_EPOCH}. */
  public short producerEpoch() {
    return memory.get(SHORT, position + PRODUCER_EPOCH);
  }

  /** Returns the producer's sequence number of the first record, or {@link #NO_SEQUENCE}. */
  public int baseSequence() {
    return memory.get(INT, position + BASE_SEQUENCE);
  }

  /**
   * Returns the producer's sequence number of the last record, as the batch was made, or {@link
   * #NO_SEQUENCE}. It follows from the last offset, not from the count, which compaction lowers.
   */
  public int lastSequence() {
    return sequence(baseSequence(), lastOffsetDelta());
  }

  /** Returns the sequence that the producer's next batch begins with. */
  public int nextSequence() {
    return (lastSequence() + 1) & Integer.MAX_VALUE;
  }

  /**
   * Returns how many records there are: 0 after compaction has removed all of a batch that had to
   * stay for its producer's or its offset's sake.
   */
  public int recordCount() {
    return memory.get(INT, position + RECORD_COUNT);
  }

  /** Sequences go from 0 to 2^31 - 1 and then from 0 again. */
  static int sequence(int baseSequence, int offsetDelta) {
    return baseSequence == NO_SEQUENCE
        ? NO_SEQUENCE
        : (baseSequence + offsetDelta) & Integer.MAX_VALUE;
  }

  @Override
  public String toString() {
    if (position > memory.byteSize() - HEADER_BYTES) {
      return "RecordBatch[at " + position + ", nothing there]";
    }
    return "RecordBatch[at "
        + position
        + ", offsets "
        + baseOffset()
        + "-"
        + lastOffset()
        + ", "
        + recordCount()
        + " records, "
        + sizeBytes()
        + " bytes, codec "
        + codecId()
        + ", attributes 0x"
        + HexFormat.of().toHexDigits(attributes())
        + "]";
  }
}
