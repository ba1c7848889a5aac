package dev.varve.compaction;

import dev.varve.log.SegmentInfo;
import dev.varve.log.SegmentReader;
import dev.varve.log.SegmentRewriter;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordCursor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The first half of a pass: walks over what is dirty of a log and learns where each key is last, as
 * far as the map can hold the keys. Aborted data and control batches teach nothing.
 *
 * <p>Thread safety: for one thread.
 */
final class KeyLearning implements LatestOffsets, AutoCloseable {
  private final CompactionPlan plan;
  private final SegmentRewriter rewriter;
  private final KeyMap keys;
  private final MemorySegment window;
  private final CleanedTransactions transactions = new CleanedTransactions();
  private final RecordCursor cursor = new RecordCursor(RecordCursor.DECOMPRESSED_BYTES_MAX);
  private final BatchRecords records = new BatchRecords();
  private final Deque<SegmentInfo> left = new ArrayDeque<>();
  private @Nullable SegmentReader reader;
  private long endOffset;

  /**
   * Begins.
   *
   * @param keys was cleared for what the plan says is dirty
   * @param window to read segments through
   */
  KeyLearning(CompactionPlan plan, SegmentRewriter rewriter, KeyMap keys, MemorySegment window) {
    this.plan = plan;
    this.rewriter = rewriter;
    this.keys = keys;
    this.window = window;
    this.endOffset = plan.firstDirtyOffset();
    for (SegmentInfo segment : plan.log().segments()) {
      if (segment.endOffset() > plan.firstDirtyOffset()
          && segment.baseOffset() < plan.cleanableEndOffset()) {
        left.add(segment);
      }
    }
    rewriter
        .abortedTransactions(plan.firstDirtyOffset(), plan.cleanableEndOffset())
        .forEach(transactions::addAborted);
  }

  /** Whether all has been learnt that is dirty, or that the map can hold. */
  boolean isDone() {
    return left.isEmpty();
  }

  /** The segment that is being read; null when it is done. */
  @Nullable SegmentInfo current() {
    return left.peek();
  }

  /** The offset up to which keys were learnt, exclusive. */
  @Override
  public long endOffset() {
    return endOffset;
  }

  @Override
  public void lookAhead(BatchRecords batch) {
    keys.lookAhead(batch, false);
  }

  @Override
  public boolean isSuperseded(BatchRecords batch, int index) {
    return !keys.isLatest(batch, index);
  }

  /**
   * Learns on.
   *
   * @param bytesMax about how much to read at most
   * @return how many bytes were read
   * @throws LogChangedException if a segment is gone
   * @throws dev.varve.log.error.CorruptLogException if the {@link #current} one cannot be read
   * @throws dev.varve.log.record.InvalidBatchException if a batch of it cannot
   */
  long step(long bytesMax) {
    SegmentInfo segment = left.getFirst();
    if (plan.log().isSetAside(segment)) {
      transactions.passOver(segment.baseOffset(), segment.endOffset());
      endSegment(segment);
      return 0;
    }
    SegmentReader from = opened(segment);
    long before = from.readBytes();
    while (from.readBytes() - before < bytesMax) {
      if (!from.next()) {
        long read = from.readBytes() - before;
        endSegment(segment);
        return read;
      }
      if (!learn(from)) {
        long read = from.readBytes() - before;
        close();
        left.clear(); // what comes behind is for the next pass
        return read;
      }
    }
    return from.readBytes() - before;
  }

  private SegmentReader opened(SegmentInfo segment) {
    SegmentReader opened = reader;
    if (opened == null) {
      opened = Segments.open(rewriter, segment, window);
      reader = opened;
    }
    return opened;
  }

  private void endSegment(SegmentInfo segment) {
    close();
    left.remove();
    endOffset = Math.max(endOffset, segment.endOffset()); // beyond a gap
  }

  /** Returns false if the map takes no more. */
  private boolean learn(SegmentReader from) {
    RecordBatch batch = from.batch();
    if (batch.lastOffset() < plan.firstDirtyOffset()) {
      return true;
    }
    if (!batch.isControl() && !transactions.isAborted(batch)) {
      from.openIn(cursor);
      records.read(cursor);
      keys.lookAhead(records, true);
      for (int i = 0; i < records.count(); i++) {
        if (records.hasKey(i) && records.offset(i) >= plan.firstDirtyOffset()) {
          if (!keys.put(records, i)) {
            return false;
          }
          endOffset = records.offset(i) + 1;
        }
      }
    }
    endOffset = batch.nextOffset();
    return true;
  }

  /** Closes the file that is being read. */
  @Override
  public void close() {
    if (reader != null) {
      reader.close();
      reader = null;
    }
  }
}
