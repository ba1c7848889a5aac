package dev.varve.compaction;

import java.util.BitSet;
import java.util.SplittableRandom;

/**
 * The keys of records, one behind the other, of 12 bytes each, as numbered things have them. There
 * are half as many keys as records; not all need occur. The same in every run.
 *
 * <p>Immutable.
 */
final class KeyStream {
  static final int KEY_BYTES = 12;

  private static final int HOT_PERCENT = 80;

  private final byte[] keys;
  private final int recordCount;
  private final int keyCount;

  /**
   * Chooses keys.
   *
   * @param skewed whether four fifths of the records have a fifth of the keys, or all keys are
   *     alike
   */
  KeyStream(int recordCount, boolean skewed) {
    this.recordCount = recordCount;
    keys = new byte[KEY_BYTES * recordCount];
    int all = Math.max(5, recordCount / 2);
    BitSet seen = new BitSet(all);
    SplittableRandom random = new SplittableRandom(42);
    for (int i = 0; i < recordCount; i++) {
      int number =
          !skewed
              ? random.nextInt(all)
              : random.nextInt(100) < HOT_PERCENT
                  ? random.nextInt(all / 5)
                  : random.nextInt(all / 5, all);
      seen.set(number);
      write(number, i * KEY_BYTES);
    }
    keyCount = seen.cardinality();
  }

  private void write(int number, int position) {
    byte[] prefix = {'i', 'd', '-'};
    System.arraycopy(prefix, 0, keys, position, prefix.length);
    int left = number;
    for (int at = KEY_BYTES - 1; at >= prefix.length; at--) {
      keys[position + at] = (byte) ('0' + left % 10);
      left /= 10;
    }
  }

  /** All keys; not to be changed. */
  byte[] keys() {
    return keys;
  }

  int recordCount() {
    return recordCount;
  }

  /** How many keys occur. */
  int keyCount() {
    return keyCount;
  }
}
