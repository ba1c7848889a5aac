package dev.varve.cli;

import dev.varve.log.record.Header;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A record as it comes from the input, filled again for each line. Memory is that of the line,
 * valid until the next.
 */
final class InputRecord {
  long timestamp;
  @Nullable MemorySegment key;
  @Nullable MemorySegment value;
  List<Header> headers = List.of();

  int keyBytes() {
    return key == null ? -1 : (int) key.byteSize();
  }

  int valueBytes() {
    return value == null ? -1 : (int) value.byteSize();
  }
}
