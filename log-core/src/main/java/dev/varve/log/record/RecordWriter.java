package dev.varve.log.record;

import static dev.varve.log.record.RecordBatchLayout.BYTE;
import static dev.varve.log.record.RecordBatchLayout.HEADER_BYTES;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes the records of one batch into memory, behind the room for the batch's header.
 *
 * <pre>
 *  length  attributes  timestampDelta  offsetDelta | keyLength key  valueLength value  headerCount
 *  varint  int8 0      varlong         varint      | varint         varint             varint
 *                                                  |
 *                                                  +- the tail: the same in every batch; then
 *                                                     keyLength key valueLength value per header
 * </pre>
 *
 * <p>A record's size is computed first, then every field is written once. What was written counts
 * only when the record is finished, so a refused record leaves nothing behind.
 */
final class RecordWriter {

  /**
   * How large a batch may become before it is compressed: so large that no codec, which makes noise
   * grow by less than half a percent, can take it past 2^31 - 1 bytes.
   */
  static final int SIZE_BYTES_MAX = Integer.MAX_VALUE - (16 << 20);

  private static final int CAPACITY_BYTES_INITIAL = 4096;
  private static final int NULL_LENGTH = -1;
  private static final int ATTRIBUTES_BYTES = 1;
  private static final int NO_HEADERS_BYTES = 1;

  private final ScratchMemory memory = new ScratchMemory(CAPACITY_BYTES_INITIAL);
  private int end;
  private int recordCount;
  private int lastOffsetDelta;
  private boolean timestampDeltasBegin;
  private long baseTimestamp;
  private long maxTimestamp;

  RecordWriter() {
    clear();
  }

  void clear() {
    end = HEADER_BYTES;
    recordCount = 0;
    lastOffsetDelta = -1;
    timestampDeltasBegin = false;
    baseTimestamp = RecordBatch.NO_TIMESTAMP;
    maxTimestamp = RecordBatch.NO_TIMESTAMP;
  }

  /** Counts timestamps from here instead of from the first record's. */
  void baseTimestamp(long timestamp) {
    assert recordCount == 0;
    timestampDeltasBegin = true;
    baseTimestamp = timestamp;
  }

  ScratchMemory memory() {
    return memory;
  }

  /** Returns where the records end, which is the size of the uncompressed batch. */
  int end() {
    return end;
  }

  int recordCount() {
    return recordCount;
  }

  /** Returns the offset delta of the last record, -1 if there is none. */
  int lastOffsetDelta() {
    return lastOffsetDelta;
  }

  long baseTimestamp() {
    return baseTimestamp;
  }

  long maxTimestamp() {
    return maxTimestamp;
  }

  /**
   * Returns the most bytes that a record without headers can take behind those there are.
   *
   * @param keyBytes size of the key, -1 if absent
   * @param valueBytes size of the value, -1 if absent
   */
  static long recordBytesMax(int keyBytes, int valueBytes) {
    return Varint.BYTES_MAX
        + ATTRIBUTES_BYTES
        + Varint.LONG_BYTES_MAX
        + Varint.BYTES_MAX
        + fieldBytes(keyBytes)
        + fieldBytes(valueBytes)
        + NO_HEADERS_BYTES;
  }

  void append(
      int offsetDelta,
      long timestamp,
      byte @Nullable [] key,
      byte @Nullable [] value,
      List<Header> headers) {
    int keyBytes = key == null ? NULL_LENGTH : key.length;
    int valueBytes = value == null ? NULL_LENGTH : value.length;
    int at = begin(offsetDelta, timestamp, tailBytes(keyBytes, valueBytes, headers));
    byte[] array = memory.array();
    at = putField(array, at, key);
    at = putField(array, at, value);
    finish(putHeaders(array, at, headers), offsetDelta, timestamp);
  }

  void append(
      int offsetDelta,
      long timestamp,
      @Nullable MemorySegment key,
      @Nullable MemorySegment value,
      List<Header> headers) {
    long keyBytes = key == null ? NULL_LENGTH : key.byteSize();
    long valueBytes = value == null ? NULL_LENGTH : value.byteSize();
    if (keyBytes > Integer.MAX_VALUE || valueBytes > Integer.MAX_VALUE) {
      throw new RecordTooLargeException(keyBytes + valueBytes, SIZE_BYTES_MAX);
    }
    long tailBytes = tailBytes((int) keyBytes, (int) valueBytes, headers);
    int at = begin(offsetDelta, timestamp, tailBytes);
    byte[] array = memory.array();
    at = putField(array, at, key);
    at = putField(array, at, value);
    finish(putHeaders(array, at, headers), offsetDelta, timestamp);
  }

  /** Appends a record whose tail, from the key's length on, is already encoded. */
  void append(int offsetDelta, long timestamp, MemorySegment from, int tail, int tailBytes) {
    int at = begin(offsetDelta, timestamp, tailBytes);
    MemorySegment.copy(from, BYTE, tail, memory.array(), at, tailBytes);
    finish(at + tailBytes, offsetDelta, timestamp);
  }

  /** Writes everything before the key's length, for which all is checked and made room for. */
  private int begin(int offsetDelta, long timestamp, long tailBytes) {
    if (offsetDelta <= lastOffsetDelta) {
      throw new IllegalArgumentException(
          "offset delta " + offsetDelta + ", expected more than " + lastOffsetDelta);
    }
    if (timestamp < RecordBatch.NO_TIMESTAMP) {
      throw new IllegalArgumentException("timestamp " + timestamp + ", expected -1 or more");
    }
    long timestampDelta = timestampDeltasBegin ? timestamp - baseTimestamp : 0;
    long bodyBytes =
        ATTRIBUTES_BYTES
            + Varint.sizeBytes(timestampDelta)
            + Varint.sizeBytes(offsetDelta)
            + tailBytes;
    long sizeBytes = end + Varint.BYTES_MAX + bodyBytes;
    if (sizeBytes > SIZE_BYTES_MAX) {
      throw new RecordTooLargeException(sizeBytes, SIZE_BYTES_MAX);
    }
    memory.ensure(sizeBytes, end);
    byte[] array = memory.array();
    int at = Varint.put(array, end, (int) bodyBytes);
    array[at++] = 0; // the record's attributes, of which none is defined
    at = Varint.put(array, at, timestampDelta);
    return Varint.put(array, at, offsetDelta);
  }

  private void finish(int recordEnd, int offsetDelta, long timestamp) {
    if (!timestampDeltasBegin) {
      timestampDeltasBegin = true;
      baseTimestamp = timestamp;
    }
    maxTimestamp = Math.max(maxTimestamp, timestamp);
    lastOffsetDelta = offsetDelta;
    recordCount++;
    end = recordEnd;
  }

  private static long tailBytes(int keyBytes, int valueBytes, List<Header> headers) {
    long sizeBytes = fieldBytes(keyBytes) + fieldBytes(valueBytes);
    return sizeBytes + (headers.isEmpty() ? NO_HEADERS_BYTES : headersBytes(headers));
  }

  private static long headersBytes(List<Header> headers) {
    long sizeBytes = Varint.sizeBytes(headers.size());
    for (int i = 0; i < headers.size(); i++) { // an iterator would be garbage
      sizeBytes += headers.get(i).sizeBytes();
    }
    return sizeBytes;
  }

  private static long fieldBytes(int length) {
    return Varint.sizeBytes(length) + (long) Math.max(length, 0);
  }

  private static int putField(byte[] array, int at, byte @Nullable [] field) {
    if (field == null) {
      return Varint.put(array, at, NULL_LENGTH);
    }
    int start = Varint.put(array, at, field.length);
    System.arraycopy(field, 0, array, start, field.length);
    return start + field.length;
  }

  private static int putField(byte[] array, int at, @Nullable MemorySegment field) {
    if (field == null) {
      return Varint.put(array, at, NULL_LENGTH);
    }
    int length = (int) field.byteSize();
    int start = Varint.put(array, at, length);
    MemorySegment.copy(field, BYTE, 0, array, start, length);
    return start + length;
  }

  private static int putHeaders(byte[] array, int start, List<Header> headers) {
    if (headers.isEmpty()) {
      array[start] = 0;
      return start + NO_HEADERS_BYTES;
    }
    int at = Varint.put(array, start, headers.size());
    for (int i = 0; i < headers.size(); i++) {
      Header header = headers.get(i);
      at = putField(array, at, header.keyUtf8());
      at = putField(array, at, header.value());
    }
    return at;
  }
}
