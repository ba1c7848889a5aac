package dev.varve.log.error;

import org.jspecify.annotations.Nullable;

/**
 * Bytes of the log are not what was written. The rest of the log stays readable; the damaged bytes
 * are left as they are.
 */
public final class CorruptLogException extends LogException {
  private static final long serialVersionUID = 1L;

  private final String file;
  private final long position;

  /**
   * Describes one damaged place.
   *
   * @param file the path of the file
   * @param position where in the file the damaged batch begins, in bytes
   * @param finding what was found and what was expected there
   */
  public CorruptLogException(
      String file, long position, String finding, @Nullable Throwable cause) {
    super(file + " at position " + position + ": " + finding, cause);
    this.file = file;
    this.position = position;
  }

  /** The path of the damaged file. */
  public String file() {
    return file;
  }

  /** Where in the file the damaged batch begins, in bytes. */
  public long position() {
    return position;
  }
}
