package dev.varve.log;

import dev.varve.index.AbortedTransaction;
import dev.varve.index.TransactionIndex;
import dev.varve.log.error.LogIOException;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.segment.CleanedSegment;
import dev.varve.log.segment.LogCheckpoint.Replacement;
import dev.varve.log.segment.SealedSegment;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.storage.DiskFull;
import dev.varve.log.storage.Storage;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.LongHashSet;

/**
 * Writes what takes the place of some neighbouring sealed segments: any of their batches, or
 * batches made of them, with the offsets that they have. All or nothing becomes of it, across a
 * crash too.
 *
 * {@snippet :
 * try (SegmentRewrite rewrite = log.rewriter().rewrite(baseOffset, endOffset)) {
 *   rewrite.append(batch);
 *   rewrite.commit();
 * }
 * }
 *
 * <p>One segment comes of it, with the base of the first that goes, or more where positions,
 * offsets or indexes would not fit into one. It may be empty.
 *
 * <p>Thread safety: for one thread.
 */
public final class SegmentRewrite implements AutoCloseable {
  private final Storage storage;
  private final LogOptions options;
  private final LogKeeper keeper;
  private final List<SealedSegment> old;
  private final long endOffset;

  /** Whether all transactions stay in the index: a reader of an earlier state may ask for them. */
  private final boolean holdsAll;

  /** What the transaction indexes will have. */
  private final List<AbortedTransaction> aborted;

  /** The offsets of the control batches that stay. */
  private final LongHashSet markers = new LongHashSet();

  private final List<CleanedSegment> written = new ArrayList<>();
  private CleanedSegment current;
  private long nextOffset;

  /** Whether the files are the log's by now, or may be. */
  private boolean handedOver;

  private SegmentRewrite(
      Storage storage,
      LogOptions options,
      LogKeeper keeper,
      List<SealedSegment> old,
      List<AbortedTransaction> held)
      throws IOException {
    this.storage = storage;
    this.options = options;
    this.keeper = keeper;
    this.old = List.copyOf(old);
    this.holdsAll = !held.isEmpty();
    this.aborted = held;
    this.nextOffset = old.getFirst().baseOffset();
    this.endOffset = old.getLast().endOffset();
    this.current = begin(nextOffset);
  }

  /**
   * Begins.
   *
   * @param old what is to go
   */
  static SegmentRewrite of(
      Storage storage, LogOptions options, LogKeeper keeper, List<SealedSegment> old)
      throws IOException {
    List<AbortedTransaction> held = new ArrayList<>();
    keeper.hold(); // so that no memory is being looked at whether it can be closed
    boolean pinned;
    try {
      pinned = keeper.retiredPins() > 0;
    } finally {
      keeper.release();
    }
    if (pinned) {
      old.forEach(segment -> addAll(segment.transactionIndex(), held));
    }
    return new SegmentRewrite(storage, options, keeper, old, held);
  }

  private static void addAll(TransactionIndex index, List<AbortedTransaction> held) {
    for (int slot = 0; slot < index.entryCount(); slot++) {
      held.add(index.transaction(slot));
    }
  }

  private CleanedSegment begin(long baseOffset) throws IOException {
    CleanedSegment begun = keeper.replacement().begin(baseOffset);
    written.add(begun);
    return begun;
  }

  /**
   * Appends a batch as it is, in the order of offsets. It is copied; its memory must not be a
   * mapped file's.
   *
   * @throws IllegalArgumentException if its offsets do not follow, or lie outside of the segments
   * @throws dev.varve.log.error.DiskFullException if there is no room
   * @throws LogIOException if it cannot be written
   */
  public void append(RecordBatch batch) {
    if (batch.baseOffset() < nextOffset || batch.lastOffset() >= endOffset) {
      throw new IllegalArgumentException(
          "batch with offsets "
              + batch.baseOffset()
              + " to "
              + batch.lastOffset()
              + ", expected some from "
              + nextOffset
              + " to "
              + (endOffset - 1));
    }
    try {
      if (!current.hasRoomFor(batch)) {
        current = begin(batch.baseOffset());
      }
      current.append(batch);
      if (batch.isControl()) {
        markers.add(batch.lastOffset());
      }
      nextOffset = batch.nextOffset();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /**
   * Keeps, in the transaction index, a transaction that was aborted; in the order of markers.
   *
   * @param producerId whose transaction it is
   * @param firstOffset the base offset of its first batch
   * @param lastOffset the offset of its marker
   * @param lastStableOffset as the index has it
   */
  public void keepAborted(
      long producerId, long firstOffset, long lastOffset, long lastStableOffset) {
    if (!holdsAll) {
      aborted.add(new AbortedTransaction(producerId, firstOffset, lastOffset, lastStableOffset));
    }
  }

  /** The bytes of the batches so far. */
  public long bytes() {
    return written.stream().mapToLong(CleanedSegment::sizeBytes).sum();
  }

  /**
   * Puts what was written in the place of the segments, durably.
   *
   * @return false if the log no longer has all of them: its start has moved, or it was truncated
   * @throws dev.varve.log.error.LogClosedException if the log was closed
   * @throws dev.varve.log.error.DiskFullException if there is no room; nothing has changed then
   * @throws LogIOException if it cannot be committed; nothing has changed then
   * @throws dev.varve.log.error.LogFailedException if it fails half way: the log stops, and whoever
   *     opens it finishes it
   */
  public boolean commit() {
    keeper.replacement().checkOpen();
    for (AbortedTransaction transaction : aborted) {
      // Without its marker, a consumer of Kafka would never end it.
      if (markers.contains(transaction.lastOffset())) {
        holding(transaction.lastOffset()).append(transaction);
      }
    }
    try {
      String last = SegmentFile.name(old.getLast().baseOffset(), Kind.LOG);
      long modifiedMillis = storage.lastModifiedMillis(last);
      List<Replacement> sizes = new ArrayList<>();
      for (CleanedSegment segment : written) {
        sizes.add(segment.complete(modifiedMillis));
      }
      keeper.hold();
      try {
        return handOver(sizes);
      } finally {
        keeper.release();
      }
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** If the log stops in the midst of it, whoever opens it next finds in the files what to do. */
  private boolean handOver(List<Replacement> sizes) throws IOException {
    handedOver = true;
    try {
      handedOver = keeper.replacement().replace(old, written, sizes, endOffset);
    } catch (IOException e) {
      handedOver = false;
      throw e;
    }
    return handedOver;
  }

  private CleanedSegment holding(long offset) {
    CleanedSegment holding = written.getFirst();
    for (CleanedSegment segment : written) {
      holding = segment.baseOffset() <= offset ? segment : holding;
    }
    return holding;
  }

  private RuntimeException failed(IOException e) {
    return DiskFull.exception(
        storage.directory()
            + ": segments from offset "
            + old.getFirst().baseOffset()
            + " on could not be rewritten",
        e);
  }

  /** Gives up what was written, unless it was committed. Doing it twice is harmless. */
  @Override
  public void close() {
    for (CleanedSegment segment : written) {
      try {
        keeper.replacement().end(segment, handedOver);
      } catch (IOException e) {
        options.listener().maintenanceFailed("rewrite", e); // an open removes what is left
      }
    }
    written.clear();
  }
}
