package dev.varve.compaction;

import dev.varve.compaction.CompactionProgress.Phase;
import dev.varve.log.CommitLog;
import dev.varve.log.SegmentInfo;
import dev.varve.log.SegmentReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One pass over a log, in steps: learns where each key of what is dirty is last, then goes over all
 * segments up to there and keeps what stays. Each group of segments is replaced as soon as it is
 * done, so that a pass which ends early has lost nothing but time.
 *
 * <pre>
 *   offsets        0 ............ firstDirty ........ learnt ...... cleanableEnd ... end
 *   learning                      ------------------>
 *   cleaning       --------------------------------->
 *   the next pass                                     firstDirty
 * </pre>
 *
 * <p>Thread safety: for one thread at a time.
 */
final class CompactionPass implements AutoCloseable {
  private final CommitLog log;
  private final CompactionPlan plan;
  private final Arena arena = Arena.ofShared();
  private final KeyMap keys;

  /** What segments are read through: one at a time. */
  private final MemorySegment window = arena.allocate(SegmentReader.WINDOW_BYTES);

  private final RecordsOfLog records;
  private final KeyLearning learning;
  private final CompactionEvent event = new CompactionEvent();
  private @Nullable GroupCleaning cleaning;
  private long readBytes;
  private boolean closed;

  /**
   * Begins.
   *
   * @param options say how much memory the keys may take
   */
  CompactionPass(CommitLog log, CompactionPlan plan, CompactorOptions options) {
    this.log = log;
    this.plan = plan;
    event.begin();
    boolean begun = false;
    try {
      long recordsMax = plan.cleanableEndOffset() - plan.firstDirtyOffset();
      this.records = RecordsOfLog.of(log);
      this.keys = KeyMap.sized(arena, options.keyMapBytes(), recordsMax, options.keyHash());
      keys.clear(plan.firstDirtyOffset(), recordsMax, records);
      this.learning = new KeyLearning(plan, log.rewriter(), keys, window);
      begun = true;
    } finally {
      if (!begun) {
        arena.close();
      }
    }
  }

  CompactionPlan plan() {
    return plan;
  }

  /** Whether there is nothing more to do but to {@link #finish}. */
  boolean isDone() {
    GroupCleaning begun = cleaning;
    return begun != null && begun.isDone();
  }

  /**
   * Goes on.
   *
   * @param bytesMax about how much to read at most
   * @return how many bytes were read and written
   */
  long step(long bytesMax) {
    if (!learning.isDone()) {
      long read = learning.step(bytesMax);
      readBytes += read;
      return read;
    }
    GroupCleaning begun = cleaning;
    if (begun == null) {
      records.close(); // its pin would look like that of a reader of an earlier state
      begun = new GroupCleaning(log, plan, learning, window);
      cleaning = begun;
      readBytes = 0;
      return 0;
    }
    if (begun.isDone()) {
      return 0;
    }
    long done = begun.step(bytesMax);
    readBytes = begun.stats().bytesRead();
    return done;
  }

  /** The segment that is being read; null between two. */
  @Nullable SegmentInfo current() {
    return cleaning == null ? learning.current() : cleaning.current();
  }

  CompactionProgress progress() {
    boolean learns = cleaning == null;
    long total = learns ? plan.cleanableBytes() : bytes(segmentsBelow(learning.endOffset()));
    return new CompactionProgress(
        plan.log().name(),
        learns ? Phase.LEARNING : Phase.CLEANING,
        Math.min(readBytes, total),
        total,
        keys.size());
  }

  private List<SegmentInfo> segmentsBelow(long endOffset) {
    return plan.groups(endOffset).stream().flatMap(group -> group.segments().stream()).toList();
  }

  private static long bytes(List<SegmentInfo> segments) {
    return segments.stream().mapToLong(SegmentInfo::sizeBytes).sum();
  }

  /**
   * Keeps, durably, how far the log was compacted.
   *
   * @param nowMillis the time
   * @param keptMax that it was compacted further is not kept: from there on something was not read
   */
  CompactionResult finish(long nowMillis, long keptMax) {
    GroupCleaning done = cleaning;
    if (done == null || !done.isDone()) {
      throw new IllegalStateException("found a pass that goes on, expected one that is done");
    }
    long end = learning.endOffset();
    log.rewriter().keepFirstDirtyOffset(Math.min(end, keptMax));
    CompactionResult result =
        new CompactionResult(
            plan.log().name(),
            plan.firstDirtyOffset(),
            end,
            end >= plan.cleanableEndOffset(),
            keys.size(),
            segmentsBelow(end).size(),
            plan.groups(end).size(),
            done.stats().bytesRead(),
            done.stats().bytesKept(),
            done.stats(),
            nowMillis - plan.log().nowMillis());
    event.end(result);
    return result;
  }

  /** Gives back what the pass holds; what it has not finished is given up. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    learning.close();
    records.close();
    if (cleaning != null) {
      cleaning.close();
    }
    arena.close();
  }
}
