package dev.varve.log.error;

/**
 * What somebody has read, or waits for, was cut off the end of the log: a new leader does not have
 * it. Its offsets may be given to other records.
 */
public final class LogTruncatedException extends LogException {
  private static final long serialVersionUID = 1L;

  private final long offset;
  private final long truncatedTo;

  /** Names the offset up to which was read or waited, and that to which the log was cut. */
  public LogTruncatedException(String log, long offset, long truncatedTo) {
    super(log + " was truncated to offset " + truncatedTo + ", found " + offset + " beyond it");
    this.offset = offset;
    this.truncatedTo = truncatedTo;
  }

  /** The offset up to which was read or waited. */
  public long offset() {
    return offset;
  }

  /** Where the log ended when it was cut: what lies below is as it was. */
  public long truncatedTo() {
    return truncatedTo;
  }
}
