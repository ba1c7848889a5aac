package dev.varve.log.error;

import org.jspecify.annotations.Nullable;

/**
 * Bytes of the log are not what was written. The rest of the log stays readable; the damaged bytes
 * are left as they are.
 */
public final class CorruptLogException extends LogException {
  private static final long serialVersionUID = 1L;

  private final DamagedRange range;

  /** Describes one damaged stretch. */
  public CorruptLogException(DamagedRange range, @Nullable Throwable cause) {
    super(range.toString(), cause);
    this.range = range;
  }

  /** What is damaged: the file, its bytes and the offsets they held. */
  public DamagedRange range() {
    return range;
  }

  /** The path of the damaged file. */
  public String file() {
    return range.file();
  }

  /** Where in the file the damage begins, in bytes. */
  public long position() {
    return range.position();
  }

  /** The lowest offset that the damaged bytes may have held. */
  public long firstOffset() {
    return range.firstOffset();
  }

  /** The offset after the highest that the damaged bytes may have held. */
  public long endOffset() {
    return range.endOffset();
  }
}
