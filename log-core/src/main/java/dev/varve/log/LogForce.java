package dev.varve.log;

import dev.varve.log.error.LogFailedException;
import dev.varve.log.segment.ActiveSegment;
import dev.varve.log.segment.RolledSegment;
import dev.varve.log.segment.SealedSegment;
import dev.varve.log.segment.SegmentList;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import org.agrona.concurrent.EpochClock;

/**
 * Makes durable what was written, and stops the log when that fails: what was to be forced may be
 * lost although the next force succeeds.
 *
 * <p>Thread safety: for whoever holds the keeper's lock.
 */
final class LogForce {
  private final Storage storage;
  private final LogWriter writer;
  private final FailureLatch failure;
  private final DurableEnd durableEnd;
  private final EpochClock clock;

  /** When the last force was. */
  private long forcedMillis;

  /** The base of the newest segment whose name in the directory was forced. */
  private long namedBase = -1;

  LogForce(
      Storage storage,
      LogWriter writer,
      FailureLatch failure,
      DurableEnd durableEnd,
      LogOptions options) {
    this.storage = storage;
    this.writer = writer;
    this.failure = failure;
    this.durableEnd = durableEnd;
    this.clock = options.clock();
  }

  /** Forces all that was appended, and the name of its last segment. */
  void all() {
    long end = writer.endOffset();
    SegmentList segments = writer.segments();
    try {
      for (int i = segments.size() - 1;
          i >= 0 && segments.get(i).endOffset() > durableEnd.get();
          i--) {
        switch (segments.get(i)) {
          case ActiveSegment active -> active.force();
          case RolledSegment rolled -> rolled.force();
          case SealedSegment _ -> {
            // was forced when it was settled
          }
        }
      }
      if (segments.active().baseOffset() != namedBase) {
        storage.forceDirectory();
        namedBase = segments.active().baseOffset();
      }
      durableEnd.moveTo(end);
      forcedMillis = clock.time();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Whether somebody waits for a force, or the time has come for one. */
  boolean isDue() {
    return writer.endOffset() > durableEnd.get()
        && (durableEnd.isAwaited()
            || (writer.rules().options().durability() instanceof Durability.Every every
                && Math.abs(clock.time() - forcedMillis) >= every.intervalMillis()));
  }

  /** Forces a segment that takes no more appends. */
  void rolled(RolledSegment rolled) {
    rolled.memory().unmapReplaced();
    try {
      rolled.force();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Forces one file. */
  void file(StorageFile file) {
    try {
      file.force();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Forces the names of files. */
  void directory() {
    try {
      storage.forceDirectory();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** The same after a truncation, which has made a segment that has the name of an earlier one. */
  void directory(long newestBase) {
    directory();
    namedBase = newestBase;
  }

  private LogFailedException failed(IOException e) {
    return failed("a force", e);
  }

  /** Stops the log; returns what to throw. */
  LogFailedException failed(String what, Exception e) {
    LogFailedException failed = failure.fail(what, e);
    durableEnd.fail(failed);
    return failed;
  }
}
