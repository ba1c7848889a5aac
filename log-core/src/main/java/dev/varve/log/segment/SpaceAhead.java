package dev.varve.log.segment;

import dev.varve.log.storage.StorageFile;
import dev.varve.log.storage.StorageFile.Access;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The space of an active segment's file ahead of its writer: mapped, set aside on the disk, and its
 * pages touched, so that an append meets neither a full disk nor a system call nor a page fault.
 *
 * <pre>
 *   file      [ batches        | prepared        | sparse           )
 *   mapping   [ batches        | prepared        | not to be used   )
 *                        size ^     preparedEnd ^      end of file ^
 * </pre>
 *
 * <p>The mapping reaches far, because a new mapping has to be touched anew where the writer is; and
 * so does the file, which is sparse there and takes no room. What may be stored to ends at the
 * prepared end.
 *
 * <p>How much is prepared grows with the segment, so that small logs stay small. A background
 * thread does it chunk by chunk; a writer that comes to the end waits for the chunk that is under
 * way, or prepares one itself.
 *
 * <p>Measured on a virtual machine with 2 cores (AMD EPYC, Linux 6.18, ext4, 2026), writing zeros
 * and the first touch cost, for each page of 4 KiB:
 *
 * <pre>
 *   blocks of      4 KiB    64 KiB   256 KiB    1 MiB    2 MiB
 *   µs a page         14       3.1       2.5      2.5      0.7     and 0.14 to fill it afterwards
 * </pre>
 *
 * <p>{@code fallocate} and {@code MADV_POPULATE_WRITE} would save nothing: after them the first
 * store to a page cost 1.2 µs all the same.
 *
 * <p>Thread safety: {@link #ensure} is for whoever holds the log's write lock, {@link
 * #prepareAhead} and {@link #onForce} are for background threads.
 */
final class SpaceAhead {
  private static final long MAPPED_BYTES_MIN = 64 << 10;

  /** The most that the file is longer than what is prepared, and a recovery has to look through. */
  private static final long MAPPED_STEP_BYTES_MAX = 64 << 20;

  private static final long CHUNK_BYTES_MIN = 64 << 10;

  /**
   * The size of a huge page: zeros written in such blocks become one folio of the page cache, which
   * the mapping takes in with one fault, and a force protects with one change.
   */
  private static final int CHUNK_BYTES_MAX = 2 << 20;

  /** The most that is prepared in vain; a writer of 2 GiB/s needs 4 ms for it. */
  private static final long AHEAD_BYTES_MAX = 8 << 20;

  /** What is prepared ahead is this part of what the segment has, or is expected to get. */
  private static final int AHEAD_PART = 4;

  private static final int PAGE_BYTES = 4096;

  /** A log that is forced more often than once for so many bytes counts as forced often. */
  private static final long BYTES_PER_FORCE_MIN = 1 << 20;

  private static final VarHandle PAGE_WORD = ValueLayout.JAVA_INT.varHandle();

  private final StorageFile file;
  private final SegmentMemory memory;

  /** Nothing is prepared beyond it, unless a batch needs it. */
  private volatile long segmentBytesMax;

  /** What the segment is expected to get, by the size of the one before it. */
  private final long expectedBytes;

  /** Below it, the file has room on the disk and the mapping's pages were touched. */
  private volatile long preparedEnd;

  private volatile boolean forcedOften;
  private long forcedBytes;

  /**
   * Takes over a file that is mapped to its end.
   *
   * @param expectedBytes how large the segment is expected to become; 0 if nothing is known
   * @param forcedOften whether it is expected to be forced often
   */
  SpaceAhead(
      StorageFile file,
      SegmentMemory memory,
      long segmentBytesMax,
      long expectedBytes,
      boolean forcedOften) {
    this.file = file;
    this.memory = memory;
    this.segmentBytesMax = segmentBytesMax;
    this.expectedBytes = expectedBytes;
    this.forcedOften = forcedOften;
    this.preparedEnd = memory.log().byteSize();
    this.forcedBytes = preparedEnd;
  }

  /** Takes note that the segment may become larger, or is to stay smaller, than was said. */
  void limitTo(long bytesMax) {
    segmentBytesMax = bytesMax;
  }

  /**
   * Makes sure that the mapping can be stored to up to an end. A disk that has no room for a large
   * chunk is asked for a small one; what has no room for that is left for the checkpoint with which
   * the start is moved.
   *
   * @throws IOException if there is no room; nothing has changed for what was prepared before
   */
  void ensure(long sizeBytes, long neededEnd) throws IOException {
    if (neededEnd <= preparedEnd) {
      return;
    }
    try {
      prepare(sizeBytes, neededEnd, chunkBytes());
    } catch (IOException e) {
      prepare(sizeBytes, neededEnd, CHUNK_BYTES_MIN);
    }
  }

  /**
   * Prepares the next chunk if the writer has come near the prepared end.
   *
   * @return whether there was anything to do
   */
  boolean prepareAhead(long sizeBytes) throws IOException {
    long end = preparedEnd;
    if (end - sizeBytes >= aheadBytes(sizeBytes) || end >= segmentBytesMax) {
      return false;
    }
    prepare(sizeBytes, end + 1, chunkBytes());
    return true;
  }

  private long aheadBytes(long sizeBytes) {
    long most = forcedOften ? BYTES_PER_FORCE_MIN : AHEAD_BYTES_MAX;
    return Math.clamp(Math.max(sizeBytes, expectedBytes) / AHEAD_PART, CHUNK_BYTES_MIN, most);
  }

  private synchronized void prepare(long sizeBytes, long neededEnd, long chunkBytes)
      throws IOException {
    long from = preparedEnd;
    if (neededEnd <= from) {
      return; // the other thread was faster
    }
    long end = Math.ceilDiv(neededEnd, chunkBytes) * chunkBytes;
    end = Math.max(neededEnd, Math.min(end, segmentBytesMax));
    reserve(from, end); // before the mapping, which would stay if there is no room
    MemorySegment mapping = memory.log();
    if (end > mapping.byteSize()) {
      grow(sizeBytes, end);
    } else {
      touch(mapping, from, end);
    }
    preparedEnd = end;
  }

  private void grow(long sizeBytes, long end) throws IOException {
    Arena arena = Arena.ofShared();
    boolean done = false;
    try {
      MemorySegment longer = file.map(Access.READ_WRITE, mappedBytes(end), arena);
      touch(longer, sizeBytes, end);
      memory.growTo(longer, arena);
      done = true;
    } finally {
      if (!done) {
        arena.close();
      }
    }
  }

  /** A full disk gets back what was reserved of the chunk: others may need the last blocks. */
  private void reserve(long from, long end) throws IOException {
    boolean done = false;
    try {
      file.reserve(from, end, blockBytes());
      done = true;
    } finally {
      if (!done) {
        file.truncate(from); // the mapping reaches further, but nothing is stored there
      }
    }
  }

  private long chunkBytes() {
    return Math.clamp(
        Long.highestOneBit(Math.max(preparedEnd, expectedBytes)), CHUNK_BYTES_MIN, CHUNK_BYTES_MAX);
  }

  private long mappedBytes(long end) {
    long expected = Math.max(end, expectedBytes);
    long step = Math.clamp(Long.highestOneBit(expected), MAPPED_BYTES_MIN, MAPPED_STEP_BYTES_MAX);
    return Math.max(end, Math.min(Math.ceilDiv(end, step) * step, segmentBytesMax));
  }

  /**
   * Zeros for a file that is forced often are written one page at a time. Large writes make large
   * folios in the page cache, and each small force then writes a whole folio: measured on Linux
   * 6.18, ext4, 2026, 154 to 280 µs a force against 18 µs. What is written to a new log first may
   * be forced at once.
   */
  private int blockBytes() {
    return forcedOften || (preparedEnd == 0 && expectedBytes == 0) ? PAGE_BYTES : CHUNK_BYTES_MAX;
  }

  /** Adds 0 to a word of each page, atomically: the writer may be there already. */
  private static void touch(MemorySegment mapping, long from, long end) {
    for (long at = from / PAGE_BYTES * PAGE_BYTES; at < end - 3; at += PAGE_BYTES) {
      var _ = (int) PAGE_WORD.getAndAdd(mapping, at, 0);
    }
  }

  /** Takes note that the segment was forced when it had this size. */
  void onForce(long sizeBytes) {
    forcedOften = sizeBytes - forcedBytes < BYTES_PER_FORCE_MIN;
    forcedBytes = sizeBytes;
  }

  /** Whether forces come often, by the last one. */
  boolean isForcedOften() {
    return forcedOften;
  }
}
