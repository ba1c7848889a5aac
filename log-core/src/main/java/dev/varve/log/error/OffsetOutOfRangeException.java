package dev.varve.log.error;

/** An offset lies before the start of the log or past its end. */
public final class OffsetOutOfRangeException extends LogException {
  private static final long serialVersionUID = 1L;

  private final long offset;
  private final long startOffset;
  private final long endOffset;

  /** Names the offset asked for and the range {@code [startOffset, endOffset)} that the log has. */
  public OffsetOutOfRangeException(long offset, long startOffset, long endOffset) {
    super(
        "offset "
            + offset
            + " is outside the log, which has ["
            + startOffset
            + ", "
            + endOffset
            + ")");
    this.offset = offset;
    this.startOffset = startOffset;
    this.endOffset = endOffset;
  }

  /** The offset that was asked for. */
  public long offset() {
    return offset;
  }

  /** The first offset that the log has. */
  public long startOffset() {
    return startOffset;
  }

  /** The offset after the last that the log has. */
  public long endOffset() {
    return endOffset;
  }
}
