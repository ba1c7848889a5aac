package dev.varve.index;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;

/** Memory for tests: on the heap, checked by the JVM, nothing to close. */
final class HeapMemory {
  /** Gives arrays of their own, so that a copy that was forgotten shows. */
  static final SegmentAllocator ALLOCATOR =
      (byteSize, byteAlignment) -> MemorySegment.ofArray(new byte[Math.toIntExact(byteSize)]);

  private HeapMemory() {}

  /** The bytes that the hexadecimal digits spell; blanks are left out. */
  static MemorySegment ofHex(String digits) {
    return MemorySegment.ofArray(HexFormat.of().parseHex(digits.replace(" ", "")));
  }

  static String toHex(MemorySegment memory) {
    return HexFormat.of().formatHex(memory.toArray(ValueLayout.JAVA_BYTE));
  }
}
