package dev.varve.log.record;

import java.io.Serial;

/** A record that does not fit into the batch being built. The batch is as it was before. */
public final class RecordTooLargeException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1L;

  private final long sizeBytes;
  private final int sizeBytesMax;

  RecordTooLargeException(long sizeBytes, int sizeBytesMax) {
    super("found a batch of " + sizeBytes + " bytes, expected at most " + sizeBytesMax);
    this.sizeBytes = sizeBytes;
    this.sizeBytesMax = sizeBytesMax;
  }

  /** Returns how many bytes the batch would have had. */
  public long sizeBytes() {
    return sizeBytes;
  }

  /** Returns how many bytes it may have. */
  public int sizeBytesMax() {
    return sizeBytesMax;
  }
}
