package dev.varve.interop;

import dev.varve.log.LogOptions;
import dev.varve.log.record.TimestampType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * How a log is to behave, for Kafka's and for Varve's alike.
 *
 * @param segmentBytes Kafka's {@code segment.bytes}, but below its lower limit too
 * @param segmentMillis {@code segment.ms}
 * @param indexIntervalBytes {@code index.interval.bytes}
 * @param segmentIndexBytes {@code segment.index.bytes}
 * @param timestampType {@code message.timestamp.type}
 */
record LogSettings(
    int segmentBytes,
    long segmentMillis,
    int indexIntervalBytes,
    int segmentIndexBytes,
    TimestampType timestampType) {
  private static final int BATCH_BYTES_MAX = 10_000_000;
  private static final long SEVEN_DAYS_MILLIS = 7 * 86_400_000L;

  /** Kafka's defaults but for the size of segments. */
  static LogSettings ofSegmentBytes(int segmentBytes) {
    return new LogSettings(
        segmentBytes, SEVEN_DAYS_MILLIS, 4096, 10 << 20, TimestampType.CREATE_TIME);
  }

  LogSettings withIndexIntervalBytes(int bytes) {
    return new LogSettings(segmentBytes, segmentMillis, bytes, segmentIndexBytes, timestampType);
  }

  LogSettings withSegmentMillis(long millis) {
    return new LogSettings(
        segmentBytes, millis, indexIntervalBytes, segmentIndexBytes, timestampType);
  }

  LogSettings withSegmentIndexBytes(int bytes) {
    return new LogSettings(segmentBytes, segmentMillis, indexIntervalBytes, bytes, timestampType);
  }

  /**
   * The same, with indexes that do not get full. Each opening of a log begins the index interval
   * anew, so that a rebuild may have more entries than were made; where they do not fit, Kafka does
   * not open its own log after an unclean stop.
   */
  LogSettings withRoomForRebuiltIndexes() {
    return withSegmentIndexBytes(Math.max(segmentIndexBytes, 100 * 24));
  }

  /** The same, with segments that take the largest of the batches, in whatever codec library. */
  LogSettings withRoomFor(List<LogStep> steps) {
    int largest =
        LogStep.batches(steps)
            .map(BatchEncoding::encode)
            .mapToInt(MemoryRecords::sizeInBytes)
            .max()
            .orElse(0);
    return new LogSettings(
        Math.max(segmentBytes, largest + largest / 4 + 100),
        segmentMillis,
        indexIntervalBytes,
        segmentIndexBytes,
        timestampType);
  }

  KafkaLog.Opening kafka(Path directory, KafkaClock clock) {
    return KafkaLog.at(directory)
        .clock(clock)
        .segmentBytes(segmentBytes)
        .config(TopicConfig.SEGMENT_MS_CONFIG, Long.toString(segmentMillis))
        .config(TopicConfig.INDEX_INTERVAL_BYTES_CONFIG, Integer.toString(indexIntervalBytes))
        .config(TopicConfig.SEGMENT_INDEX_BYTES_CONFIG, Integer.toString(segmentIndexBytes))
        .config(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(BATCH_BYTES_MAX))
        .config(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, timestampType.toString());
  }

  /** Background work is left to the test. */
  LogOptions varve(KafkaClock clock) {
    return builder(clock).build();
  }

  /** The same for one of several replicas. */
  LogOptions varveReplica(KafkaClock clock) {
    return builder(clock).replicated(true).build();
  }

  private LogOptions.Builder builder(KafkaClock clock) {
    return LogOptions.builder()
        .clock(clock::milliseconds)
        .ownMaintenanceThreads(false)
        .segmentBytesMax(segmentBytes)
        .segmentMillisMax(segmentMillis)
        .indexIntervalBytes(indexIntervalBytes)
        .indexBytesMax(segmentIndexBytes)
        .batchBytesMax(BATCH_BYTES_MAX)
        .timestampType(timestampType)
        .transactionTimeout(Duration.ZERO); // Kafka's log ends none by itself
  }
}
