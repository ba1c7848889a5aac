package dev.varve.log.record;

import java.io.Serial;

/**
 * Compresses and decompresses the records of a batch as one stream. A codec keeps its native state
 * and buffers between batches, so it belongs to one builder or cursor and one thread at a time.
 */
interface BatchCodec {

  /**
   * Compresses {@code sizeBytes} of {@code source} from {@code position} into {@code target}, from
   * {@code targetPosition}, keeping what lies before and growing it as needed.
   *
   * @return how many bytes were written
   */
  int compress(
      ScratchMemory source, int position, int sizeBytes, ScratchMemory target, int targetPosition);

  /**
   * Decompresses {@code sizeBytes} of {@code source} from {@code position} into {@code target},
   * from its start. The target grows as bytes arrive and never by what the stream claims.
   *
   * @param sizeBytesMax how many bytes the stream may inflate to
   * @return how many bytes were written
   * @throws MalformedStreamException if the stream is damaged, cut, or inflates past the limit
   */
  int decompress(
      ScratchMemory source, int position, int sizeBytes, ScratchMemory target, int sizeBytesMax)
      throws MalformedStreamException;

  /** A compressed stream that cannot be read; the cursor adds where the batch is. */
  final class MalformedStreamException extends Exception {

    @Serial private static final long serialVersionUID = 1L;

    private final String found;
    private final String expected;

    MalformedStreamException(String found, String expected) {
      super("found " + found + ", expected " + expected);
      this.found = found;
      this.expected = expected;
    }

    String found() {
      return found;
    }

    String expected() {
      return expected;
    }

    /** Reports a stream that inflates to more than {@code sizeBytesMax} bytes. */
    static MalformedStreamException tooLarge(int sizeBytesMax) {
      return new MalformedStreamException(
          "records that inflate to more", "at most " + sizeBytesMax + " bytes");
    }
  }
}
