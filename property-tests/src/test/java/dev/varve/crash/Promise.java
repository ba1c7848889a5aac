package dev.varve.crash;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a log has told its user so far, and so has to keep whatever happens. The user's view alone:
 * nothing in here is asked from the log again.
 *
 * <p>Offsets that were written but not durable may be given out again after a power loss, to other
 * batches, so each batch has a number of its own that its records carry.
 */
final class Promise {
  private final List<Batch> batches = new ArrayList<>();
  private final NavigableMap<Long, String> seen = new TreeMap<>();
  private final Set<Integer> lost = new HashSet<>();
  private final Set<Long> startsAsked = new HashSet<>();
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
   * @param sequence of its first record, if it was appended in the name of a producer; else -1
   */
  record Batch(int id, long baseOffset, int records, int valueBytes, long timestamp, int sequence) {
    long endOffset() {
      return baseOffset + records;
    }
  }

  int nextBatchId() {
    return batches.size();
  }

  /** An append is about to be made; if it does not return, the batch may be there or not. */
  void appending(Batch batch) {
    batches.add(batch);
  }

  /** The batch was refused: nobody may see it. */
  void refused() {
    batches.removeLast();
  }

  /** The log has said that it stopped, and opened again with less than was written: no more. */
  void reopened(long end) {
    for (Batch batch : batches) {
      if (batch.endOffset() > end) {
        lost.add(batch.id());
      }
    }
    endOffset = end;
  }

  /** Whether a batch may be gone, because the log has said so. */
  boolean isLost(Batch batch) {
    return lost.contains(batch.id());
  }

  void appended() {
    endOffset = batches.getLast().endOffset();
  }

  void durable(long end) {
    durableEnd = Math.max(durableEnd, end);
  }

  void trimming(long offset) {
    startsAsked.add(offset);
    startOffsetAsked = Math.max(startOffsetAsked, offset);
  }

  void trimmed(long offset) {
    startOffset = Math.max(startOffset, offset);
  }

  /**
   * A reader that is shown only what is durable has seen a record; its offset can never name
   * another one.
   *
   * @return the key of the record that was seen there first
   */
  String saw(long offset, String key) {
    String first = seen.putIfAbsent(offset, key);
    return first == null ? key : first;
  }

  NavigableMap<Long, String> seen() {
    return seen;
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

  /** Whether the log may begin here: where it was last moved to, or was about to be. */
  boolean mayStartAt(long offset) {
    return offset == startOffset || (offset > startOffset && startsAsked.contains(offset));
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
        + "), seen "
        + seen
        + ", batches "
        + batches;
  }
}
