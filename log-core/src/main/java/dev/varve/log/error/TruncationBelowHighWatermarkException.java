package dev.varve.log.error;

/** A truncation would take back what lies below the high watermark. The log was not changed. */
public final class TruncationBelowHighWatermarkException extends LogException {
  private static final long serialVersionUID = 1L;

  private final long offset;
  private final long highWatermark;

  /**
   * Names the log, the offset that was asked for, the one to which the log would have been cut as
   * no batch lies across it, and the high watermark.
   */
  public TruncationBelowHighWatermarkException(
      String log, long offset, long endOffset, long highWatermark) {
    super(
        log
            + ": found a truncation to offset "
            + offset
            + (endOffset == offset ? "" : ", and so to " + endOffset + ", where its batch begins")
            + "; expected at least "
            + highWatermark
            + ", the high watermark");
    this.offset = offset;
    this.highWatermark = highWatermark;
  }

  /** The offset that was asked for. */
  public long offset() {
    return offset;
  }

  /** The high watermark, the lowest offset that a log can be truncated to. */
  public long highWatermark() {
    return highWatermark;
  }
}
