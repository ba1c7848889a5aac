package dev.varve.compaction;

/**
 * Told what compaction does. Callbacks come on the thread that compacts, and hold it up while they
 * last; they must neither throw nor call what compacts.
 */
public interface CompactionListener {
  /** Hears nothing. */
  CompactionListener NONE = new CompactionListener() {};

  /** A pass over a log begins. */
  default void passBegun(CompactionPlan plan) {}

  /** A pass goes on. Heard after each step, which is about a MiB. */
  default void passProgress(CompactionProgress progress) {}

  /**
   * A segment cannot be read, and is left out from now on; the rest of the log is compacted.
   *
   * @param log the directory of the log
   * @param baseOffset of the segment
   * @param reason what was found, and where
   */
  default void segmentSetAside(String log, long baseOffset, String reason) {}

  /**
   * A pass could not go on. The log is left alone for a while, and tried again.
   *
   * @param log the directory of the log
   */
  default void passFailed(String log, Throwable cause) {}

  /**
   * How a topic is configured cannot be understood, so its logs are not compacted.
   *
   * @param topic its name
   */
  default void configurationRefused(String topic, IllegalArgumentException cause) {}

  /** A pass is over, and durable. */
  default void passEnded(CompactionResult result) {}
}
