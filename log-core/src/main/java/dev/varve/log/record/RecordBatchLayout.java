package dev.varve.log.record;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.invoke.MethodHandles.byteArrayViewVarHandle;
import static java.nio.ByteOrder.BIG_ENDIAN;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The header of a record batch, format version 2, as Apache Kafka 4.4 writes it. All integers are
 * big-endian; nothing is aligned.
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +---------------------------------------------------------------+
 *  |                                                               |  0
 *  +                          baseOffset                           +
 *  |                                                               |  4
 *  +---------------------------------------------------------------+
 *  |          batchLength: the bytes that follow this field        |  8
 *  +---------------------------------------------------------------+
 *  |                     partitionLeaderEpoch                      | 12
 *  +---------------+-----------------------------------------------+
 *  |    magic 2    |                checksum:                        16
 *  +---------------+-----------------------------------------------+
 *     CRC-32C      |          attributes           |                 20  covered from byte 21 on
 *  +---------------+-------------------------------+---------------+
 *                   lastOffsetDelta                |                 24
 *  +-----------------------------------------------+               +
 *  |                        baseTimestamp                            28
 *  +                                               +---------------+
 *  |                                               |                 32
 *  +-----------------------------------------------+               +
 *  |                        maxTimestamp                             36
 *  +                                               +---------------+
 *  |                                               |                 40
 *  +-----------------------------------------------+               +
 *  |                         producerId                              44
 *  +                                               +---------------+
 *  |                                               | producerEpoch   48
 *  +---------------+-------------------------------+---------------+
 *   producerEpoch  |             baseSequence                        52
 *  +---------------+-----------------------------------------------+
 *   baseSequence   |             recordCount                         56
 *  +---------------+-----------------------------------------------+
 *   recordCount    |  records, one compressed stream if codec &gt; 0    60
 *  +---------------+-----------------------------------------------+
 *
 *  attributes   15 .. 7     6          5         4           3        2 1 0
 *               unused   horizon    control  transactional  append    codec
 *                                                            time
 * </pre>
 *
 * <p>Why this order. The checksum begins at {@code attributes}: {@code baseOffset} and {@code
 * partitionLeaderEpoch} are given by the log when it accepts a batch, which must not cost a second
 * pass over the bytes; {@code batchLength} and {@code magic} have to be believed before the
 * checksum can be found at all, so they are checked against limits instead.
 */
final class RecordBatchLayout {

  static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(BIG_ENDIAN);
  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(BIG_ENDIAN);
  static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(BIG_ENDIAN);

  static final StructLayout HEADER =
      MemoryLayout.structLayout(
              LONG.withName("baseOffset"),
              INT.withName("batchLength"),
              INT.withName("partitionLeaderEpoch"),
              BYTE.withName("magic"),
              INT.withName("checksum"),
              SHORT.withName("attributes"),
              INT.withName("lastOffsetDelta"),
              LONG.withName("baseTimestamp"),
              LONG.withName("maxTimestamp"),
              LONG.withName("producerId"),
              SHORT.withName("producerEpoch"),
              INT.withName("baseSequence"),
              INT.withName("recordCount"))
          .withName("RecordBatch");

  static final long BASE_OFFSET = at("baseOffset");
  static final long BATCH_LENGTH = at("batchLength");
  static final long PARTITION_LEADER_EPOCH = at("partitionLeaderEpoch");
  static final long MAGIC = at("magic");
  static final long CHECKSUM = at("checksum");
  static final long ATTRIBUTES = at("attributes");
  static final long LAST_OFFSET_DELTA = at("lastOffsetDelta");
  static final long BASE_TIMESTAMP = at("baseTimestamp");
  static final long MAX_TIMESTAMP = at("maxTimestamp");
  static final long PRODUCER_ID = at("producerId");
  static final long PRODUCER_EPOCH = at("producerEpoch");
  static final long BASE_SEQUENCE = at("baseSequence");
  static final long RECORD_COUNT = at("recordCount");

  /** Where the records begin; also the smallest batch, one that has lost all its records. */
  static final int HEADER_BYTES = (int) HEADER.byteSize();

  /** What {@code batchLength} does not count: itself and the base offset. */
  static final int LENGTH_EXCLUDED_BYTES = (int) PARTITION_LEADER_EPOCH;

  /** The checksum covers the bytes from here to the end of the batch. */
  static final int CHECKSUMMED_FROM = (int) ATTRIBUTES;

  static final byte MAGIC_VALUE = 2;

  static final int CODEC_MASK = 0x07;
  static final int LOG_APPEND_TIME_BIT = 1 << 3;
  static final int TRANSACTIONAL_BIT = 1 << 4;
  static final int CONTROL_BIT = 1 << 5;
  static final int DELETE_HORIZON_BIT = 1 << 6;

  static {
    assert HEADER_BYTES == 61;
    assert LENGTH_EXCLUDED_BYTES == 12;
    assert CHECKSUMMED_FROM == 21;
  }

  private static final VarHandle SHORTS = byteArrayViewVarHandle(short[].class, BIG_ENDIAN);
  private static final VarHandle INTS = byteArrayViewVarHandle(int[].class, BIG_ENDIAN);
  private static final VarHandle LONGS = byteArrayViewVarHandle(long[].class, BIG_ENDIAN);

  private RecordBatchLayout() {}

  /** Reads a field of a header that begins with the array. */
  static short getShort(byte[] array, long field) {
    return (short) SHORTS.get(array, (int) field);
  }

  /** Reads a field of a header that begins with the array. */
  static int getInt(byte[] array, long field) {
    return (int) INTS.get(array, (int) field);
  }

  /** Reads a field of a header that begins with the array. */
  static long getLong(byte[] array, long field) {
    return (long) LONGS.get(array, (int) field);
  }

  /** Writes a field of a header that begins with the array. */
  static void set(byte[] array, long field, short value) {
    SHORTS.set(array, (int) field, value);
  }

  /** Writes a field of a header that begins with the array. */
  static void set(byte[] array, long field, int value) {
    INTS.set(array, (int) field, value);
  }

  /** Writes a field of a header that begins with the array. */
  static void set(byte[] array, long field, long value) {
    LONGS.set(array, (int) field, value);
  }

  private static long at(String field) {
    return HEADER.byteOffset(groupElement(field));
  }
}
