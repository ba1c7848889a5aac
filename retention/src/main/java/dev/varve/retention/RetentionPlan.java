package dev.varve.retention;

import dev.varve.log.LogOffsets;
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

  /** What the log is when this plan has been carried out, and nothing else has happened. */
  public LogFacts leaves() {
    if (isEmpty()) {
      return log;
    }
    LogOffsets before = log.offsets();
    LogOffsets offsets =
        new LogOffsets(
            startOffset,
            Math.max(startOffset, before.lastStableOffset()),
            before.highWatermark(),
            before.durableEnd(),
            before.endOffset());
    List<SegmentInfo> segments =
        rollsActive
            ? List.of(new SegmentInfo(startOffset, startOffset, 0, true, -1, log.nowMillis()))
            : log.segments().subList(going().size(), log.segments().size());
    return new LogFacts(log.name(), offsets, segments, log.readers(), log.nowMillis());
  }

  /**
   * This plan and another in one: a segment goes by the one that lets it go first, and one that
   * both keep is kept for the reasons of both.
   *
   * @param more made of what this one {@link #leaves}, by a {@link StoreBudget} perhaps
   */
  public RetentionPlan then(RetentionPlan more) {
    if (rollsActive) {
      return this;
    }
    List<SegmentVerdict> all = new ArrayList<>(going());
    for (SegmentVerdict verdict : more.verdicts) {
      all.add(verdicts.get(all.size()).or(verdict));
    }
    return new RetentionPlan(log, all, more.startOffset, more.rollsActive);
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
