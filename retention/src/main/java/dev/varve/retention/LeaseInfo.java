package dev.varve.retention;

/**
 * Who holds what of a log, and for how long.
 *
 * @param name of the reader
 * @param offset the first that is held
 * @param takenMillis when the lease was taken, in milliseconds since the epoch
 * @param progressMillis when it last moved, or its reader was seen to have read all that every
 *     reader may see
 * @param heldBytes the bytes of batches that it kept at the last look: whole segments, from the one
 *     that it holds to the end of the log; 0 before there was one
 * @param expired why it holds nothing any more; empty if it does hold
 */
public record LeaseInfo(
    String name,
    long offset,
    long takenMillis,
    long progressMillis,
    long heldBytes,
    String expired) {

  /** Whether it holds nothing any more. */
  public boolean isExpired() {
    return !expired.isEmpty();
  }
}
