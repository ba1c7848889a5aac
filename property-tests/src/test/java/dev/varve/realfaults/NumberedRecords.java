package dev.varve.realfaults;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.varve.log.CommitLog;
import dev.varve.log.LogReader;
import dev.varve.log.record.RecordBatchBuilder;
import java.util.Arrays;

/** Records whose values say their offsets, so that a lost or a changed one shows. */
final class NumberedRecords {
  private static final int VALUE_BYTES = 100;

  private NumberedRecords() {}

  /** Appends one record; for the only thread that appends to the log. */
  static long append(CommitLog log) {
    long expected = log.offsets().endOffset();
    long offset = log.append(expected, null, valueOf(expected));
    if (offset != expected) {
      throw new AssertionError("appended at " + offset + ", expected " + expected);
    }
    return offset;
  }

  static void append(CommitLog log, int records) {
    for (int i = 0; i < records; i++) {
      append(log);
    }
  }

  /** Appends records as one batch. */
  static void appendBatch(CommitLog log, int records) {
    long first = log.offsets().endOffset();
    RecordBatchBuilder builder = log.newBatch();
    for (long number = first; number < first + records; number++) {
      builder.append(number, null, valueOf(number));
    }
    if (log.append(builder.build()) != first) {
      throw new AssertionError("another one appends");
    }
  }

  /** Reads to the end, and fails at the first record that is not the one that was appended. */
  static long readAll(CommitLog log) {
    long next = log.offsets().startOffset();
    try (LogReader reader = log.reader(next)) {
      while (reader.next()) {
        byte[] value = reader.record().copyValue();
        if (reader.record().offset() != next || !Arrays.equals(value, valueOf(next))) {
          throw new AssertionError(
              "found record " + reader.record().offset() + ", expected record " + next);
        }
        next++;
      }
    }
    return next;
  }

  /** Reads all of a log, and fails unless it ends at an offset. */
  static void assertEndsAt(CommitLog log, long endOffset) {
    long end = readAll(log);
    if (end != endOffset) {
      throw new AssertionError("the log ends at " + end + ", expected " + endOffset);
    }
  }

  static byte[] valueOf(long offset) {
    byte[] value = new byte[VALUE_BYTES];
    byte[] text = ("record " + offset).getBytes(US_ASCII);
    System.arraycopy(text, 0, value, 0, text.length);
    return value;
  }
}
