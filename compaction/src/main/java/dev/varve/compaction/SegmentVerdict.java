package dev.varve.compaction;

import dev.varve.log.SegmentInfo;

/**
 * What a plan makes of a segment.
 *
 * @param segment which one
 * @param state what it is to the pass
 * @param reason why, with the offsets and times that were compared
 */
public record SegmentVerdict(SegmentInfo segment, State state, String reason) {

  /** What a segment is to a pass. */
  public enum State {
    /** Earlier passes have seen its keys; it is compacted again with what is learnt behind it. */
    CLEAN,
    /** The pass learns its keys, and compacts it. */
    DIRTY,
    /** The pass ends before it. */
    HELD_BACK,
    /** It cannot be read, and stays as it is. */
    SET_ASIDE;

    @Override
    public String toString() {
      return switch (this) {
        case CLEAN -> "clean";
        case DIRTY -> "dirty";
        case HELD_BACK -> "held back";
        case SET_ASIDE -> "set aside";
      };
    }
  }

  /** Whether a pass rewrites the segment. */
  public boolean isCompacted() {
    return state == State.CLEAN || state == State.DIRTY;
  }

  @Override
  public String toString() {
    return "segment " + segment.baseOffset() + " is " + state + ": " + reason;
  }
}
