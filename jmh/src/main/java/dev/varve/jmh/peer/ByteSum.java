package dev.varve.jmh.peer;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Looks at every byte, eight at a time: what every reader does that is to touch its bytes. */
final class ByteSum {
  private ByteSum() {}

  static long of(MemorySegment memory, long position, int sizeBytes) {
    long sum = 0;
    long end = position + sizeBytes;
    long at = position;
    for (; at <= end - Long.BYTES; at += Long.BYTES) {
      sum += memory.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
    }
    for (; at < end; at++) {
      sum += memory.get(ValueLayout.JAVA_BYTE, at);
    }
    return sum;
  }
}
