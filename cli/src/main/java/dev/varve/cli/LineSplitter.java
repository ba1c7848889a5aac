package dev.varve.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Cuts a stream of bytes into lines, without a copy or an object for each. Lines end with {@code
 * \n}; the last may do without.
 *
 * <p>Reading, which may wait for long, and handing out lines are separate steps, so that a caller
 * can hold a lock during the one and not during the other.
 */
final class LineSplitter {
  private static final int BUFFER_BYTES = 1 << 20;

  /** No record is larger than its batch, nor a batch than 2 GiB; this leaves room to decode. */
  private static final int LINE_BYTES_MAX = 1 << 30;

  private final InputStream in;
  private byte[] buffer = new byte[BUFFER_BYTES];
  private int length;
  private int next;
  private int lineFrom;
  private int lineEnd;
  private long lineNumber;
  private boolean ended;

  LineSplitter(InputStream in) {
    this.in = in;
  }

  /**
   * Waits for more bytes.
   *
   * @return false if there are no more, and none was left to be handed out
   */
  boolean fill() throws IOException {
    if (next > 0) {
      System.arraycopy(buffer, next, buffer, 0, length - next);
      length -= next;
      next = 0;
    }
    if (length == buffer.length) {
      if (length >= LINE_BYTES_MAX) {
        throw new CommandFailedException(
            "line "
                + (lineNumber + 1)
                + ": found more than "
                + LINE_BYTES_MAX
                + " bytes, expected the end of the line");
      }
      buffer = Arrays.copyOf(buffer, length * 2);
    }
    int read = in.read(buffer, length, buffer.length - length);
    ended = read < 0;
    length += Math.max(0, read);
    return length > 0 && !(ended && next == length);
  }

  /** Moves to the next line; false if {@link #fill} has to be called first. */
  boolean nextLine() {
    for (int at = next; at < length; at++) {
      if (buffer[at] == '\n') {
        return line(at, at + 1);
      }
    }
    return ended && next < length && line(length, length);
  }

  private boolean line(int end, int following) {
    lineFrom = next;
    lineEnd = end;
    next = following;
    lineNumber++;
    return true;
  }

  /** The memory in which the line lies, valid until {@link #fill}. */
  byte[] buffer() {
    return buffer;
  }

  /** Where the line begins. */
  int from() {
    return lineFrom;
  }

  /** Where the line ends, without its {@code \n}. */
  int end() {
    return lineEnd;
  }

  /** The number of the line, counted from 1. */
  long lineNumber() {
    return lineNumber;
  }
}
