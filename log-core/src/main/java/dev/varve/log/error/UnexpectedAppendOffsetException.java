package dev.varve.log.error;

/** The batches of a leader begin below the end of the follower's log. Nothing was appended. */
public final class UnexpectedAppendOffsetException extends LogException {
  private static final long serialVersionUID = 1L;

  private final long firstOffset;
  private final long endOffset;

  /** Names the log and both offsets. */
  public UnexpectedAppendOffsetException(String log, long firstOffset, long endOffset) {
    super(log + ": found batches from offset " + firstOffset + ", expected at least " + endOffset);
    this.firstOffset = firstOffset;
    this.endOffset = endOffset;
  }

  /** The offset with which the batches begin. */
  public long firstOffset() {
    return firstOffset;
  }

  /** The end of the log, below which no batch may begin. */
  public long endOffset() {
    return endOffset;
  }
}
