package dev.varve.compaction;

/** What a pass has learnt of keys: where each of them is last. For one thread. */
interface LatestOffsets {

  /** The offset up to which keys were learnt, exclusive. Whatever lies behind it stays. */
  long endOffset();

  /** Says that the records of a batch will be asked about next, which then takes less time. */
  default void lookAhead(BatchRecords records) {}

  /**
   * Whether a later record has the same key.
   *
   * @param records those that were looked ahead to last
   * @param index of one that has a key, and lies below {@link #endOffset()}
   */
  boolean isSuperseded(BatchRecords records, int index);
}
