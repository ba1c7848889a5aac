package dev.varve.log.record;

/**
 * How a transaction's end relates to its producer's epoch: two versions of Kafka's protocol. The
 * bytes of a marker do not tell them apart.
 */
public enum TransactionVersion {
  /** The marker carries the epoch of the data, and the producer keeps it. */
  TV1,
  /**
   * The marker carries a higher epoch than the data, usually the next, and the producer goes on
   * with it: what it had under way under the old one is fenced.
   */
  TV2
}
