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
  HIGH_WATERMARK
}
