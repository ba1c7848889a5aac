package dev.varve.jmh;

import dev.varve.jmh.peer.BenchmarkRecords;
import dev.varve.jmh.peer.PeerSettings;
import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.record.Compression;
import dev.varve.log.record.RecordBatchBuilder;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * A log to be compacted: records with numbered keys of 12 bytes and values of words, in batches of
 * 100 and segments of 64 MiB. The same in every run. Immutable.
 *
 * @param recordCount how many records
 * @param keyCount how many keys they may have
 * @param choice which record has which key
 */
record CompactedRecords(int recordCount, int keyCount, Choice choice) {
  static final int VALUE_BYTES = 100;
  private static final int BATCH_RECORDS = 100;
  private static final int HOT_PERCENT = 80;
  private static final byte[] PREFIX = {'i', 'd', '-'};

  /** Where the number begins in a key. */
  static final int PREFIX_BYTES = 3;

  /** Far from all small ones, and prime. */
  private static final long STRIDE = 7_368_787L;

  /** Which record has which key. */
  enum Choice {
    /** All keys are alike. */
    UNIFORM,
    /** A fifth of the keys has four fifths of the records. */
    SKEWED,
    /** Every key once, in a mixed order; then any of them. */
    ALL_FIRST
  }

  /** The number of the key of each record. */
  int[] keyNumbers() {
    SplittableRandom random = new SplittableRandom(42);
    int[] numbers = new int[recordCount];
    int hot = Math.max(1, keyCount / 5);
    for (int i = 0; i < recordCount; i++) {
      numbers[i] =
          switch (choice) {
            case UNIFORM -> random.nextInt(keyCount);
            case SKEWED ->
                random.nextInt(100) < HOT_PERCENT
                    ? random.nextInt(hot)
                    : random.nextInt(hot, keyCount);
            case ALL_FIRST ->
                i < keyCount ? (int) (i * STRIDE % keyCount) : random.nextInt(keyCount);
          };
    }
    return numbers;
  }

  /** Puts a number at the end of a key. */
  static void writeKey(int number, byte[] key) {
    System.arraycopy(PREFIX, 0, key, 0, PREFIX_BYTES);
    int left = number;
    for (int at = key.length - 1; at >= PREFIX_BYTES; at--) {
      key[at] = (byte) ('0' + left % 10);
      left /= 10;
    }
  }

  /** The log of a directory, as it is opened everywhere here. */
  static LogOptions.Builder options() {
    return LogOptions.builder().segmentBytesMax(PeerSettings.SEGMENT_BYTES_MAX);
  }

  /** Writes the log, and closes it. */
  void writeTo(Path directory, Compression compression) {
    int[] numbers = keyNumbers();
    byte[] key = new byte[BenchmarkRecords.KEY_BYTES];
    BenchmarkRecords records = new BenchmarkRecords(VALUE_BYTES);
    try (CommitLog log = CommitLog.open(directory, options().compression(compression).build())) {
      RecordBatchBuilder batch = log.newBatch();
      for (int i = 0; i < recordCount; i++) {
        if (batch.isBuilt()) {
          batch.clear();
        }
        records.advance();
        writeKey(numbers[i], key);
        batch.append(records.timestamp(), key, records.value());
        if (batch.recordCount() == BATCH_RECORDS || i == recordCount - 1) {
          log.append(batch.build());
        }
      }
    }
  }
}
