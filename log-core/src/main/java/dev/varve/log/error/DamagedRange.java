package dev.varve.log.error;

import java.io.Serializable;

/**
 * A stretch of one log file that does not hold what was written, from the first byte that cannot be
 * believed to the next sound batch, or to the end of the segment if none can be found.
 *
 * <p>The header of a damaged batch may be damaged too, so the offsets are told by what is sound
 * around it: they are those that the stretch may have held.
 *
 * @param file the path of the file
 * @param position where the stretch begins, in bytes from the start of the file
 * @param endPosition the position after it, where reading can go on
 * @param firstOffset the lowest offset that it may have held
 * @param endOffset the offset after the highest that it may have held
 * @param finding what was found at its beginning, and what was expected there
 */
public record DamagedRange(
    String file, long position, long endPosition, long firstOffset, long endOffset, String finding)
    implements Serializable {

  /** How many bytes are damaged, in words, with their offsets. */
  public String extent() {
    String bytes = endPosition - position + " bytes";
    return firstOffset < endOffset
        ? bytes + " with offsets " + firstOffset + " to " + (endOffset - 1) + " are damaged"
        : bytes + " are damaged";
  }

  /** The range in one line: path, position, what was found and expected, bytes and offsets. */
  @Override
  public String toString() {
    return file + " at position " + position + ": " + finding + "; " + extent();
  }
}
