package dev.varve.log;

import dev.varve.log.error.BatchTooLargeException;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.RecordBatchBuilder;
import org.agrona.concurrent.EpochClock;

/**
 * What appends to a log go by before it is their turn, as it is configured now: sizes, timestamps,
 * compression. Whoever configures a log that is open puts another in the place of this.
 *
 * <p>Thread safety: safe for use by several threads.
 */
final class AppendRules {
  private final LogOptions options;
  private final int batchBytesMax;
  private final AppendTime time;
  private final AppendKeys keys;
  private final ThreadLocal<RecordBatchBuilder> builders;

  /**
   * Rules for a log.
   *
   * @param log its directory, for messages
   * @param clock the log's, which stays the same however it is configured
   */
  AppendRules(String log, EpochClock clock, LogOptions options) {
    this.options = options;
    this.batchBytesMax = Math.min(options.batchBytesMax(), options.segmentBytesMax());
    this.time = new AppendTime(log, clock, options);
    this.keys = new AppendKeys(log, options);
    this.builders = ThreadLocal.withInitial(this::newBuilder);
  }

  /** How the log is configured now. */
  LogOptions options() {
    return options;
  }

  /** A builder of batches for one thread. */
  RecordBatchBuilder newBuilder() {
    return RecordBatchBuilder.of(options.compression());
  }

  /** An empty builder of the calling thread's, for batches that it appends at once. */
  RecordBatchBuilder builder() {
    return builders.get().clear();
  }

  /** Holds a batch of records against the rules, and stamps it if they say so. */
  void onRecords(EncodedBatch batch) {
    int batchBytes = batch.sizeBytes();
    if (batchBytes > batchBytesMax) {
      throw tooLarge("batch", batchBytes, batchBytesMax);
    }
    keys.onRecords(batch);
    time.onRecords(batch);
  }

  /** The same for a marker of the log's own. */
  void onMarker(EncodedBatch marker) {
    time.onMarker(marker);
  }

  /** Holds batches of a leader, which has held each against its own rules, against the size. */
  void onRun(int runBytes) {
    if (runBytes > options.segmentBytesMax()) {
      throw tooLarge("batches", runBytes, options.segmentBytesMax());
    }
  }

  private BatchTooLargeException tooLarge(String what, int bytes, int bytesMax) {
    return new BatchTooLargeException(
        what
            + " of "
            + bytes
            + " bytes, expected at most "
            + bytesMax
            + " (max.message.bytes is "
            + options.batchBytesMax()
            + ", segment.bytes is "
            + options.segmentBytesMax()
            + ")");
  }
}
