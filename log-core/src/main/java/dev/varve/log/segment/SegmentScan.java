package dev.varve.log.segment;

import dev.varve.index.OffsetIndex;
import dev.varve.log.record.BatchChecksum;
import dev.varve.log.record.BatchFault;
import dev.varve.log.record.BatchFault.Kind;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the batches of a log one after the other and checks each: header, checksum, order of
 * offsets. Copies them out of the file, or out of its mapping, so that a checksum never runs over a
 * page that the file may have lost. Holds a window of 256 KiB and no more, whatever length a batch
 * claims to have, until somebody asks for a whole one.
 *
 * <p>Ends at the first batch that is not valid. What follows it proves nothing: its place was found
 * with a length that cannot be believed. But where it is known that the log was durable once, a
 * batch that is damaged is passed over if a valid one, with a higher offset, follows exactly in its
 * place: then the length was right, and only that batch is damaged. A scan may be {@link #guidedBy}
 * the segment's index, to be led on behind a damaged length too.
 *
 * <p>Thread safety: for one thread.
 */
public final class SegmentScan {
  /** Stays in the second-level cache together with what the checksum and the indexes touch. */
  public static final int WINDOW_BYTES = 256 << 10;

  private final Source source;
  private final long fileBytes;
  private final ScanBounds bounds;
  private final List<Damage> damages = new ArrayList<>();
  private final RecordBatch batch = new RecordBatch();
  private final RecordBatch following = new RecordBatch();
  private final BatchChecksum checksum = new BatchChecksum();

  private final MemorySegment window;
  private final ByteBuffer windowBuffer;

  /** Grows to the largest batch beyond the window that was asked for. */
  private MemorySegment whole = MemorySegment.NULL;

  private long windowPosition;
  private long windowBytes;
  private long readBytes;
  private long position;
  private long nextPosition;
  private long nextOffset;
  private boolean behindDamage;
  private @Nullable BatchFault fault;
  private @Nullable StoredIndexes guide;

  /**
   * A stretch of damaged batches between valid ones.
   *
   * @param fault what is wrong with the first of them
   * @param bytes how many bytes they take
   * @param firstOffset the lowest offset that they may have had
   * @param endOffset the offset of the valid batch behind them
   */
  public record Damage(BatchFault fault, long bytes, long firstOffset, long endOffset) {
    /** Where the valid batch behind them begins in the file. */
    public long endPosition() {
      return fault.position() + bytes;
    }
  }

  /** Where the bytes come from. */
  @FunctionalInterface
  private interface Source {
    /** Copies bytes from a position on; fewer than the target has room for only at the end. */
    long read(long position, MemorySegment target) throws IOException;
  }

  /** Begins at the start of a segment's log. */
  public SegmentScan(StorageFile file, ScanBounds bounds) throws IOException {
    this(file, bounds, newWindow());
  }

  /**
   * Begins at the start of a segment's log.
   *
   * @param window memory of {@link #WINDOW_BYTES} for this scan alone, until it is needed no more
   */
  public SegmentScan(StorageFile file, ScanBounds bounds, MemorySegment window) throws IOException {
    this(file::read, file.size(), bounds, window);
  }

  private SegmentScan(Source source, long fileBytes, ScanBounds bounds, MemorySegment window) {
    this.source = source;
    this.window = window;
    this.windowBuffer = window.asByteBuffer();
    this.fileBytes = Math.min(fileBytes, bounds.bytesMax());
    this.bounds = bounds;
    this.nextOffset = bounds.baseOffset();
  }

  private static MemorySegment newWindow() {
    return Arena.ofAuto().allocate(WINDOW_BYTES);
  }

  /** Begins at the start of a log that is in memory, mapped or not. */
  static SegmentScan over(MemorySegment log, ScanBounds bounds) {
    Source copying =
        (position, target) -> {
          long bytes = Math.min(target.byteSize(), log.byteSize() - position);
          MemorySegment.copy(log, position, target, 0, bytes);
          return bytes;
        };
    return new SegmentScan(copying, log.byteSize(), bounds, newWindow());
  }

  /**
   * Begins elsewhere. Returns this scan.
   *
   * @param startPosition where a batch begins
   * @param startOffset the lowest offset that it may have
   */
  public SegmentScan startingAt(long startPosition, long startOffset) {
    nextPosition = startPosition;
    nextOffset = startOffset;
    return this;
  }

  /** Has damage passed over also to where the segment's index leads. Returns this scan. */
  public SegmentScan guidedBy(Storage storage) {
    guide = new StoredIndexes(storage, bounds.baseOffset(), fileBytes);
    return this;
  }

  /** Adds the current batch to indexes by offset and time. */
  void addTo(SegmentIndexes indexes) {
    if (behindDamage) {
      indexes.indexer().entryIsDue();
    }
    indexes
        .indexer()
        .onBatch(batch.lastOffset(), (int) position, batch.sizeBytes(), batch.maxTimestamp());
  }

  /**
   * Moves to the next batch.
   *
   * @return false at the end of the file, or at a fault
   */
  public boolean next() throws IOException {
    if (fault != null || nextPosition >= fileBytes) {
      return false;
    }
    BatchFault found = check(nextPosition);
    behindDamage = found != null && passOver(found);
    if (behindDamage) {
      found = check(nextPosition);
    }
    if (found != null) {
      fault = found.at(nextPosition);
      return false;
    }
    position = nextPosition;
    nextPosition += batch.sizeBytes();
    nextOffset = batch.nextOffset();
    return true;
  }

  /** Moves to the valid batch behind damaged ones, if there is one where it has to be. */
  private boolean passOver(BatchFault damage) throws IOException {
    if (nextOffset >= bounds.durableEnd()) {
      return false;
    }
    OffsetIndex index = guide == null ? null : guide.offsets();
    long at = positionBehind(damage, index, bounds.endOffset());
    if (at < 0 || batch.baseOffset() > bounds.durableEnd()) {
      return false;
    }
    damages.add(
        new Damage(damage.at(nextPosition), at - nextPosition, nextOffset, batch.baseOffset()));
    goOnAt(at);
    return true;
  }

  /**
   * After a fault: moves to the next sound batch with a higher offset, which has to lie exactly
   * where the lengths of the damaged ones say, or where an entry of the index does. The nearest of
   * the two is taken, since a damaged length may lead too far.
   *
   * @param endOffset the offset that all batches of the segment lie below
   * @return false if no such batch can be found; nothing has moved then
   */
  public boolean skip(@Nullable OffsetIndex index, long endOffset) throws IOException {
    long at = positionBehind(check(nextPosition), index, endOffset);
    if (at < 0) {
      return false;
    }
    goOnAt(at);
    fault = null;
    return true;
  }

  /** Where the next sound batch is, which then is the current one; -1 if none can be found. */
  private long positionBehind(
      @Nullable BatchFault damage, @Nullable OffsetIndex index, long endOffset) throws IOException {
    long byLength = damage == null ? -1 : positionByLength(damage, endOffset);
    long limit = byLength < 0 ? fileBytes : byLength;
    long byIndex = index == null ? -1 : positionByIndex(index, limit, endOffset);
    long at = byIndex < 0 ? byLength : byIndex;
    return at < 0 || check(at) != null ? -1 : at;
  }

  /** Begins at a position instead, if a sound batch is there, which becomes visible at once. */
  boolean startAt(long at) throws IOException {
    if (at < 0 || at >= fileBytes || check(at) != null) {
      return false;
    }
    nextPosition = at;
    return true;
  }

  private void goOnAt(long at) {
    nextPosition = at;
    nextOffset = batch.baseOffset();
  }

  /** The position behind damaged batches whose lengths lead to a sound one; -1 if they do not. */
  private long positionByLength(BatchFault damage, long endOffset) throws IOException {
    long at = nextPosition;
    BatchFault found = damage;
    while (found != null) {
      if (!found.hasLength()) {
        return -1;
      }
      at += batch.sizeBytes();
      if (at >= fileBytes) {
        return -1;
      }
      found = check(at);
    }
    return isBehindDamage(endOffset) ? at : -1;
  }

  /** The first position below a limit at which an entry names a sound batch; -1 if none does. */
  private long positionByIndex(OffsetIndex index, long limit, long endOffset) throws IOException {
    int entries = index.entryCount();
    for (int slot = Math.max(0, index.floorSlotOfPosition((int) nextPosition));
        slot < entries;
        slot++) {
      long at = index.position(slot);
      if (at > nextPosition
          && at < limit
          && check(at) == null
          && batch.lastOffset() == index.offset(slot)
          && isBehindDamage(endOffset)) {
        return at;
      }
    }
    return -1;
  }

  private boolean isBehindDamage(long endOffset) {
    return batch.baseOffset() > nextOffset && batch.lastOffset() < endOffset;
  }

  private @Nullable BatchFault check(long at) throws IOException {
    long bytesLeft = fileBytes - at;
    if (at > Integer.MAX_VALUE) {
      return new BatchFault(Kind.LENGTH, at, "a batch at " + at, "positions of at most 2^31-1");
    }
    wrap(at, Math.min(bytesLeft, RecordBatch.HEADER_BYTES));
    BatchFault found = batch.headerFault(bytesLeft, RecordBatch.BATCH_BYTES_MAX);
    if (found != null) {
      return found;
    }
    found = checksumFault(at);
    return found != null ? found : orderFault(at);
  }

  private @Nullable BatchFault checksumFault(long at) throws IOException {
    int sizeBytes = batch.sizeBytes();
    if (sizeBytes <= WINDOW_BYTES) {
      wrap(at, sizeBytes);
      return checksum.fault(batch, windowBuffer);
    }
    // The length may be damaged, so that no memory of that size is taken.
    long end = at + sizeBytes;
    long next = at + BatchChecksum.SUMMED_FROM;
    checksum.begin();
    while (next < end) {
      wrap(next, Math.min(WINDOW_BYTES, end - next));
      int from = (int) (next - windowPosition);
      int bytes = (int) (Math.min(end, windowPosition + windowBytes) - next);
      if (bytes <= 0) {
        break; // the file was cut meanwhile
      }
      checksum.add(windowBuffer.limit(from + bytes).position(from));
      next += bytes;
    }
    wrap(at, RecordBatch.HEADER_BYTES);
    return checksum.faultOfParts(batch);
  }

  private @Nullable BatchFault orderFault(long at) throws IOException {
    if (batch.baseOffset() != nextOffset) {
      BatchFault found = batch.orderFault(nextOffset, offsetBehind(at));
      if (found != null) {
        return found;
      }
      boolean leftByDamage = at > nextPosition && batch.baseOffset() == bounds.durableEnd();
      if (batch.nextOffset() > bounds.gapsEnd() && !leftByDamage) {
        return orderFault("base offset " + batch.baseOffset(), "" + nextOffset);
      }
    }
    if (batch.nextOffset() > bounds.endOffset()) {
      return orderFault(
          "last offset " + batch.lastOffset(),
          "one below " + bounds.endOffset() + ", where the segment ends");
    }
    if (batch.lastOffset() - bounds.baseOffset() > Integer.MAX_VALUE) {
      return orderFault(
          "last offset " + batch.lastOffset(),
          "at most 2^31-1 above the base offset " + bounds.baseOffset());
    }
    return null;
  }

  private BatchFault orderFault(String found, String expected) {
    return new BatchFault(Kind.HEADER, batch.position(), found, expected);
  }

  /** Where the batch behind the one at a position begins, if one with a sound header does. */
  private long offsetBehind(long at) throws IOException {
    int batchBytes = batch.sizeBytes();
    long next = at + batchBytes;
    long bytesLeft = fileBytes - next;
    if (bytesLeft < RecordBatch.HEADER_BYTES) {
      return Long.MAX_VALUE;
    }
    long together = next + RecordBatch.HEADER_BYTES - at;
    if (together <= WINDOW_BYTES) {
      wrap(at, together);
    } else {
      wrap(next, RecordBatch.HEADER_BYTES);
    }
    following.wrap(window, next - windowPosition);
    long offset =
        following.headerFault(bytesLeft, RecordBatch.BATCH_BYTES_MAX) == null
            ? following.baseOffset()
            : Long.MAX_VALUE;
    wrap(at, Math.min(batchBytes, WINDOW_BYTES));
    return offset;
  }

  /**
   * Has at least {@code bytes}, no more than the window holds, from a position of the file in the
   * window, and the batch over it.
   */
  private void wrap(long at, long bytes) throws IOException {
    if (at < windowPosition || at + bytes > windowPosition + windowBytes) {
      windowPosition = at;
      windowBytes = source.read(at, window.asSlice(0, Math.min(WINDOW_BYTES, fileBytes - at)));
      readBytes += windowBytes;
    }
    batch.wrap(window, at - windowPosition);
  }

  /**
   * The current batch, checked; valid until {@link #next}. Of one that is larger than the window
   * only the header is there, until {@link #loadWhole}.
   */
  public RecordBatch batch() {
    return batch;
  }

  /** Has the records of the current batch in memory too, whatever its size. */
  public void loadWhole() throws IOException {
    int sizeBytes = batch.sizeBytes();
    if (sizeBytes > WINDOW_BYTES) {
      if (sizeBytes > whole.byteSize()) {
        whole = Arena.ofAuto().allocate(sizeBytes);
      }
      readBytes += source.read(position, whole.asSlice(0, sizeBytes));
      batch.wrap(whole, 0);
    }
  }

  /** Where the current batch begins in the file. */
  public long position() {
    return position;
  }

  /** Where the valid batches end, so far. */
  public long endPosition() {
    return nextPosition;
  }

  /** The offset after the last valid batch, so far. */
  public long endOffset() {
    return nextOffset;
  }

  /** Why the scan ended before the end of the file, with the position in it; null if it did not. */
  public @Nullable BatchFault fault() {
    return fault;
  }

  /** The damage that was passed over, so far. */
  public List<Damage> damages() {
    return damages;
  }

  /** The bytes that were read so far, those that were read twice counted twice. */
  public long readBytes() {
    return readBytes;
  }

  /** The size of the file, or of the part of it that is scanned. */
  public long fileBytes() {
    return fileBytes;
  }
}
