package dev.varve.crash;

import java.util.ArrayList;
import java.util.List;

/**
 * What a log has told its user so far, and so has to keep whatever happens. The user's view alone:
 * nothing in here is asked from the log again.
 *
 * <p>Offsets that were written but not durable may be given out again after a power loss, to other
 * batches, so each batch has a number of its own that its records carry.
 */
final class Promise {
  private final List<Batch> batches = new ArrayList<>();
  private long durableEnd;
  private long startOffset;
  private long startOffsetAsked;
  private long endOffset;

  /**
   * A batch that was handed to the log.
   *
   * @param id tells its records from those of all others
   * @param baseOffset the offset it was given
   * @param valueBytes the size of each record's value
   */
  record Batch(int id, long baseOffset, int records, int valueBytes) {
    long endOffset() {
      return baseOffset + records;
    }
  }

  int nextBatchId() {
    return batches.size();
  }

  /** An append is about to be made; if it does not return, the batch may be there or not. */
  void appending(int id, long baseOffset, int records, int valueBytes) {
    batches.add(new Batch(id, baseOffset, records, valueBytes));
  }

  void appended() {
    endOffset = batches.getLast().endOffset();
  }

  void durable(long end) {
    durableEnd = Math.max(durableEnd, end);
  }

  void trimming(long offset) {
    startOffsetAsked = Math.max(startOffsetAsked, offset);
  }

  void trimmed(long offset) {
    startOffset = Math.max(startOffset, offset);
  }

  List<Batch> batches() {
    return batches;
  }

  long durableEnd() {
    return durableEnd;
  }

  long startOffset() {
    return startOffset;
  }

  long startOffsetAsked() {
    return startOffsetAsked;
  }

  long endOffset() {
    return endOffset;
  }

  @Override
  public String toString() {
    return "durable below "
        + durableEnd
        + ", start "
        + startOffset
        + " (asked for "
        + startOffsetAsked
        + "), batches "
        + batches;
  }
}
