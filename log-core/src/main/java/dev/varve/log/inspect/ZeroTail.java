package dev.varve.log.inspect;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Tells space that was reserved and never used from other contents. */
final class ZeroTail {
  private ZeroTail() {}

  /** Whether there are bytes from a position on and all of them are zero. */
  static boolean begins(MemorySegment bytes, long position) {
    for (long at = position; at < bytes.byteSize(); at++) {
      if (bytes.get(ValueLayout.JAVA_BYTE, at) != 0) {
        return false;
      }
    }
    return position < bytes.byteSize();
  }
}
