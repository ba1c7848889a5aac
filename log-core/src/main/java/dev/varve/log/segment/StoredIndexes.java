package dev.varve.log.segment;

import dev.varve.index.OffsetIndex;
import dev.varve.index.TimeIndex;
import dev.varve.index.TransactionIndex;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The index files of a segment as they are on the disk. They are read when they are asked for,
 * which is when the log is damaged: then they know more of it than can be found out again.
 *
 * <p>Thread safety: for one thread.
 */
final class StoredIndexes {
  private final Storage storage;
  private final long baseOffset;
  private final long logBytes;
  private boolean offsetsRead;
  private @Nullable OffsetIndex offsets;

  /** Names the files. */
  StoredIndexes(Storage storage, long baseOffset, long logBytes) {
    this.storage = storage;
    this.baseOffset = baseOffset;
    this.logBytes = logBytes;
  }

  /** The index by offset; null if there is none, or none whose entries are in order. */
  @Nullable OffsetIndex offsets() throws IOException {
    if (!offsetsRead) {
      offsets =
          read(Kind.OFFSET_INDEX)
              .map(bytes -> OffsetIndex.over(bytes, baseOffset))
              .filter(index -> index.firstFault(Long.MAX_VALUE, Long.MAX_VALUE).isEmpty())
              .orElse(null);
      offsetsRead = true;
    }
    return offsets;
  }

  /** Whether there is an index of a kind whose entries are in order. */
  boolean isInOrder(Kind kind) throws IOException {
    return switch (kind) {
      case OFFSET_INDEX -> offsets() != null;
      case TIME_INDEX ->
          read(kind)
              .filter(
                  bytes -> TimeIndex.over(bytes, baseOffset).firstFault(Long.MAX_VALUE).isEmpty())
              .isPresent();
      case TRANSACTION_INDEX ->
          read(kind)
              .filter(bytes ->
                  TransactionIndex.over(bytes, baseOffset).firstFault(Long.MAX_VALUE).isEmpty())
              .isPresent();
      case LOG, PRODUCER_SNAPSHOT ->
          throw new IllegalArgumentException(kind + ", expected an index");
    };
  }

  /** Every entry is smaller than the batch that it is for, so no sound index is larger. */
  private Optional<MemorySegment> read(Kind kind) throws IOException {
    String name = SegmentFile.name(baseOffset, kind);
    if (!storage.exists(name) || storage.size(name) > Math.min(logBytes, Integer.MAX_VALUE)) {
      return Optional.empty();
    }
    try (StorageFile file = storage.open(name)) {
      MemorySegment bytes = MemorySegment.ofArray(new byte[(int) file.size()]);
      file.read(0, bytes);
      return Optional.of(bytes);
    }
  }
}
