package dev.varve.log;

import dev.varve.log.error.LogClosedException;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordCursor;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentView;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whole batches of one segment, read in place, valid until {@link #close}: the memory is the log
 * itself, and must not be changed. While it is open the segment is not unmapped and its files are
 * not deleted, so close it soon.
 *
 * {@snippet :
 * try (PinnedBatches batches = log.read(offset, 1 << 20)) {
 *   RecordCursor cursor = new RecordCursor();
 *   while (batches.next()) {
 *     batches.openIn(cursor); // copies, and checks the checksum
 *     while (cursor.next()) {
 *       use(cursor.record());
 *     }
 *   }
 * }
 * }
 *
 * <p>The first batch contains the offset that was asked for, and so may begin before it.
 *
 * <p>Thread safety: for one thread.
 */
public final class PinnedBatches implements AutoCloseable {
  /** Stands for a first batch, which the look-up has checked. */
  private static final long UNKNOWN = -1;

  private final ReadPath readPath;
  private final Storage storage;
  private final SegmentView view;
  private final long endPosition;
  private final List<AbortedTransaction> aborted;
  private final RecordBatch batch = new RecordBatch();
  private long nextPosition;

  /** Where the next batch begins, if there is no gap before it. */
  private long expectedOffset = UNKNOWN;

  private long sentPosition;
  private @Nullable StorageFile source;
  private boolean closed;

  PinnedBatches(
      ReadPath readPath,
      Storage storage,
      SegmentView view,
      long position,
      long endPosition,
      List<AbortedTransaction> aborted) {
    this.readPath = readPath;
    this.storage = storage;
    this.view = view;
    this.nextPosition = position;
    this.sentPosition = position;
    this.endPosition = endPosition;
    this.aborted = aborted;
  }

  static PinnedBatches read(
      ReadPath readPath, Storage storage, long offset, int bytesMax, Visibility visibility) {
    SegmentView view = readPath.viewAt(offset);
    boolean done = false;
    try {
      long position = view.positionOf(offset);
      while (position >= view.endPosition()) {
        SegmentView following = readPath.viewAfter(view.segment());
        if (following == null) {
          break;
        }
        if (view.refresh()) {
          following.release(); // appended between the two looks, before the roll
        } else {
          view.release();
          view = following;
        }
        position = view.positionOf(offset);
      }
      long limit = view.limit(position, Math.max(1, bytesMax));
      long visibleEnd = readPath.visibleEnd(view, visibility);
      long visiblePosition = view.endPosition();
      if (visibleEnd < view.segment().endOffset()) {
        visiblePosition = Math.max(position, view.positionOf(visibleEnd));
        limit = Math.min(limit, visiblePosition);
      }
      List<AbortedTransaction> aborted =
          visibility == Visibility.COMMITTED
              ? aborted(
                  readPath, offset, upperBound(view, position, bytesMax, limit, visiblePosition))
              : List.of();
      done = true;
      return new PinnedBatches(readPath, storage, view, position, limit, aborted);
    } catch (InternalError e) {
      throw readPath.lostMemory(e);
    } finally {
      if (!done) {
        view.release();
      }
    }
  }

  /**
   * The end of a range in which all batches lie: as coarse as Kafka has it, from the index. It may
   * lie behind the last stable offset; whoever skips by the list does not come so far.
   */
  private static long upperBound(
      SegmentView view, long position, int bytesMax, long limit, long visiblePosition) {
    long asked = Math.min(position + bytesMax, visiblePosition); // where a batch may be cut in two
    return view.offsetAtOrBehind(Math.max(limit, asked));
  }

  private static List<AbortedTransaction> aborted(ReadPath readPath, long from, long to) {
    if (from >= to) {
      return List.of();
    }
    List<AbortedTransaction> found = new ArrayList<>();
    readPath.visitAborted(
        from,
        to,
        (producerId, firstOffset, lastOffset, lastStableOffset) ->
            found.add(new AbortedTransaction(producerId, firstOffset)));
    found.sort(Comparator.comparingLong(AbortedTransaction::firstOffset));
    return found;
  }

  /**
   * The aborted transactions whose batches may be among these, for whoever sends them on to a
   * reader of committed records: what a broker of Kafka adds to a fetch. Such a reader, as it comes
   * to a batch, adds the producers of all transactions that begin at or below the batch's last
   * offset to a set, takes a producer out at its ABORT marker, and leaves out transactional data of
   * producers in the set.
   *
   * @return by first offset; empty if these were not read with {@link Visibility#COMMITTED}
   */
  public List<AbortedTransaction> abortedTransactions() {
    return aborted;
  }

  /**
   * Moves to the next batch.
   *
   * @return false after the last
   * @throws dev.varve.log.error.CorruptLogException if what follows is not a batch, or has an
   *     offset that does not fit
   */
  public boolean next() {
    checkOpen();
    try {
      if (nextPosition >= endPosition || !view.hasBatchAt(nextPosition, batch)) {
        return false;
      }
      if (expectedOffset != UNKNOWN) {
        // Base offsets lie outside of checksums, so each is held against those around it.
        view.checkOrder(batch, expectedOffset);
      }
      nextPosition += batch.sizeBytes();
      expectedOffset = batch.nextOffset();
      return true;
    } catch (InternalError e) {
      throw readPath.lostMemory(e);
    }
  }

  /** The batch that {@link #next} moved to: one view, always the same, moved along. */
  public RecordBatch batch() {
    return batch;
  }

  /**
   * Opens the batch that {@link #next} moved to in a cursor, which copies it. To be preferred to
   * reading {@link #batch} itself, whose memory may be lost: here the log then stops, with the
   * cause.
   *
   * @throws dev.varve.log.record.InvalidBatchException if the batch is damaged
   * @throws dev.varve.log.error.LogFailedException if the file was cut by somebody else
   */
  public void openIn(RecordCursor cursor) {
    checkOpen();
    try {
      cursor.open(batch);
    } catch (InternalError e) {
      throw readPath.lostMemory(e);
    }
  }

  /** How many bytes are left for {@link #transferTo}; the size of all batches at first. */
  public long remainingBytes() {
    return endPosition - sentPosition;
  }

  /**
   * Sends batches as they are stored, from the first on or from where the last call stopped,
   * without copying them through the process where the system can. Independent of {@link #next}.
   *
   * @return how many bytes were sent: all of {@link #remainingBytes}, or fewer if the channel takes
   *     no more now
   * @throws java.nio.channels.ClosedByInterruptException if the thread is or was interrupted: the
   *     channel may then be closed, and these batches can be sent to another
   * @throws IOException if the channel fails
   * @throws dev.varve.log.error.LogFailedException if the file was cut by somebody else
   */
  public long transferTo(WritableByteChannel target) throws IOException {
    checkOpen();
    long before = sentPosition;
    while (sentPosition < endPosition) {
      long sent = transfer(target);
      if (sent == 0) {
        break;
      }
      sentPosition += sent;
    }
    return sentPosition - before;
  }

  private long transfer(WritableByteChannel target) throws IOException {
    try {
      StorageFile file = source;
      if (file == null) {
        file = storage.open(fileName());
        source = file;
      }
      if (view.isCut()) {
        return writeFromMemory(target); // the name may be another segment's now
      }
      long sent = file.transferTo(sentPosition, remainingBytes(), target);
      if (sent == 0) {
        checkNotCut(file);
      }
      return sent;
    } catch (NoSuchFileException e) {
      return writeFromMemory(target); // deleted meanwhile; the pin keeps the memory
    }
  }

  /** Tells a file that somebody else has cut from a channel that takes no more. */
  private void checkNotCut(StorageFile file) throws IOException {
    long size = file.size();
    if (size < endPosition) {
      throw readPath.lostBytes(
          new EOFException(
              view.segment().path() + " ends at " + size + ", expected at least " + endPosition));
    }
  }

  private long writeFromMemory(WritableByteChannel target) throws IOException {
    long bytes = Math.min(remainingBytes(), 1 << 20);
    ByteBuffer slice = view.log().asSlice(sentPosition, bytes).asReadOnly().asByteBuffer();
    try {
      return target.write(slice);
    } catch (InternalError e) {
      throw readPath.lostMemory(e);
    }
  }

  private String fileName() {
    return SegmentFile.name(view.segment().baseOffset(), SegmentFile.Kind.LOG);
  }

  private void checkOpen() {
    if (closed) {
      throw new LogClosedException("these batches of " + view.segment().path() + " were closed");
    }
  }

  /** Gives the memory back. Doing it twice is harmless. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    view.release();
    try {
      if (source != null) {
        source.close();
      }
    } catch (IOException e) {
      // nothing was written through it
    }
  }
}
