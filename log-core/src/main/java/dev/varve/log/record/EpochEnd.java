package dev.varve.log.record;

/**
 * Where a leader's epoch ended in a log, by which a follower finds out from where on its own log is
 * another one.
 *
 * @param epoch the greatest known epoch that is not above the one asked for, or the one asked for
 *     if all known are above it; -1 if the answer is not known
 * @param endOffset the end of its offsets; -1 if the answer is not known
 */
public record EpochEnd(int epoch, long endOffset) {
  /** The answer to a question about an epoch of which nothing is known: one above the latest. */
  public static final EpochEnd UNKNOWN = new EpochEnd(RecordBatch.NO_LEADER_EPOCH, -1);

  /** Whether anything is known. */
  public boolean isKnown() {
    return endOffset >= 0;
  }
}
