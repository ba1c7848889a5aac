package dev.varve.log;

/** How far a reader may see. */
public enum Visibility {
  /** Everything that was appended: it survives the death of the process. */
  WRITTEN,
  /** Only what was forced: nothing that was seen can vanish in a power loss. */
  DURABLE,
  /**
   * Only what lies below the high watermark, which all replicas have that count: nothing that was
   * seen is ever truncated. Of a log that is not replicated, all of it.
   */
  HIGH_WATERMARK,
  /**
   * Only what is decided, below the high watermark: records without a transaction, and those of
   * transactions that were committed. Ends where the earliest open transaction begins, and passes
   * over what was aborted.
   */
  COMMITTED
}
