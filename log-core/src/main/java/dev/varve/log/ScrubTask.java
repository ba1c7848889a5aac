package dev.varve.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.log.error.DamagedRange;
import dev.varve.log.record.BatchFault;
import dev.varve.log.segment.ScanBounds;
import dev.varve.log.segment.SealedSegment;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.segment.SegmentList;
import dev.varve.log.segment.SegmentScan;
import dev.varve.log.segment.SegmentScan.Damage;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.agrona.concurrent.EpochClock;
import org.jspecify.annotations.Nullable;

/**
 * Reads sealed segments again, round and round and slowly, and tells the listener of every range
 * that is damaged. Reads through the file: what cannot be read is an exception there, and nothing
 * has to be mapped for it. A page that is still cached is not read from the disk.
 *
 * <pre>
 *   segments   [0, 100)  [100, 200)  [200, 300)  [300, ... active
 *   round      --------> ----|                                     one step a time, then a pause
 * </pre>
 *
 * <p>Between two steps nothing is held: no file, no pin, no lock. A segment that was deleted or
 * replaced meanwhile is none of its business any more. One that cannot be read is reported like a
 * damaged one, and the round goes on with the next.
 *
 * <p>Thread safety: safe for use by several threads; one of them at a time does a step.
 */
final class ScrubTask {
  /** The most that a step reads, unless one batch, or a stretch of damaged ones, is larger. */
  static final long STEP_BYTES_MAX = 1 << 20;

  /** What opening a file costs at least, so that many small segments keep the rate too. */
  static final long STEP_BYTES_MIN = 4096;

  private static final long MILLIS_PER_SECOND = 1000;

  // Constant after construction.
  private final Storage storage;
  private final Supplier<SegmentList> segments;
  private final EpochClock clock;
  private final LogListener listener;
  private final long bytesPerSecondMax;
  private final ReentrantLock stepLock = new ReentrantLock();

  // Read by all, changed under the lock.
  private volatile ScrubProgress progress = new ScrubProgress(0, 0, 0, 0);

  /** The segment that the last step left in the middle. */
  @GuardedBy("stepLock")
  private @Nullable SealedSegment current;

  /** The lowest base offset that the next segment to read may have. */
  @GuardedBy("stepLock")
  private long nextBase;

  @GuardedBy("stepLock")
  private long nextPosition;

  @GuardedBy("stepLock")
  private long nextOffset;

  @GuardedBy("stepLock")
  private long rounds;

  @GuardedBy("stepLock")
  private long damagedRanges;

  @GuardedBy("stepLock")
  private long steppedMillis;

  /** How long to pause after the last step. */
  @GuardedBy("stepLock")
  private long pauseMillis;

  /**
   * Reads nothing yet.
   *
   * @param segments gives the segments of the log as they are now
   */
  ScrubTask(Storage storage, Supplier<SegmentList> segments, LogOptions options) {
    this.storage = storage;
    this.segments = segments;
    this.clock = options.clock();
    this.listener = options.listener();
    this.bytesPerSecondMax = options.scrubBytesPerSecondMax();
  }

  ScrubProgress progress() {
    return progress;
  }

  /** Does one step if the rate allows it now; returns 0 if it does not, or nothing is sealed. */
  int doWork() {
    if (bytesPerSecondMax == 0 || !stepLock.tryLock()) {
      return 0;
    }
    try {
      long now = clock.time();
      if (Math.abs(now - steppedMillis) < pauseMillis) {
        return 0;
      }
      endRoundIfDone(); // what was left of it may have been deleted
      SealedSegment segment = segmentFrom(nextBase);
      if (segment == null) {
        return 0;
      }
      if (segment != current) {
        begin(segment);
      }
      long readBytes = step(segment);
      endRoundIfDone();
      steppedMillis = now;
      pauseMillis = pauseMillis(Math.max(readBytes, STEP_BYTES_MIN));
      progress = new ScrubProgress(rounds, nextBase, nextPosition, damagedRanges);
      return 1;
    } finally {
      stepLock.unlock();
    }
  }

  /** Rounded up, so that the rate is never exceeded. */
  private long pauseMillis(long bytes) {
    return Math.ceilDiv(bytes * MILLIS_PER_SECOND, bytesPerSecondMax);
  }

  private @Nullable SealedSegment segmentFrom(long base) {
    SegmentList list = segments.get();
    for (int i = Math.max(0, list.floorIndex(base)); i < list.size(); i++) {
      if (list.get(i) instanceof SealedSegment sealed && sealed.baseOffset() >= base) {
        return sealed;
      }
    }
    return null;
  }

  private boolean isInLog(SealedSegment segment) {
    SegmentList list = segments.get();
    int index = list.floorIndex(segment.baseOffset());
    return index >= 0 && list.get(index) == segment && !segment.isRetired();
  }

  @GuardedBy("stepLock")
  private void begin(SealedSegment segment) {
    current = segment;
    nextBase = segment.baseOffset();
    nextPosition = 0;
    nextOffset = segment.baseOffset();
  }

  @GuardedBy("stepLock")
  private void end(SealedSegment segment) {
    current = null;
    nextBase = segment.baseOffset() + 1;
    nextPosition = 0;
  }

  @GuardedBy("stepLock")
  private void endRoundIfDone() {
    if (nextBase > 0 && segmentFrom(nextBase) == null) {
      rounds++;
      current = null;
      nextBase = 0;
      nextPosition = 0;
    }
  }

  /** Reads on in a segment; returns how many bytes it read. */
  @GuardedBy("stepLock")
  private long step(SealedSegment segment) {
    try (StorageFile file = storage.open(SegmentFile.name(segment.baseOffset(), Kind.LOG))) {
      SegmentScan scan =
          new SegmentScan(file, ScanBounds.of(segment))
              .startingAt(nextPosition, nextOffset)
              .guidedBy(storage);
      boolean more = true;
      while (more && scan.readBytes() <= STEP_BYTES_MAX - SegmentScan.WINDOW_BYTES) {
        more = scan.next();
      }
      for (Damage damage : scan.damages()) {
        report(
            segment,
            damage.fault().position(),
            damage.endPosition(),
            damage.firstOffset(),
            damage.endOffset(),
            damage.fault().finding());
      }
      nextPosition = scan.endPosition();
      nextOffset = scan.endOffset();
      if (!more) {
        if (nextPosition < segment.sizeBytes()) {
          reportRest(segment, fault(segment, scan));
        }
        end(segment);
      }
      return scan.readBytes();
    } catch (IOException e) {
      reportRest(segment, "cannot be read: " + e.getMessage());
      end(segment);
      return 0;
    }
  }

  private static String fault(SealedSegment segment, SegmentScan scan) {
    BatchFault fault = scan.fault();
    return fault != null
        ? fault.finding()
        : "found the end of the file, expected it at " + segment.sizeBytes();
  }

  @GuardedBy("stepLock")
  private void reportRest(SealedSegment segment, String finding) {
    report(segment, nextPosition, segment.sizeBytes(), nextOffset, segment.endOffset(), finding);
  }

  @GuardedBy("stepLock")
  private void report(
      SealedSegment segment,
      long position,
      long endPosition,
      long firstOffset,
      long endOffset,
      String finding) {
    if (isInLog(segment)) {
      damagedRanges++;
      listener.damageFound(
          new DamagedRange(segment.path(), position, endPosition, firstOffset, endOffset, finding));
    }
  }
}
