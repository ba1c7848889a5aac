package dev.varve.crash;

import dev.varve.log.record.LeaderEpoch;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
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
  private final Set<Integer> cut = new HashSet<>();
  private final Set<Long> startsAsked = new HashSet<>();
  private final Set<Long> gaps = new HashSet<>();
  private final Set<LeaderEpoch> epochsAsked = new HashSet<>();
  private final Set<LeaderEpoch> epochsOfBatches = new HashSet<>();
  private final Set<LeaderEpoch> epochs = new HashSet<>();
  private final boolean replicated;

  /** The end to which the log is about to be truncated, or {@link #NONE}. */
  private long truncationAsked = NONE;

  private long durableEnd;
  private long startOffset;
  private long startOffsetAsked;
  private long endOffset;

  /** No offset. */
  static final long NONE = -1;

  Promise(boolean replicated) {
    this.replicated = replicated;
  }

  /** A leader does not have these offsets, so that its follower may lack them too. */
  void gap(long from, long to) {
    for (long offset = from; offset < to; offset++) {
      gaps.add(offset);
    }
  }

  /** The first offset at or above this one that is not in a gap, at most a limit. */
  long behindGap(long offset, long limit) {
    long behind = offset;
    while (behind < limit && gaps.contains(behind)) {
      behind++;
    }
    return behind;
  }

  /** The log goes on at an offset without having been appended to. */
  void wentOnTo(long offset) {
    endOffset = offset;
  }

  /** Whether the log is one of several replicas. */
  boolean isReplicated() {
    return replicated;
  }

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

  /** The log is about to be truncated; if that does not return, it may be or not. */
  void truncating(long end) {
    truncationAsked = end;
  }

  /** The log has refused to be truncated, and is as it was. */
  void truncationRefused() {
    truncationAsked = NONE;
  }

  /** The log was truncated: nobody may see again what was cut, and what is left is durable. */
  void truncated(long end) {
    for (Batch batch : batches) {
      if (batch.endOffset() > end) {
        cut.add(batch.id());
      }
    }
    seen.tailMap(end, true).clear();
    epochs.removeIf(epoch -> epoch.startOffset() >= end);
    epochsAsked.removeIf(epoch -> epoch.startOffset() >= end);
    durableEnd = end;
    endOffset = end;
    truncationAsked = NONE;
  }

  /** The log went on at an offset, with nothing of what it had. */
  void startedAnew(long offset) {
    truncated(0);
    for (Batch batch : batches) {
      cut.add(batch.id());
    }
    trimming(offset);
    trimmed(offset);
    durableEnd = offset;
    endOffset = offset;
  }

  /** The end to which the log may be truncated or not, or {@link #NONE}. */
  long truncationAsked() {
    return truncationAsked;
  }

  /** Whether a batch was taken back. */
  boolean isCut(Batch batch) {
    return cut.contains(batch.id());
  }

  /** The last batch at or below an offset that is still in the log. */
  Optional<Batch> batchAt(long offset) {
    return batches.stream()
        .filter(batch ->
            batch.baseOffset() <= offset
                && offset < batch.endOffset()
                && !isCut(batch)
                && !isLost(batch))
        .findFirst();
  }

  /** An epoch is about to begin. */
  void beginning(LeaderEpoch epoch) {
    epochsAsked.add(epoch);
  }

  /** An epoch has begun, durably. */
  void begun(LeaderEpoch epoch) {
    epochs.removeIf(earlier -> earlier.startOffset() >= epoch.startOffset());
    epochs.add(epoch);
  }

  /** An epoch has begun with a batch of its leader, and is as durable as that. */
  void followed(LeaderEpoch epoch) {
    begun(epoch);
    epochsOfBatches.add(epoch);
  }

  /** Whether an epoch has begun with a batch. */
  boolean isOfBatch(LeaderEpoch epoch) {
    return epochsOfBatches.contains(epoch);
  }

  /** The epochs that have begun. */
  Set<LeaderEpoch> epochs() {
    return epochs;
  }

  /** Whether an epoch may be one of the log's. */
  boolean mayHave(LeaderEpoch epoch) {
    return epochsAsked.contains(epoch) || epoch.epoch() == 0;
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
    return behindGap(startOffset, offset) == offset
        || (offset > startOffset && startsAsked.contains(offset));
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
        + batches
        + (cut.isEmpty() ? "" : ", cut " + cut)
        + (truncationAsked == NONE ? "" : ", truncation to " + truncationAsked + " asked for")
        + (epochsAsked.isEmpty() ? "" : ", epochs " + epochs + " of " + epochsAsked);
  }
}
