package dev.varve.retention;

import dev.varve.log.SegmentInfo;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * A limit for all logs of a store together. The oldest gives first: of the first segments of all
 * logs, that goes whose time ({@link RetentionRule#age}) is longest ago, and so on until the limit
 * is kept; of equally old ones that of the larger log, then that of the first name. So all logs
 * reach back equally far, and a log that is written more gives more. The segment that takes appends
 * never goes, nor does what lies above a high watermark or is leased, nor anything of a log that is
 * only counted.
 *
 * <p>Unlike {@code retention.bytes} this is a ceiling: afterwards no more than that is left. The
 * rules of each log are not asked; they are applied before, and this to what they left.
 *
 * <p>A pure function.
 *
 * @param bytesMax how many bytes the batches of all logs may have; negative for no limit
 * @param freeBytesMin how many bytes of the disk have to stay free; negative for none
 */
public record StoreBudget(long bytesMax, long freeBytesMin) {
  /** No limit at all. */
  public static final StoreBudget NONE = new StoreBudget(-1, -1);

  private static final String NAME = "store budget";

  /** The oldest segment that a log has left, when others have gone. */
  private record Front(int logIndex, LogFacts log, int index, SegmentTime time, long bytesLeft) {
    private static final Comparator<Front> FIRST_TO_GIVE =
        Comparator.comparingLong((Front front) -> front.time.millis())
            .thenComparing(Comparator.comparingLong(Front::bytesLeft).reversed())
            .thenComparing(front -> front.log.name());

    static Front of(int logIndex, LogFacts log, int index, long bytesLeft) {
      SegmentTime time = SegmentTime.of(log, index);
      return new Front(logIndex, log, index, time, bytesLeft);
    }

    /** That of the same log when this one has gone; the last segment never does. */
    Front next() {
      return of(logIndex, log, index + 1, bytesLeft - segment().sizeBytes());
    }

    SegmentInfo segment() {
      return log.segments().get(index);
    }

    Candidate candidate() {
      return new Candidate(log, index, bytesLeft);
    }
  }

  /**
   * What becomes of the logs of a store.
   *
   * @param plans one for each log, in the order in which they were given
   * @param bytesMissing how much more would have to go than may; 0 if the limit is kept
   */
  public record StorePlan(List<RetentionPlan> plans, long bytesMissing) {
    /** Copies the list. */
    public StorePlan {
      plans = List.copyOf(plans);
    }
  }

  /**
   * Says what has to go.
   *
   * @param logs of different names
   * @param freeBytes how much of the disk is free now, or will be when the files are gone of what
   *     was given up before: counted as used, they would have more given up at each look
   */
  public StorePlan plan(List<LogFacts> logs, long freeBytes) {
    return plan(logs, 0, freeBytes);
  }

  /**
   * The same where others share the limit that give nothing.
   *
   * @param otherBytes the bytes of the batches of logs that are counted and stay as they are
   */
  public StorePlan plan(List<LogFacts> logs, long otherBytes, long freeBytes) {
    long bytesOver = bytesOver(logs, otherBytes, freeBytes);
    List<List<SegmentVerdict>> verdicts = new ArrayList<>();
    PriorityQueue<Front> fronts = new PriorityQueue<>(Front.FIRST_TO_GIVE);
    for (int i = 0; i < logs.size(); i++) {
      verdicts.add(new ArrayList<>());
      fronts.add(Front.of(i, logs.get(i), 0, logs.get(i).sizeBytes()));
    }
    while (!fronts.isEmpty()) {
      Front front = fronts.remove();
      SegmentVerdict verdict = judge(front, bytesOver);
      verdicts.get(front.logIndex).add(verdict);
      if (verdict.goes()) {
        bytesOver -= front.segment().sizeBytes();
        fronts.add(front.next());
      }
    }
    List<RetentionPlan> plans = new ArrayList<>();
    for (int i = 0; i < logs.size(); i++) {
      plans.add(RetentionPlan.of(logs.get(i), verdicts.get(i)));
    }
    return new StorePlan(plans, Math.max(0, bytesOver));
  }

  private long bytesOver(List<LogFacts> logs, long otherBytes, long freeBytes) {
    long bytes = otherBytes + logs.stream().mapToLong(LogFacts::sizeBytes).sum();
    long over = bytesMax < 0 ? 0 : Math.max(0, bytes - bytesMax);
    long missing = freeBytesMin < 0 ? 0 : Math.max(0, freeBytesMin - freeBytes);
    return Math.max(over, missing);
  }

  private SegmentVerdict judge(Front front, long bytesOver) {
    if (bytesOver <= 0) {
      return SegmentVerdict.kept(front.segment(), Judgement.kept(NAME, "it is kept"));
    }
    Judgement expired =
        Judgement.expired(
            NAME, Amounts.bytes(bytesOver) + " are to go, and of the oldest " + front.time);
    Judgement hold =
        front.segment().active()
            ? Judgement.kept("active", "it takes appends")
            : Holds.on(front.candidate());
    return hold == null
        ? SegmentVerdict.goes(front.segment(), expired)
        : SegmentVerdict.held(front.segment(), expired, hold);
  }
}
