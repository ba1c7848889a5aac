package dev.varve.log.producer;

/**
 * The batches before a producer's last one that it may still repeat: with the last one they are
 * five, as many as a Kafka producer has under way at a time.
 *
 * <p>A ring that is written over, so that following a producer makes no garbage.
 */
final class EarlierBatches {
  private static final int COUNT_MAX = 4;

  private final int[] lastSequences = new int[COUNT_MAX];
  private final int[] offsetDeltas = new int[COUNT_MAX];
  private final long[] lastOffsets = new long[COUNT_MAX];
  private int count;
  private int next;

  void add(int lastSequence, long lastOffset, int offsetDelta) {
    lastSequences[next] = lastSequence;
    lastOffsets[next] = lastOffset;
    offsetDeltas[next] = offsetDelta;
    next = (next + 1) % COUNT_MAX;
    count = Math.min(count + 1, COUNT_MAX);
  }

  void clear() {
    count = 0;
    next = 0;
  }

  /**
   * The base offset of the batch with these sequences; -1 if it is none of them.
   *
   * @param offsetDelta the number of its sequences, less one
   */
  long baseOffsetOf(int lastSequence, int offsetDelta) {
    for (int i = 0; i < count; i++) {
      if (lastSequences[i] == lastSequence && offsetDeltas[i] == offsetDelta) {
        return lastOffsets[i] - offsetDelta;
      }
    }
    return ProducerEntry.NONE;
  }
}
