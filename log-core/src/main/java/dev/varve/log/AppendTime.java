package dev.varve.log;

import dev.varve.log.error.InvalidTimestampException;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordCursor;
import dev.varve.log.record.TimestampType;
import org.agrona.concurrent.EpochClock;

/**
 * What an append does about time: it stamps batches with the log's, or checks that theirs is near
 * it, or, unless it was asked for one of these, does not look at a clock at all.
 *
 * <p>Thread safety: safe for use by several threads.
 */
final class AppendTime {
  /** A bound that is none. */
  static final long NO_BOUND = Long.MAX_VALUE;

  private final String log;
  private final EpochClock clock;
  private final boolean stamps;
  private final boolean checks;
  private final long beforeMaxMillis;
  private final long afterMaxMillis;
  private final ThreadLocal<RecordCursor> cursors;

  AppendTime(String log, EpochClock clock, LogOptions options) {
    this.log = log;
    this.clock = clock;
    this.stamps = options.timestampType() == TimestampType.LOG_APPEND_TIME;
    this.beforeMaxMillis = options.timestampBeforeMaxMillis();
    this.afterMaxMillis = options.timestampAfterMaxMillis();
    this.checks = beforeMaxMillis < NO_BOUND || afterMaxMillis < NO_BOUND;
    int decompressedBytesMax = options.decompressedBytesMax();
    this.cursors = ThreadLocal.withInitial(() -> new RecordCursor(decompressedBytesMax));
  }

  /** Looks at a batch of records that is about to be appended. */
  void onRecords(EncodedBatch batch) {
    if (stamps) {
      batch.stampLogAppendTime(clock.time());
    } else if (checks) {
      check(batch, clock.time());
    }
  }

  /** Looks at a marker of the log's own, which has the time of its making. */
  void onMarker(EncodedBatch marker) {
    if (stamps) {
      marker.stampLogAppendTime(clock.time());
    }
  }

  private void check(EncodedBatch batch, long nowMillis) {
    checkRecord(batch.maxTimestamp(), nowMillis);
    if (beforeMaxMillis < NO_BOUND && batch.recordCount() > 1) {
      checkAll(batch, nowMillis);
    }
  }

  /** The header has the largest timestamp only, so for the smallest all records are read. */
  private void checkAll(EncodedBatch batch, long nowMillis) {
    RecordCursor cursor = cursors.get().open(batch.batch());
    try {
      while (cursor.next()) {
        checkRecord(cursor.record().timestamp(), nowMillis);
      }
    } finally {
      cursor.clear();
    }
  }

  private void checkRecord(long timestamp, long nowMillis) {
    long agoMillis = nowMillis - timestamp;
    boolean near = agoMillis <= beforeMaxMillis && -agoMillis <= afterMaxMillis;
    if (!near && timestamp != RecordBatch.NO_TIMESTAMP) {
      throw new InvalidTimestampException(
          log, timestamp, nowMillis, beforeMaxMillis, afterMaxMillis);
    }
  }
}
