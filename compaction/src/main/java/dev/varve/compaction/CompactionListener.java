package dev.varve.compaction;

/**
 * Told what compaction does. Callbacks come on the thread that compacts, and hold it up while they
 * last; they must not throw.
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

  /** A pass is over, and durable. */
  default void passEnded(CompactionResult result) {}
}
