package dev.varve.compaction;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Compares keys. Most have few bytes, of which the general comparison of memory makes more work
 * than there is.
 *
 * <p>Makes no garbage; for any number of threads.
 */
final class KeyBytes {
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final int WORDS_BYTES_MAX = 32;

  private KeyBytes() {}

  /** Whether two stretches of memory of the same size hold the same bytes. */
  static boolean equal(
      MemorySegment left, long leftPosition, MemorySegment right, long rightPosition, int bytes) {
    if (bytes > WORDS_BYTES_MAX) {
      return MemorySegment.mismatch(
              left, leftPosition, leftPosition + bytes, right, rightPosition, rightPosition + bytes)
          < 0;
    }
    if (bytes < Long.BYTES) {
      return shortEqual(left, leftPosition, right, rightPosition, bytes);
    }
    int last = bytes - Long.BYTES; // the last word may overlap the one before
    for (int at = 0; at < last; at += Long.BYTES) {
      if (left.get(LONG, leftPosition + at) != right.get(LONG, rightPosition + at)) {
        return false;
      }
    }
    return left.get(LONG, leftPosition + last) == right.get(LONG, rightPosition + last);
  }

  private static boolean shortEqual(
      MemorySegment left, long leftPosition, MemorySegment right, long rightPosition, int bytes) {
    if (bytes >= Integer.BYTES) {
      int last = bytes - Integer.BYTES;
      return left.get(INT, leftPosition) == right.get(INT, rightPosition)
          && left.get(INT, leftPosition + last) == right.get(INT, rightPosition + last);
    }
    for (int at = 0; at < bytes; at++) {
      if (left.get(ValueLayout.JAVA_BYTE, leftPosition + at)
          != right.get(ValueLayout.JAVA_BYTE, rightPosition + at)) {
        return false;
      }
    }
    return true;
  }
}
