package dev.varve.compaction;

import dev.varve.log.record.Record;

/** What a pass has learnt of keys: where each of them is last. For one thread. */
interface LatestOffsets {

  /** The offset up to which keys were learnt, exclusive. Whatever lies behind it stays. */
  long endOffset();

  /**
   * Whether a later record has the same key.
   *
   * @param record has a key, and lies below {@link #endOffset()}
   */
  boolean isSuperseded(Record record);
}
