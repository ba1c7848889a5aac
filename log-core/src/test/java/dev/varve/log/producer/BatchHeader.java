package dev.varve.log.producer;

import dev.varve.log.record.RecordBatch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The header of a batch, as far as producers are concerned, written by the positions in the format
 * and read by {@link RecordBatch}. There are no records behind it.
 */
record BatchHeader(
    Kind kind,
    long baseOffset,
    int lastOffsetDelta,
    long maxTimestamp,
    long producerId,
    short producerEpoch,
    int baseSequence,
    int recordCount) {

  enum Kind {
    DATA(0x00),
    TRANSACTIONAL(0x10),
    MARKER(0x30);

    private final short attributes;

    Kind(int attributes) {
      this.attributes = (short) attributes;
    }
  }

  private static final ValueLayout.OfShort INT16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt INT32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong INT64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  /** Ten records of a producer, with the timestamp 1,000 above the base offset. */
  static BatchHeader data(long baseOffset, long producerId, int producerEpoch, int baseSequence) {
    return new BatchHeader(
        Kind.DATA,
        baseOffset,
        9,
        1000 + baseOffset,
        producerId,
        (short) producerEpoch,
        baseSequence,
        10);
  }

  /** Ten records of a producer that are part of a transaction. */
  static BatchHeader transactional(
      long baseOffset, long producerId, int producerEpoch, int baseSequence) {
    return data(baseOffset, producerId, producerEpoch, baseSequence).with(Kind.TRANSACTIONAL);
  }

  /** The one record of a control batch. */
  static BatchHeader marker(long offset, long producerId, int producerEpoch) {
    return new BatchHeader(
        Kind.MARKER, offset, 0, 1000 + offset, producerId, (short) producerEpoch, -1, 1);
  }

  /** Ten records that no idempotent producer wrote. */
  static BatchHeader plain(long baseOffset) {
    return data(baseOffset, -1, -1, -1);
  }

  BatchHeader with(Kind kind) {
    return new BatchHeader(
        kind,
        baseOffset,
        lastOffsetDelta,
        maxTimestamp,
        producerId,
        producerEpoch,
        baseSequence,
        recordCount);
  }

  /** What compaction leaves of the batch when all of its records go. */
  BatchHeader emptied() {
    return new BatchHeader(
        kind, baseOffset, lastOffsetDelta, -1, producerId, producerEpoch, baseSequence, 0);
  }

  RecordBatch wrap() {
    MemorySegment memory = MemorySegment.ofArray(new byte[61]);
    memory.set(INT64, 0, baseOffset);
    memory.set(INT32, 8, 49);
    memory.set(INT32, 12, -1);
    memory.set(ValueLayout.JAVA_BYTE, 16, (byte) 2);
    memory.set(INT16, 21, kind.attributes);
    memory.set(INT32, 23, lastOffsetDelta);
    memory.set(INT64, 27, maxTimestamp);
    memory.set(INT64, 35, maxTimestamp);
    memory.set(INT64, 43, producerId);
    memory.set(INT16, 51, producerEpoch);
    memory.set(INT32, 53, baseSequence);
    memory.set(INT32, 57, recordCount);
    return new RecordBatch().wrap(memory, 0);
  }
}
