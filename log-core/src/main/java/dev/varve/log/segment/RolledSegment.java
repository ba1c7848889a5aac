package dev.varve.log.segment;

import dev.varve.index.TransactionIndex;
import dev.varve.log.producer.ProducerSnapshot;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A segment that takes no more appends and is not settled yet: its indexes are in memory only, and
 * its file is as long as it was reserved. The roll makes it while the writer waits, so the making
 * does no I/O; a background thread settles it.
 *
 * <p>Thread safety: {@link #settle} is for one thread; the rest is for all.
 */
public final class RolledSegment implements Segment {
  private final Storage storage;
  private final SegmentOptions options;
  private final SegmentIndexes indexes;
  private final StorageFile file;
  private final SegmentMemory memory;
  private final String path;
  private final long sizeBytes;
  private final long endOffset;
  private final boolean gapBehind;
  private final ProducerSnapshot producers;

  RolledSegment(
      Storage storage,
      SegmentOptions options,
      SegmentIndexes indexes,
      StorageFile file,
      SegmentMemory memory,
      long sizeBytes,
      long endOffset,
      boolean gapBehind,
      ProducerSnapshot producers) {
    this.storage = storage;
    this.options = options;
    this.indexes = indexes;
    this.file = file;
    this.memory = memory;
    this.path = storage.directory().resolve(file.name()).toString();
    this.sizeBytes = sizeBytes;
    this.endOffset = endOffset;
    this.gapBehind = gapBehind;
    this.producers = producers;
  }

  @Override
  public long baseOffset() {
    return indexes.baseOffset();
  }

  @Override
  public long endOffset() {
    return endOffset;
  }

  @Override
  public long sizeBytes() {
    return sizeBytes;
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public @Nullable SegmentView tryView() {
    return memory.tryPin() ? new SegmentView(this, memory) : null;
  }

  @Override
  public TransactionIndex transactionIndex() {
    return indexes.transactions();
  }

  @Override
  public long timestampMax() {
    return indexes.indexer().timestampMax();
  }

  @Override
  public int pins() {
    return memory.readerPins();
  }

  /**
   * Whether the next segment begins behind the end of this one. What is reserved in this one's file
   * must then not be taken for batches that were lost.
   */
  boolean hasGapBehind() {
    return gapBehind;
  }

  /** Forces the batches to the disk. */
  public void force() throws IOException {
    file.force();
  }

  /**
   * Makes everything about the segment durable but its length: batches, indexes, and the snapshot
   * of the producers at its end. The caller puts the sealed segment in this one's place, and has
   * what was reserved cut off when this one's {@link #memory} is closed.
   */
  public SealedSegment settle() throws IOException {
    indexes.writeTo(storage);
    if (endOffset > 0) {
      writeSnapshot();
    }
    return new SealedSegment(
        storage, options, baseOffset(), endOffset, sizeBytes, indexes.transactions());
  }

  /**
   * Makes durable, but for its name, what the segment knows of producers, if anything: for a
   * segment that is deleted before it was settled.
   */
  public void keepProducers() throws IOException {
    if (!producers.producers().isEmpty()) {
      writeSnapshot();
    }
  }

  private void writeSnapshot() throws IOException {
    try (StorageFile snapshot =
        storage.create(SegmentFile.name(endOffset, Kind.PRODUCER_SNAPSHOT))) {
      snapshot.write(0, MemorySegment.ofArray(producers.format()));
      snapshot.force();
    }
  }

  /** The memory that readers of the segment may still have pinned. */
  public SegmentMemory memory() {
    return memory;
  }

  /** The log file, which may be cut only when {@link #memory} is closed. */
  public StorageFile file() {
    return file;
  }

  /** Closes the file as it is. Doing it twice is harmless. */
  public void close() throws IOException {
    file.close();
  }

  /** Closes the file of a log that is given up. */
  public void abandon() {
    try {
      file.close();
    } catch (IOException e) {
      // Nothing was promised about what it holds, and there is nobody to try it again.
    }
  }
}
