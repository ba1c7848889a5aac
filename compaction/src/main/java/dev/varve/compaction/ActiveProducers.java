package dev.varve.compaction;

import dev.varve.log.record.RecordBatch;

/**
 * What a log knows of its producers. The last batch of each stays, if only as an empty one: by its
 * sequence the producer's next append is judged when the state is made from the log again.
 */
@FunctionalInterface
interface ActiveProducers {

  /** Those of a log without producers. */
  ActiveProducers NONE = batch -> false;

  /**
   * Whether a batch is the last one of its producer, data before markers.
   *
   * @param batch names a producer
   */
  boolean isLast(RecordBatch batch);
}
