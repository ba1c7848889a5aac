package dev.varve.log.producer;

/**
 * The content of a snapshot or checkpoint is not what its format says.
 *
 * <p>Checked, as whoever reads such a file has another way to go: an older snapshot, or the log
 * itself.
 */
public final class InvalidStateFileException extends Exception {
  private static final long serialVersionUID = 1;
  private static final int LINE_SHOWN_MAX = 80;

  private final String place;
  private final String found;
  private final String expected;

  /** Says where in the file what was found, and what a sound file would have there. */
  public InvalidStateFileException(String place, String found, String expected) {
    super(place + ": found " + found + ", expected " + expected);
    this.place = place;
    this.found = found;
    this.expected = expected;
  }

  /**
   * The same of a line of text, which is shown in quotes and not at length.
   *
   * @param line counted from 1, as editors do
   */
  public static InvalidStateFileException ofLine(int line, String found, String expected) {
    String shown =
        found.length() <= LINE_SHOWN_MAX ? found : found.substring(0, LINE_SHOWN_MAX) + "...";
    return new InvalidStateFileException("line " + line, '"' + shown + '"', expected);
  }

  /** Where in the file the fault lies: {@code byte 6}, {@code line 3}. */
  public String place() {
    return place;
  }

  /** What is there. */
  public String found() {
    return found;
  }

  /** What a sound file would have there. */
  public String expected() {
    return expected;
  }
}
