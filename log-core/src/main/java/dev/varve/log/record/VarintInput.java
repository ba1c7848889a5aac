package dev.varve.log.record;

/**
 * Reads variable-length integers one after the other. It does not know where its input ends: the
 * caller looks at {@link #position} after a run of reads, and keeps {@link
 * ScratchMemory#SLACK_BYTES} readable behind the input.
 */
final class VarintInput {

  /** Where the next read begins, in bytes from the start of the array. */
  int position;

  private byte[] array = new byte[0];

  void wrap(byte[] array, int position) {
    this.array = array;
    this.position = position;
  }

  byte readByte() {
    return array[position++];
  }

  /**
   * Reads a 32-bit number.
   *
   * @throws ArithmeticException if it does not end within five bytes
   */
  int readInt() {
    int first = array[position];
    if (first >= 0) {
      position++;
      return unZigZag(first);
    }
    return readLongerInt(first & 0x7f);
  }

  private int readLongerInt(int first) {
    int value = first;
    for (int length = 1; length < Varint.BYTES_MAX; length++) {
      int next = array[position + length];
      value |= (next & 0x7f) << (7 * length);
      if (next >= 0) {
        position += length + 1;
        return unZigZag(value);
      }
    }
    throw endless(Varint.BYTES_MAX);
  }

  /**
   * Reads a 64-bit number.
   *
   * @throws ArithmeticException if it does not end within ten bytes
   */
  long readLong() {
    int first = array[position];
    if (first >= 0) {
      position++;
      return unZigZag(first);
    }
    return readLongerLong(first & 0x7f);
  }

  private long readLongerLong(int first) {
    long value = first;
    for (int length = 1; length < Varint.LONG_BYTES_MAX; length++) {
      int next = array[position + length];
      value |= (next & 0x7fL) << (7 * length);
      if (next >= 0) {
        position += length + 1;
        return (value >>> 1) ^ -(value & 1);
      }
    }
    throw endless(Varint.LONG_BYTES_MAX);
  }

  private static int unZigZag(int value) {
    return (value >>> 1) ^ -(value & 1);
  }

  private ArithmeticException endless(int bytesMax) {
    return new ArithmeticException("number at byte " + position + " longer than " + bytesMax);
  }
}
