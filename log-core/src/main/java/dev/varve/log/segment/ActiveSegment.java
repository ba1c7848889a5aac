package dev.varve.log.segment;

import dev.varve.index.TransactionIndex;
import dev.varve.log.producer.ProducerSnapshot;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import dev.varve.log.storage.StorageFile.Access;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import org.agrona.concurrent.EpochClock;
import org.jspecify.annotations.Nullable;

/**
 * The segment that takes appends: a mapping that reaches ahead of the writer into space that the
 * disk has set aside ({@link SpaceAhead}), and indexes in memory that become files when the segment
 * is settled.
 *
 * <p>A batch is copied whole into the mapping, then indexed, then published by release stores of
 * the size and the end offset. A plain store into a page that the file no longer backs would report
 * its fault one call late; the bulk copy reports it exactly.
 *
 * <p>Thread safety: {@link #append}, {@link #reserveFor}, {@link #configure} and {@link #roll} are
 * for whoever holds the log's write lock; {@link #reserveAhead} and {@link #force} are for
 * background threads; the rest is for all.
 */
public final class ActiveSegment implements Segment {
  private static final VarHandle SIZE_BYTES;
  private static final VarHandle END_OFFSET;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      SIZE_BYTES = lookup.findVarHandle(ActiveSegment.class, "sizeBytes", long.class);
      END_OFFSET = lookup.findVarHandle(ActiveSegment.class, "endOffset", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static final ProducerSnapshot NO_SNAPSHOT = new ProducerSnapshot(List.of());

  // Constant after construction.
  private final Storage storage;
  private final SegmentIndexes indexes;
  private final StorageFile file;
  private final String path;
  private final SegmentMemory memory;
  private final SpaceAhead space;
  private final long createdMillis;

  /** The size at opening: what is only read gets no space. */
  private final long openedBytes;

  // Read and written under the log's write lock.
  private SegmentOptions options;
  private long segmentMillisMax;

  // Written under the log's write lock, published by release stores.
  private long sizeBytes;
  private long endOffset;

  /** The first batch's largest timestamp, from which the age of the segment counts. */
  private long firstTimestampMax = RecordBatch.NO_TIMESTAMP;

  private ActiveSegment(
      Storage storage,
      SegmentOptions options,
      SegmentIndexes indexes,
      StorageFile file,
      long endOffset,
      long nowMillis,
      long expectedBytes,
      boolean forcedOften)
      throws IOException {
    this.storage = storage;
    this.options = options;
    this.indexes = indexes;
    this.file = file;
    this.path = storage.directory().resolve(file.name()).toString();
    this.sizeBytes = file.size();
    this.openedBytes = sizeBytes;
    this.endOffset = endOffset;
    this.createdMillis = nowMillis;
    this.segmentMillisMax = millisMax(options, path);
    Arena arena = indexes.arena();
    MemorySegment log = file.map(Access.READ_WRITE, sizeBytes, arena);
    this.memory = new SegmentMemory(arena, log, indexes.offsets(), indexes.times());
    this.space =
        new SpaceAhead(file, memory, options.segmentBytesMax(), expectedBytes, forcedOften);
    if (sizeBytes > 0) {
      this.firstTimestampMax = new RecordBatch().wrap(log, 0).maxTimestamp();
    }
  }

  /**
   * Makes a new segment with its log file, which the caller makes durable by a force of the
   * directory.
   */
  public static ActiveSegment create(
      Storage storage, long baseOffset, SegmentOptions options, long nowMillis) throws IOException {
    return create(storage, baseOffset, options, nowMillis, 0, false);
  }

  /**
   * Makes the segment that follows this one, and is expected to become as large.
   *
   * @param baseOffset the end of this segment, or an offset behind it
   */
  public ActiveSegment next(long baseOffset, long nowMillis) throws IOException {
    return create(storage, baseOffset, options, nowMillis, sizeBytes, space.isForcedOften());
  }

  private static ActiveSegment create(
      Storage storage,
      long baseOffset,
      SegmentOptions options,
      long nowMillis,
      long expectedBytes,
      boolean forcedOften)
      throws IOException {
    Arena arena = Arena.ofShared();
    try {
      SegmentIndexes indexes = SegmentIndexes.empty(arena, baseOffset, options);
      StorageFile file = storage.create(SegmentFile.name(baseOffset, Kind.LOG));
      return over(
          file, storage, options, indexes, baseOffset, nowMillis, expectedBytes, forcedOften);
    } catch (IOException | RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /**
   * Goes on with a segment that exists.
   *
   * @param indexes what the log's batches, all of them, give
   * @param endOffset the offset after the last batch, which ends where the file ends
   */
  static ActiveSegment reopen(
      Storage storage,
      SegmentOptions options,
      SegmentIndexes indexes,
      long endOffset,
      long nowMillis)
      throws IOException {
    StorageFile file = storage.open(SegmentFile.name(indexes.baseOffset(), Kind.LOG));
    return over(file, storage, options, indexes, endOffset, nowMillis, 0, false);
  }

  /** Takes the file over; closes it if it cannot be mapped. */
  private static ActiveSegment over(
      StorageFile file,
      Storage storage,
      SegmentOptions options,
      SegmentIndexes indexes,
      long endOffset,
      long nowMillis,
      long expectedBytes,
      boolean forcedOften)
      throws IOException {
    boolean done = false;
    try {
      ActiveSegment active =
          new ActiveSegment(
              storage, options, indexes, file, endOffset, nowMillis, expectedBytes, forcedOften);
      done = true;
      return active;
    } finally {
      if (!done) {
        file.close();
      }
    }
  }

  @Override
  public long baseOffset() {
    return indexes.baseOffset();
  }

  @Override
  public long endOffset() {
    return (long) END_OFFSET.getAcquire(this);
  }

  @Override
  public long sizeBytes() {
    return (long) SIZE_BYTES.getAcquire(this);
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
  public int pins() {
    return memory.readerPins();
  }

  @Override
  public long timestampMax() {
    return indexes.indexer().timestampMax();
  }

  /** Whether anything was appended since it was opened or made. */
  public boolean isWritten() {
    return sizeBytes() != openedBytes;
  }

  private static long millisMax(SegmentOptions options, String path) {
    return options.segmentMillisMax() - options.jitterMillis(path);
  }

  /**
   * Goes by other options from now on. The size and age at which the segment is rolled are theirs;
   * indexes that it has stay as they are, and those of the next segment are theirs, too.
   */
  public void configure(SegmentOptions changed) {
    options = changed;
    segmentMillisMax = millisMax(changed, path);
    space.limitTo(changed.segmentBytesMax());
  }

  /**
   * Whether an append has to go to a new segment: for size, age, a full index, or an offset that is
   * out of this segment's reach. The conditions are Kafka's.
   *
   * @param batchBytes the size of its batches, all together
   * @param timestampMax the largest timestamp in them
   * @param lastOffset the offset that the last record would have
   * @param clock asked only where the batches have no timestamps
   */
  public boolean mustRollFor(int batchBytes, long timestampMax, long lastOffset, EpochClock clock) {
    return (sizeBytes > 0
            && (sizeBytes > options.segmentBytesMax() - (long) batchBytes
                || ageMillis(timestampMax, clock) > segmentMillisMax
                || indexes.indexer().isFull()))
        || lastOffset - baseOffset() > Integer.MAX_VALUE;
  }

  /** By the records' clock, from the first batch on; by ours if that batch has no timestamp. */
  private long ageMillis(long timestamp, EpochClock clock) {
    return firstTimestampMax >= 0 ? timestamp - firstTimestampMax : clock.time() - createdMillis;
  }

  /** Makes sure that the mapping has room for batches, preparing space if none is ahead. */
  public void reserveFor(int batchBytes) throws IOException {
    space.ensure(sizeBytes, sizeBytes + batchBytes);
  }

  /**
   * Prepares the next stretch before the writer comes to it. The segment may be rolled meanwhile;
   * the pin then puts off the trimming of its file.
   *
   * @return whether there was anything to do
   */
  public boolean reserveAhead() throws IOException {
    if (!memory.tryPin()) {
      return false; // not active any more
    }
    try {
      long size = sizeBytes();
      return isWritten() && space.prepareAhead(size);
    } finally {
      memory.unpin();
    }
  }

  /**
   * Appends a batch that is stamped with its base offset and for which room was reserved.
   *
   * @throws InternalError if the file no longer backs its mapping; the batch is then not visible
   */
  public void append(EncodedBatch batch) {
    long position = sizeBytes;
    int batchBytes = batch.sizeBytes();
    MemorySegment.copy(batch.memory(), 0, memory.log(), position, batchBytes);
    long lastOffset = endOffset + batch.lastOffsetDelta();
    long timestampMax = batch.maxTimestamp();
    indexes.indexer().onBatch(lastOffset, (int) position, batchBytes, timestampMax);
    if (position == 0) {
      firstTimestampMax = timestampMax;
    }
    publish(position + batchBytes, lastOffset + 1);
  }

  /**
   * Appends batches with the offsets that they have, none of which lies below the end, and for
   * which room was reserved. They become visible together.
   *
   * @throws InternalError if the file no longer backs its mapping; no batch is then visible
   */
  public void append(BatchRun run) {
    long position = sizeBytes;
    int runBytes = run.sizeBytes();
    MemorySegment.copy(run.memory(), 0, memory.log(), position, runBytes);
    if (position == 0 && runBytes > 0) {
      firstTimestampMax = run.batchAt(0).maxTimestamp();
    }
    int at = 0;
    while (at < runBytes) {
      RecordBatch batch = run.batchAt(at);
      int batchBytes = batch.sizeBytes();
      indexes
          .indexer()
          .onBatch(batch.lastOffset(), (int) position + at, batchBytes, batch.maxTimestamp());
      at += batchBytes;
    }
    publish(position + runBytes, run.endOffset());
  }

  private void publish(long newSizeBytes, long newEndOffset) {
    // The end first: whoever sees the size, and so the batch, sees an end behind it.
    END_OFFSET.setRelease(this, newEndOffset);
    SIZE_BYTES.setRelease(this, newSizeBytes);
  }

  /** Takes the aborted transactions that end in this segment, and shows them to readers. */
  @Override
  public TransactionIndex transactionIndex() {
    return indexes.transactions();
  }

  /** Lets go of everything, of a segment that never became part of a log. */
  public void discard() throws IOException {
    memory.discard();
    file.close();
  }

  /** The memory that readers of the segment may have pinned. */
  SegmentMemory memory() {
    return memory;
  }

  /** Closes the file of a log that is given up. */
  void abandon() {
    try {
      file.close();
    } catch (IOException e) {
      // Nothing was promised about what it holds, and there is nobody to try it again.
    }
  }

  /** Forces what was appended so far, as of before the call, to the disk. */
  public void force() throws IOException {
    long forced = sizeBytes();
    file.force();
    space.onForce(forced);
  }

  /**
   * Ends the segment: no append follows.
   *
   * @param nextBaseOffset the base offset of the segment that follows: the end, or behind it
   * @param producers the state of the producers there
   */
  public RolledSegment roll(long nextBaseOffset, ProducerSnapshot producers) {
    indexes.indexer().closingEntry();
    return new RolledSegment(
        storage,
        options,
        indexes,
        file,
        memory,
        sizeBytes,
        nextBaseOffset,
        nextBaseOffset > endOffset,
        producers);
  }

  /** Ends the segment because a truncation has taken it, or its end, out of the log. */
  public RolledSegment endForTruncation() {
    return roll(endOffset, NO_SNAPSHOT);
  }
}
