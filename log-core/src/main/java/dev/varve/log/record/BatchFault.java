package dev.varve.log.record;

/**
 * What is wrong with a batch: a value that a scan can act upon, and that whoever knows the file can
 * report with its path.
 *
 * @param kind what was checked
 * @param position bytes from the start of the memory (or of the file, see {@link #at}) to the first
 *     byte of the batch
 * @param found what is there
 * @param expected what should have been there
 */
public record BatchFault(Kind kind, long position, String found, String expected) {

  /** What was checked. The first two need not be damage: a writer may simply have stopped there. */
  public enum Kind {
    /** Only zeros where a header would be: reserved space, or the end of what was written. */
    NOTHING_WRITTEN,
    /** The batch claims more bytes than are left: a torn tail, or a damaged length. */
    INCOMPLETE,
    /** A length that no batch can have, or that is above the limit. */
    LENGTH,
    /** Not format version 2. */
    MAGIC,
    /** A header field with a value that no writer gives it. */
    HEADER,
    /** The bytes are not those that were written. */
    CHECKSUM,
    /** The compressed stream is malformed, of an unknown codec, or inflates past the limit. */
    CODEC,
    /** Lengths or counts of the records contradict each other or the header. */
    RECORDS
  }

  /** Returns this fault with the position of the batch in its file, in bytes. */
  public BatchFault at(long filePosition) {
    return new BatchFault(kind, filePosition, found, expected);
  }

  /**
   * Whether the batch has a length that can be tried, whatever else is wrong with it. It may be
   * damaged too: what it leads to has to prove itself.
   */
  public boolean hasLength() {
    return switch (kind) {
      case MAGIC, HEADER, CHECKSUM -> true;
      case NOTHING_WRITTEN, INCOMPLETE, LENGTH, CODEC, RECORDS -> false;
    };
  }

  /** Returns what was found and what was expected, in words. */
  public String finding() {
    return "found " + found + ", expected " + expected;
  }

  @Override
  public String toString() {
    return "position " + position + ": " + finding();
  }
}
