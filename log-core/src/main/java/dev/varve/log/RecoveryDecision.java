package dev.varve.log;

import java.nio.file.Path;

/**
 * One thing that recovery decided when a log was opened: what it found where, what it expected, and
 * what it does about it. An immutable value.
 *
 * @param kind what recovery does
 * @param file the file it does it to
 * @param position where in the file, in bytes from its start
 * @param bytes how many bytes from there on are concerned; of a file that is removed, all it has
 * @param firstOffset the first offset concerned; -1 if none is
 * @param endOffset the offset behind the last one concerned; -1 if that cannot be known
 * @param found what is there
 * @param expected what should have been there
 */
public record RecoveryDecision(
    Kind kind,
    Path file,
    long position,
    long bytes,
    long firstOffset,
    long endOffset,
    String found,
    String expected) {

  /** Where no offset is concerned, or it cannot be known. */
  public static final long NO_OFFSET = -1;

  /** What recovery does. */
  public enum Kind {
    /** Cuts off bytes behind the last valid batch; what they held was never promised. */
    CUT_TAIL(true),
    /** Leaves bytes as they are that were durable once and are damaged now. */
    KEPT_DAMAGE(true),
    /** Goes on behind offsets that were given out and whose segments are gone. */
    MISSING_RECORDS(true),
    /** Goes on where the log ends now, which somebody else has shortened since it was closed. */
    SHORTENED(true),
    /** Removes a segment, because the log was cut before it. */
    REMOVED_SEGMENT(true),
    /** Begins the log anew at its start offset, below which it ends. */
    STARTED_OVER(true),
    /** Finishes taking the end off the log, which was asked for. */
    FINISHED_TRUNCATION(false),
    /** Cuts off zeros behind the last batch: space that a writer had reserved. */
    CUT_RESERVED_SPACE(false),
    /** Removes a file that holds no record of the log. */
    REMOVED_FILE(false),
    /** Gives a file that is a complete replacement the name that it was made for. */
    PLACED_REPLACEMENT(false),
    /** Begins a new segment, because no append may go behind what the last one holds. */
    NEW_SEGMENT(false),
    /** Makes an index anew from the batches. */
    REBUILT_INDEX(false),
    /** Makes anew what the log keeps besides its batches. */
    REBUILT_STATE(false),
    /** Leaves a control batch as it is that marks nothing, and learns nothing from it. */
    PASSED_OVER_MARKER(false);

    private final boolean loss;

    Kind(boolean loss) {
      this.loss = loss;
    }

    /** Whether records are damaged or gone, or may be. */
    public boolean isLoss() {
      return loss;
    }
  }

  /** A decision about a whole file. */
  static RecoveryDecision ofFile(Kind kind, Path file, long bytes, String found, String expected) {
    return new RecoveryDecision(kind, file, 0, bytes, NO_OFFSET, NO_OFFSET, found, expected);
  }

  /** What recovery does, in words that go on from "found this, expected that". */
  public String action() {
    return switch (kind) {
      case CUT_TAIL ->
          "cuts off "
              + bytesInWords()
              + " from there on, where offset "
              + firstOffset
              + " would be";
      case KEPT_DAMAGE -> "offsets " + offsets() + " are damaged or missing; cuts nothing off";
      case MISSING_RECORDS -> "offsets " + offsets() + " are missing and not given out again";
      case SHORTENED -> "offsets " + offsets() + " are gone and will be given out again";
      case REMOVED_SEGMENT ->
          "removes it, " + bytesInWords() + " with offsets from " + firstOffset + " on";
      case STARTED_OVER -> "begins the log anew at offset " + firstOffset;
      case FINISHED_TRUNCATION ->
          bytes > 0 ? "cuts off " + bytesInWords() : "truncates the log to offset " + firstOffset;
      case CUT_RESERVED_SPACE -> "cuts off " + bytesInWords() + " of zeros";
      case REMOVED_FILE -> "removes it, " + bytesInWords();
      case PLACED_REPLACEMENT -> "puts it in its place, " + bytesInWords();
      case NEW_SEGMENT -> "begins a segment at offset " + firstOffset;
      case REBUILT_INDEX -> "makes it anew from the batches";
      case REBUILT_STATE -> "makes it anew from the log";
      case PASSED_OVER_MARKER -> "passes over it at offset " + firstOffset;
    };
  }

  private String offsets() {
    return firstOffset + " to " + (endOffset - 1);
  }

  private String bytesInWords() {
    return bytes == 1 ? "1 byte" : bytes + " bytes";
  }

  /** One sentence with path, position, found, expected, and what recovery does. */
  @Override
  public String toString() {
    return file
        + " at position "
        + position
        + ": found "
        + found
        + ", expected "
        + expected
        + "; "
        + action();
  }
}
