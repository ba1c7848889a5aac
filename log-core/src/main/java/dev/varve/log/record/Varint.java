package dev.varve.log.record;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Variable-length integers as records use them: zig-zag (so that small negative numbers are small),
 * seven bits a byte, least significant first, the high bit set on all bytes but the last.
 */
final class Varint {

  /** Bytes that a 32-bit number takes at most. */
  static final int BYTES_MAX = 5;

  /** Bytes that a 64-bit number takes at most. */
  static final int LONG_BYTES_MAX = 10;

  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

  private Varint() {}

  /** Returns how many bytes {@code value} takes: 1 to 5. */
  static int sizeBytes(int value) {
    int zigZag = zigZag(value);
    // Nearly all numbers take one byte or two: a branch that is foreseen beats the division.
    return zigZag >>> 7 == 0 ? 1 : zigZag >>> 14 == 0 ? 2 : longerBytes(zigZag & 0xffffffffL);
  }

  /** Returns how many bytes {@code value} takes: 1 to 10. */
  static int sizeBytes(long value) {
    long zigZag = zigZag(value);
    return zigZag >>> 7 == 0 ? 1 : longerBytes(zigZag);
  }

  private static int longerBytes(long zigZag) {
    return (70 - Long.numberOfLeadingZeros(zigZag)) / 7; // significant bits by seven, rounded up
  }

  /**
   * Writes {@code value} at {@code position} and returns the position after it. Numbers of one and
   * two bytes take one store.
   */
  static int put(byte[] array, int position, int value) {
    int zigZag = zigZag(value);
    if (zigZag >>> 7 == 0) {
      array[position] = (byte) zigZag;
      return position + 1;
    }
    if (zigZag >>> 14 == 0) {
      SHORTS.set(array, position, (short) ((zigZag & 0x7f) | 0x80 | (zigZag >>> 7 << 8)));
      return position + 2;
    }
    return putLonger(array, position, zigZag & 0xffffffffL);
  }

  /** Writes {@code value} at {@code position} and returns the position after it. */
  static int put(byte[] array, int position, long value) {
    long zigZag = zigZag(value);
    if (zigZag >>> 7 == 0) {
      array[position] = (byte) zigZag;
      return position + 1;
    }
    return putLonger(array, position, zigZag);
  }

  private static int putLonger(byte[] array, int position, long zigZag) {
    long rest = zigZag;
    int at = position;
    while ((rest & ~0x7fL) != 0) {
      array[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    array[at++] = (byte) rest;
    return at;
  }

  private static int zigZag(int value) {
    return (value << 1) ^ (value >> 31);
  }

  private static long zigZag(long value) {
    return (value << 1) ^ (value >> 63);
  }
}
