package dev.varve.compaction;

/**
 * How far a pass is.
 *
 * @param log the directory of the log
 * @param phase what it does now
 * @param doneBytes how much it has read in this phase
 * @param totalBytes how much it will have read at the end of the phase, as far as is known
 * @param keys how many keys it has learnt
 */
public record CompactionProgress(
    String log, Phase phase, long doneBytes, long totalBytes, long keys) {

  /** What a pass does, one after the other. */
  public enum Phase {
    /** It reads what is dirty, to learn where each key is last. */
    LEARNING,
    /** It reads all of the log, and writes what stays. */
    CLEANING
  }
}
