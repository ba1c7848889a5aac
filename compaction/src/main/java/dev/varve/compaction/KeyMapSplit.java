package dev.varve.compaction;

import static dev.varve.compaction.KeyCache.LINE_BYTES;
import static dev.varve.compaction.KeyTable.BUCKET_BYTES;
import static dev.varve.compaction.KeyTable.BUCKET_ENTRIES;

/**
 * How the memory of a {@link KeyMap} is split: the buckets first, the lines of the cache behind
 * them.
 *
 * @param buckets 1 or more
 * @param lines 1 or more
 */
record KeyMapSplit(long buckets, long lines) {
  /** The least budget, in bytes: a bucket and a line. */
  static final long BUDGET_BYTES_MIN = BUCKET_BYTES + LINE_BYTES;

  /** Of a hundred entries that the buckets have room for. */
  static final int LOAD_PERCENT_MAX = 93;

  /**
   * With two lines a key four of five keys find theirs untouched by another; each further one would
   * save less.
   */
  private static final int LINES_PER_KEY_MAX = 2;

  /** What part of the budget is always for the cache: an eighth. */
  private static final int CACHE_PART_MIN = 8;

  /** More entries than there are offsets in the reach of a pass. */
  private static final long BUCKETS_MAX = 1L << 30;

  /**
   * Splits a budget: buckets for all records if their keys should all differ, but at most 7/8 of
   * the budget; the rest is for lines, but no more than two a record.
   *
   * @param budgetBytes at least {@value #BUDGET_BYTES_MIN}
   * @param recordsMax how many records there can be, 0 or more
   */
  static KeyMapSplit of(long budgetBytes, long recordsMax) {
    if (budgetBytes < BUDGET_BYTES_MIN) {
      throw new IllegalArgumentException(
          "found a budget of "
              + budgetBytes
              + " bytes for a key map, expected "
              + BUDGET_BYTES_MIN
              + " or more");
    }
    if (recordsMax < 0) {
      throw new IllegalArgumentException("found " + recordsMax + " records, expected 0 or more");
    }
    long cacheBytesMin = Math.max(LINE_BYTES, Math.ceilDiv(budgetBytes, CACHE_PART_MIN));
    long bucketsMax = Math.min((budgetBytes - cacheBytesMin) / BUCKET_BYTES, BUCKETS_MAX);
    long buckets = bucketsMax;
    if (recordsMax < keysMax(bucketsMax)) {
      long loadPercent = (long) BUCKET_ENTRIES * LOAD_PERCENT_MAX;
      buckets = Math.max(1, Math.ceilDiv(recordsMax * 100, loadPercent));
    }
    long linesMax = (budgetBytes - buckets * BUCKET_BYTES) / LINE_BYTES;
    long lines =
        recordsMax < linesMax ? Math.min(linesMax, recordsMax * LINES_PER_KEY_MAX) : linesMax;
    return new KeyMapSplit(buckets, Math.max(1, lines));
  }

  /** How many keys there can be. At least one entry always stays free. */
  long keysMax() {
    return keysMax(buckets);
  }

  private static long keysMax(long buckets) {
    return buckets * BUCKET_ENTRIES * LOAD_PERCENT_MAX / 100;
  }

  /** The size of the buckets, and where the lines begin. */
  long tableBytes() {
    return buckets * BUCKET_BYTES;
  }

  /** The size of everything. */
  long bytes() {
    return tableBytes() + lines * LINE_BYTES;
  }
}
