package dev.varve.compaction;

import dev.varve.log.CommitLog;
import dev.varve.log.SegmentInfo;
import dev.varve.log.SegmentReader;
import dev.varve.log.SegmentRewrite;
import dev.varve.log.SegmentRewriter;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordCursor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The second half of a pass: walks over all segments up to where keys were learnt, and puts one in
 * the place of each group that has what stays of it.
 *
 * <p>Thread safety: for one thread.
 */
final class GroupCleaning implements AutoCloseable {
  private final CompactionPlan plan;
  private final SegmentRewriter rewriter;
  private final LatestOffsets latest;
  private final MemorySegment window;
  private final CleaningStats stats = new CleaningStats();
  private final BatchCleaner cleaner = new BatchCleaner(RecordCursor.DECOMPRESSED_BYTES_MAX, stats);
  private final CleanedTransactions transactions = new CleanedTransactions();
  private final Deque<SegmentGroup> left;

  /** What is left of the group that is being cleaned. */
  private final Deque<SegmentInfo> segments = new ArrayDeque<>();

  private @Nullable SegmentRewrite rewrite;
  private @Nullable SegmentReader reader;

  /** Whether a group of one segment has come out as it was, so far. */
  private boolean unchanged;

  private long passedTo;

  GroupCleaning(CommitLog log, CompactionPlan plan, LatestOffsets latest, MemorySegment window) {
    this.window = window;
    this.plan = plan;
    this.rewriter = log.rewriter();
    this.latest = latest;
    List<SegmentGroup> groups = plan.groups(latest.endOffset());
    this.left = new ArrayDeque<>(groups);
    this.passedTo = plan.log().segments().getFirst().baseOffset();
  }

  boolean isDone() {
    return left.isEmpty();
  }

  /** What was read and kept so far. */
  CleaningStats stats() {
    return stats;
  }

  /** The segment that is being read; null between two. */
  @Nullable SegmentInfo current() {
    return segments.peek();
  }

  /**
   * Cleans on.
   *
   * @param bytesMax about how much to read at most
   * @return how many bytes were read and written
   * @throws LogChangedException if a segment is gone
   * @throws dev.varve.log.error.CorruptLogException if the {@link #current} one cannot be read
   * @throws dev.varve.log.record.InvalidBatchException if a batch of it cannot
   * @throws dev.varve.log.error.DiskFullException if there is no room for what is left of a group
   */
  long step(long bytesMax) {
    SegmentRewrite into = begun();
    SegmentReader from = opened();
    long readBefore = from.readBytes();
    long keptBefore = stats.bytesKept();
    while (from.readBytes() - readBefore < bytesMax) {
      if (!from.next()) {
        long read = from.readBytes() - readBefore;
        endSegment(into);
        return read + stats.bytesKept() - keptBefore;
      }
      clean(from.loadWhole(), into);
    }
    return from.readBytes() - readBefore + stats.bytesKept() - keptBefore;
  }

  private SegmentRewrite begun() {
    SegmentRewrite begun = rewrite;
    if (begun != null) {
      return begun;
    }
    SegmentGroup group = left.getFirst();
    if (group.baseOffset() > passedTo) {
      transactions.passOver(passedTo, group.baseOffset()); // was set aside
    }
    begun =
        rewriter
            .rewrite(group.baseOffset(), group.endOffset())
            .orElseThrow(() ->
                new LogChangedException(
                    "no segments from offset " + group.baseOffset() + " to " + group.endOffset()));
    rewrite = begun;
    rewriter
        .abortedTransactions(group.baseOffset(), group.endOffset())
        .forEach(transactions::addAborted);
    segments.addAll(group.segments());
    unchanged = group.segments().size() == 1;
    transactions.keepIn(begun::keepAborted);
    cleaner.begin(
        new CleaningRound(
            latest,
            LastBatches.of(rewriter.producerEnds()),
            transactions,
            plan.log().offsets().highWatermark(),
            plan.log().nowMillis(),
            plan.config().deleteRetentionMillis()));
    return begun;
  }

  private SegmentReader opened() {
    SegmentReader opened = reader;
    if (opened == null) {
      opened = Segments.open(rewriter, segments.getFirst(), window);
      reader = opened;
    }
    return opened;
  }

  private void clean(RecordBatch batch, SegmentRewrite into) {
    switch (cleaner.clean(batch)) {
      case NOTHING -> unchanged = false;
      case AS_IS -> into.append(batch);
      case REWRITTEN, EMPTY -> {
        unchanged = false;
        into.append(cleaner.encoded().batch());
      }
    }
  }

  private void endSegment(SegmentRewrite into) {
    closeReader();
    segments.remove();
    if (segments.isEmpty()) {
      SegmentGroup group = left.getFirst();
      if (!unchanged && !into.commit()) {
        throw new LogChangedException(
            "the segments from offset " + group.baseOffset() + " on are not what they were");
      }
      into.close();
      rewrite = null;
      passedTo = group.endOffset();
      left.remove();
    }
  }

  private void closeReader() {
    if (reader != null) {
      reader.close();
      reader = null;
    }
  }

  /** Gives up the group that is not finished. */
  @Override
  public void close() {
    closeReader();
    if (rewrite != null) {
      rewrite.close();
      rewrite = null;
    }
    segments.clear();
  }
}
