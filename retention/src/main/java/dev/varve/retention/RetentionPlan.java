package dev.varve.retention;

import dev.varve.log.SegmentInfo;
import java.util.ArrayList;
import java.util.List;

/**
 * What a policy wants to do to a log, and why: an explanation first, which then can be carried out.
 *
 * <pre>
 *   segments      [0, 100)  [100, 200)  [200, 300)  [300, active
 *   verdicts       goes      goes        kept        kept        startOffset = 200
 * </pre>
 *
 * @param log what it was made of
 * @param verdicts what becomes of each segment, oldest first
 * @param startOffset where the log begins afterwards; where it does now, if no segment goes
 * @param rollsActive whether all segments go, so that a new one has to be begun before
 */
public record RetentionPlan(
    LogFacts log, List<SegmentVerdict> verdicts, long startOffset, boolean rollsActive) {

  /** Copies the list. */
  public RetentionPlan {
    verdicts = List.copyOf(verdicts);
  }

  /** From verdicts that end with the first segment that is kept, if one is. */
  static RetentionPlan of(LogFacts log, List<SegmentVerdict> front) {
    List<SegmentInfo> segments = log.segments();
    List<SegmentVerdict> all = new ArrayList<>(front);
    for (SegmentInfo segment : segments.subList(front.size(), segments.size())) {
      all.add(SegmentVerdict.behind(segment));
    }
    int going = (int) all.stream().filter(SegmentVerdict::goes).count();
    long start = log.offsets().startOffset();
    if (going > 0) {
      boolean whole = going == segments.size();
      long end = whole ? segments.getLast().endOffset() : segments.get(going).baseOffset();
      start = Math.max(start, end);
    }
    return new RetentionPlan(log, all, start, going == segments.size() && going > 0);
  }

  /** The segments that go. */
  public List<SegmentVerdict> going() {
    return verdicts.stream().filter(SegmentVerdict::goes).toList();
  }

  /** The bytes of batches in the segments that go. */
  public long bytes() {
    return going().stream().mapToLong(verdict -> verdict.segment().sizeBytes()).sum();
  }

  /** Whether nothing is to be done. */
  public boolean isEmpty() {
    return going().isEmpty();
  }

  /** The beginning of this plan, up to the first segment that a reader holds now. */
  RetentionPlan upToHolds(List<ReaderPosition> readers) {
    LogFacts now = log.withReaders(readers);
    List<SegmentVerdict> front = new ArrayList<>();
    for (SegmentVerdict verdict : going()) {
      int index = front.size();
      Judgement hold = Holds.on(new Candidate(now, index, log.sizeBytesFrom(index)));
      if (hold != null) {
        Judgement expired = Judgement.expired(verdict.rule(), verdict.reason());
        front.add(SegmentVerdict.held(verdict.segment(), expired, hold));
        return of(now, front);
      }
      front.add(verdict);
    }
    return this;
  }

  /**
   * This plan, of which all segments go, but for the last one.
   *
   * @param why that one stays
   */
  RetentionPlan withoutLast(String why) {
    SegmentVerdict last = verdicts.getLast();
    List<SegmentVerdict> front = new ArrayList<>(verdicts.subList(0, verdicts.size() - 1));
    Judgement expired = Judgement.expired(last.rule(), last.reason());
    front.add(SegmentVerdict.held(last.segment(), expired, Judgement.kept("full disk", why)));
    return of(log, front);
  }

  /**
   * The beginning of this plan, for whoever does it in steps.
   *
   * @param segmentsMax how many segments go at most, 1 or more
   */
  RetentionPlan firstStep(int segmentsMax) {
    if (going().size() <= segmentsMax) {
      return this;
    }
    return of(log, verdicts.subList(0, segmentsMax));
  }
}
