package dev.varve.log.store;

import java.nio.file.Path;

/**
 * Something in a data directory that is not as an orderly close leaves it, and what was done.
 *
 * @param kind what it is
 * @param path of the file or directory
 * @param found what was found there
 * @param done what the store did about it
 */
public record StoreFinding(Kind kind, Path path, String found, String done) {
  /** What was found. */
  public enum Kind {
    /** A directory that means nothing, here or to Kafka. A broker does not start beside one. */
    UNKNOWN_DIRECTORY,
    /** A directory of a broker's that is no log of a topic, or is not to be opened. */
    BROKERS_DIRECTORY,
    /** A log that was deleted, and whose files were not all gone. */
    UNFINISHED_DELETION,
    /** A file that is not what its format says. */
    DAMAGED_FILE,
    /** A file that should be there. */
    MISSING_FILE,
    /** A file that could not be replaced, as the disk is full. */
    NO_ROOM,
    /** An entry about a log that is not there. */
    UNKNOWN_LOG,
    /** A configuration of a topic that no log can be opened with. */
    INVALID_CONFIGURATION
  }

  /** One line: path, what was found, what was done. */
  @Override
  public String toString() {
    return path + ": found " + found + "; " + done;
  }
}
