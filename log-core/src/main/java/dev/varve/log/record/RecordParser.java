package dev.varve.log.record;

import static dev.varve.log.record.RecordBatchLayout.ATTRIBUTES;
import static dev.varve.log.record.RecordBatchLayout.BASE_OFFSET;
import static dev.varve.log.record.RecordBatchLayout.BASE_SEQUENCE;
import static dev.varve.log.record.RecordBatchLayout.BASE_TIMESTAMP;
import static dev.varve.log.record.RecordBatchLayout.LAST_OFFSET_DELTA;
import static dev.varve.log.record.RecordBatchLayout.LOG_APPEND_TIME_BIT;
import static dev.varve.log.record.RecordBatchLayout.MAX_TIMESTAMP;
import static dev.varve.log.record.RecordBatchLayout.RECORD_COUNT;
import static dev.varve.log.record.RecordBatchLayout.getInt;
import static dev.varve.log.record.RecordBatchLayout.getLong;
import static dev.varve.log.record.RecordBatchLayout.getShort;

import dev.varve.log.record.BatchFault.Kind;

/**
 * Finds the records of one batch in uncompressed memory and checks that they are what the header
 * says. {@link RecordWriter} draws the format.
 *
 * <p>Between two looks at where it is, the parser reads at most {@link ScratchMemory#SLACK_BYTES};
 * so much must be readable behind the last record.
 */
final class RecordParser {

  private final VarintInput input = new VarintInput();
  private final Record record = new Record();

  // What the records of the batch have in common.
  private long batchPosition;
  private long baseOffset;
  private long baseTimestamp;
  private long appendTimestamp;
  private boolean appendTime;
  private int lastOffsetDelta;
  private int recordCount;
  private int start;
  private int end;

  // How far the parser has come.
  private int recordsRead;
  private int offsetDelta;

  /** Leaves the batch it was on: there is no next record. */
  void clear() {
    recordCount = 0;
    recordsRead = 0;
  }

  /**
   * Stands before the first record.
   *
   * @param header begins with a header without fault
   * @param memory where the records are, uncompressed
   * @param start position of the first record in {@code memory}
   * @param end position behind the last record in {@code memory}
   * @param batchPosition where the batch is, for messages
   */
  void begin(byte[] header, ScratchMemory memory, int start, int end, long batchPosition) {
    this.start = start;
    this.end = end;
    this.batchPosition = batchPosition;
    input.wrap(memory.array(), start);
    record.wrap(memory, getInt(header, BASE_SEQUENCE));
    baseOffset = getLong(header, BASE_OFFSET);
    baseTimestamp = getLong(header, BASE_TIMESTAMP);
    appendTime = (getShort(header, ATTRIBUTES) & LOG_APPEND_TIME_BIT) != 0;
    appendTimestamp = getLong(header, MAX_TIMESTAMP);
    lastOffsetDelta = getInt(header, LAST_OFFSET_DELTA);
    offsetDelta = -1;
    recordsRead = 0;
    recordCount = getInt(header, RECORD_COUNT);
    if (recordCount == 0) {
      checkNothingLeft();
    }
  }

  /** Stands before the first record of the same batch again; nowhere, if it has left the batch. */
  void rewind() {
    input.position = start;
    offsetDelta = -1;
    recordsRead = 0;
  }

  Record record() {
    return record;
  }

  boolean next() {
    if (recordsRead == recordCount) {
      return false;
    }
    try {
      parse();
    } catch (ArithmeticException e) {
      throw new InvalidBatchException(fault("a number without end", "5 or 10 bytes at most"), e);
    }
    recordsRead++;
    if (recordsRead == recordCount) {
      checkNothingLeft();
    }
    return true;
  }

  private void parse() {
    int bodyBytes = input.readInt();
    int body = input.position;
    if (bodyBytes < 0 || bodyBytes > end - body) {
      throw invalid(
          "length " + bodyBytes, "at most the " + Math.max(end - body, 0) + " bytes left");
    }
    int recordEnd = body + bodyBytes;
    input.readByte(); // the record's attributes, of which none is defined
    long timestampDelta = input.readLong();
    int delta = input.readInt();
    int tail = input.position;
    record.locate(tail, recordEnd);
    locateKeyAndValue(recordEnd);
    locateHeaders(recordEnd);
    if (input.position != recordEnd) {
      throw invalid("fields of " + (input.position - body) + " bytes", bodyBytes + " bytes");
    }
    if (delta <= offsetDelta || delta > lastOffsetDelta) {
      throw invalid("offset delta " + delta, (offsetDelta + 1L) + " to " + lastOffsetDelta);
    }
    // The same number, but from one length alone: so the processor begins with the next record
    // while it still looks for the parts of this one.
    input.position = recordEnd;
    offsetDelta = delta;
    record.identify(
        baseOffset + delta, appendTime ? appendTimestamp : baseTimestamp + timestampDelta, delta);
  }

  private void locateKeyAndValue(int recordEnd) {
    int keyBytes = input.readInt();
    record.locateKey(input.position, keyBytes);
    skip("key", keyBytes, recordEnd);
    int valueBytes = input.readInt();
    record.locateValue(input.position, valueBytes);
    skip("value", valueBytes, recordEnd);
  }

  private void locateHeaders(int recordEnd) {
    int headerCount = input.readInt();
    int headers = input.position;
    // A header takes two bytes at least, its lengths.
    if (headerCount != 0 && (headerCount < 0 || headerCount > (recordEnd - headers) >> 1)) {
      throw invalid("header count " + headerCount, "0 to " + ((recordEnd - headers) >> 1));
    }
    record.locateHeaders(headers, headerCount);
    for (int i = 0; i < headerCount; i++) {
      int keyBytes = input.readInt();
      if (keyBytes < 0) {
        throw invalid("header key length " + keyBytes, "0 or more");
      }
      skip("header key", keyBytes, recordEnd);
      skip("header value", input.readInt(), recordEnd);
    }
  }

  private void skip(String field, int sizeBytes, int recordEnd) {
    int left = recordEnd - input.position;
    if (sizeBytes < -1 || sizeBytes > left) {
      throw left < 0
          ? invalid(field + " behind the record's end", "inside")
          : invalid(field + " length " + sizeBytes, "-1 to " + left);
    }
    input.position += Math.max(sizeBytes, 0);
  }

  private void checkNothingLeft() {
    if (input.position != end) {
      clear();
      throw new InvalidBatchException(
          new BatchFault(
              Kind.RECORDS,
              batchPosition,
              (end - input.position) + " bytes behind the last record",
              "none"));
    }
  }

  private InvalidBatchException invalid(String found, String expected) {
    return new InvalidBatchException(fault(found, expected));
  }

  private BatchFault fault(String found, String expected) {
    String place = "record " + recordsRead + " of " + recordCount + ": ";
    clear();
    return new BatchFault(Kind.RECORDS, batchPosition, place + found, expected);
  }
}
