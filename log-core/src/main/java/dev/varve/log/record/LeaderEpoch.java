package dev.varve.log.record;

/**
 * A leader of a log and where it began.
 *
 * @param epoch of the leader, 0 or more
 * @param startOffset the base offset of its first batch, or the log's end when it took over
 */
public record LeaderEpoch(int epoch, long startOffset) {
  /** Refuses what cannot be. */
  public LeaderEpoch {
    if (epoch < 0 || startOffset < 0) {
      throw new IllegalArgumentException(
          "epoch " + epoch + " from offset " + startOffset + ", expected both 0 or more");
    }
  }
}
