package dev.varve.log.segment;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The segments of a log at one moment, in order, the active one last. Immutable: a writer makes a
 * new list and swaps one reference, a reader takes the reference and needs no lock.
 */
public final class SegmentList {
  private final Segment[] segments;

  private SegmentList(Segment[] segments) {
    this.segments = segments;
    for (int i = 1; i < segments.length; i++) {
      if (segments[i - 1].baseOffset() >= segments[i].baseOffset()) {
        throw new IllegalArgumentException("segments out of order at " + segments[i].path());
      }
    }
  }

  /** The segments in ascending order of base offset; the last is the active one. */
  public static SegmentList of(List<? extends Segment> sealed, ActiveSegment active) {
    List<Segment> all = new ArrayList<>(sealed);
    all.add(active);
    return new SegmentList(all.toArray(Segment[]::new));
  }

  /** How many segments there are, the active one included. */
  public int size() {
    return segments.length;
  }

  /** The segment at an index, 0 being the oldest. */
  public Segment get(int index) {
    return segments[index];
  }

  /** The segments, oldest first. */
  public List<Segment> all() {
    return List.of(segments);
  }

  /** The oldest segment. */
  public Segment first() {
    return segments[0];
  }

  /** The segment that takes appends. */
  public ActiveSegment active() {
    return (ActiveSegment) segments[segments.length - 1];
  }

  /**
   * The index of the last segment whose base offset is at most the offset; -1 if there is none.
   *
   * <pre>
   *   bases           100      200      300
   *   floorIndex(99) -1   (100) 0   (299) 1   (300) 2   (1000) 2
   * </pre>
   */
  public int floorIndex(long offset) {
    int low = 0;
    int high = segments.length - 1;
    if (segments[high].baseOffset() <= offset) {
      return high; // readers at the tail are the most frequent
    }
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (segments[middle].baseOffset() <= offset) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high;
  }

  /** The list after a roll: the active segment gives way to itself rolled and to a new one. */
  public SegmentList rolled(RolledSegment rolled, ActiveSegment next) {
    Segment[] longer = new Segment[segments.length + 1];
    System.arraycopy(segments, 0, longer, 0, segments.length - 1);
    longer[segments.length - 1] = rolled;
    longer[segments.length] = next;
    return new SegmentList(longer);
  }

  /** The list with one segment in the place of another of the same base offset. */
  public SegmentList replacing(Segment old, Segment by) {
    Segment[] copy = segments.clone();
    int index = floorIndex(old.baseOffset());
    if (copy[index] != old) {
      throw new IllegalArgumentException(old.path() + " is not in the list");
    }
    copy[index] = by;
    return new SegmentList(copy);
  }

  /** Whether the list has these segments, neighbours, just as they are. */
  public boolean containsRun(List<SealedSegment> run) {
    int index = floorIndex(run.getFirst().baseOffset());
    if (index < 0 || index + run.size() > segments.length) {
      return false;
    }
    for (int i = 0; i < run.size(); i++) {
      if (segments[index + i] != run.get(i)) {
        return false;
      }
    }
    return true;
  }

  /** The list with segments in the place of neighbours, which it {@link #containsRun has}. */
  public SegmentList replacing(List<SealedSegment> old, List<Segment> by) {
    int index = floorIndex(old.getFirst().baseOffset());
    List<Segment> all = new ArrayList<>(Arrays.asList(segments));
    all.subList(index, index + old.size()).clear();
    all.addAll(index, by);
    return new SegmentList(all.toArray(Segment[]::new));
  }

  /** The list without its first {@code count} segments; never without the active one. */
  public SegmentList withoutFirst(int count) {
    if (count >= segments.length) {
      throw new IllegalArgumentException("the active segment stays");
    }
    return new SegmentList(Arrays.copyOfRange(segments, count, segments.length));
  }
}
