package dev.varve.log.inspect;

import dev.varve.index.IndexFault;
import dev.varve.index.OffsetIndex;
import dev.varve.index.TimeIndex;
import dev.varve.index.TransactionIndex;
import dev.varve.log.segment.SegmentFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;

/** Prints an index entry by entry, up to the first that is at fault by itself. */
final class IndexDump {
  private final Appendable out;

  IndexDump(Appendable out) {
    this.out = out;
  }

  /** Prints a file and returns whether its entries are sound among themselves. */
  boolean print(Path path, SegmentFile file) throws IOException {
    if (IndexBytes.isTooLarge(path)) {
      out.append("  not shown: more than ").append(Long.toString(IndexBytes.BYTES_MAX));
      out.append(" bytes\n");
      return false;
    }
    MemorySegment bytes = IndexBytes.read(path);
    return switch (file.kind()) {
      case OFFSET_INDEX -> offsets(OffsetIndex.over(bytes, file.baseOffset()));
      case TIME_INDEX -> times(TimeIndex.over(bytes, file.baseOffset()));
      case TRANSACTION_INDEX -> transactions(TransactionIndex.over(bytes, file.baseOffset()));
      case LOG, PRODUCER_SNAPSHOT -> throw new IllegalArgumentException(path + " is no index");
    };
  }

  private boolean offsets(OffsetIndex index) throws IOException {
    Optional<IndexFault> fault = index.firstFault(Long.MAX_VALUE, Long.MAX_VALUE);
    int end = fault.map(IndexFault::slot).orElse(index.entryCount());
    for (int slot = 0; slot < end; slot++) {
      out.append("  offset ").append(Long.toString(index.offset(slot)));
      out.append("  position ").append(Integer.toString(index.position(slot))).append('\n');
    }
    return fault(fault);
  }

  private boolean times(TimeIndex index) throws IOException {
    Optional<IndexFault> fault = index.firstFault(Long.MAX_VALUE);
    int end = fault.map(IndexFault::slot).orElse(index.entryCount());
    for (int slot = 0; slot < end; slot++) {
      out.append("  timestamp ").append(Printable.time(index.timestamp(slot)));
      out.append("  offset ").append(Long.toString(index.offset(slot))).append('\n');
    }
    return fault(fault);
  }

  private boolean transactions(TransactionIndex index) throws IOException {
    Optional<IndexFault> fault = index.firstFault(Long.MAX_VALUE);
    int end = fault.map(IndexFault::slot).orElse(index.entryCount());
    for (int slot = 0; slot < end; slot++) {
      out.append("  producer ").append(Long.toString(index.transaction(slot).producerId()));
      out.append("  offsets ").append(Long.toString(index.transaction(slot).firstOffset()));
      out.append('-').append(Long.toString(index.transaction(slot).lastOffset()));
      out.append("  last stable offset ");
      out.append(Long.toString(index.transaction(slot).lastStableOffset())).append('\n');
    }
    return fault(fault);
  }

  private boolean fault(Optional<IndexFault> fault) throws IOException {
    if (fault.isPresent()) {
      out.append("  damage: ").append(fault.get().toString()).append('\n');
    }
    return fault.isEmpty();
  }
}
