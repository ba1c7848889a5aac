package dev.varve.log.inspect;

import java.nio.file.Path;

/**
 * Something that is not as the format has it.
 *
 * @param severity whether anything is wrong
 * @param file where
 * @param position the first byte concerned, counted from the start of the file; 0 if it is the file
 *     as a whole
 * @param found what is there
 * @param expected what a sound file would have there
 */
public record Finding(Severity severity, Path file, long position, String found, String expected) {

  /** Whether anything is wrong. */
  public enum Severity {
    /** Bytes contradict the format or each other. */
    DAMAGE,
    /**
     * Lawful, but worth knowing: leftovers, strange files, what an open log has not written yet.
     */
    NOTE
  }

  /** Whether anything is wrong. */
  public boolean isDamage() {
    return severity == Severity.DAMAGE;
  }

  /** The finding in one line: severity, path, position, found, expected. */
  @Override
  public String toString() {
    return (isDamage() ? "damage: " : "note: ")
        + file
        + " at position "
        + position
        + ": found "
        + found
        + ", expected "
        + expected;
  }
}
