package dev.varve.crash;

/** One thing that a workload does to a log, or that happens to it. */
sealed interface Step {

  /** Appends one batch of so many records. */
  record Append(int records) implements Step {}

  /** Appends one batch of so many records in the name of a producer. */
  record Produce(int records) implements Step {}

  /** Appends a batch that does not fit into what is left of the segment. */
  record Roll() implements Step {}

  /** Makes everything durable. */
  record Flush() implements Step {}

  /** Makes everything durable while another record is appended. */
  record FlushMeanwhile() implements Step {}

  /** Waits until the last record is durable, forced by the background. */
  record AwaitDurable() implements Step {}

  /** Does what is due of the background work. */
  record Maintain() implements Step {}

  /** Lets an hour pass: background forces are due, and the next append rolls. */
  record Tick() implements Step {}

  /** Lets a reader that sees only what is durable go on, and remembers what it saw. */
  record Read() implements Step {}

  /** Gives up so much of the log at its start, in percent of what it has. */
  record Trim(int percent) implements Step {}

  /** Gives up all segments but the last, as retention does. */
  record Retain() implements Step {}

  /**
   * Applies a policy that keeps so many bytes and nothing that is older than half an hour: the last
   * segment goes, too, if all of it has expired.
   */
  record Expire(long retentionBytes) implements Step {}

  /** Begins the epoch of a leader, the next one. */
  record Lead() implements Step {}

  /**
   * Appends two batches as a follower does, with the epoch of another leader, the next one, and
   * behind so many offsets that the leader does not have.
   */
  record Follow(int gap) implements Step {}

  /** Takes back so much of what lies above the high watermark, in percent of it. */
  record Truncate(int percent) implements Step {}

  /** Gives up the whole log and begins it anew, so much above its end. */
  record StartAnew(int above) implements Step {}

  /** Whether only a log that is replicated does such things. */
  default boolean isOfReplica() {
    return switch (this) {
      case Lead _, Follow _, Truncate _, StartAnew _ -> true;
      default -> false;
    };
  }

  /** Closes the log and opens it again. */
  record Reopen() implements Step {}

  /** Lets the process die, with the disk as it is, and opens the log again. */
  record Kill() implements Step {}
}
