package dev.varve.interop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.varve.log.AbortedTransaction;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.EpochEnd;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.server.common.RequestLocal;
import org.apache.kafka.server.storage.log.FetchIsolation;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.FetchDataInfo;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.LogSegment;
import org.apache.kafka.storage.internals.log.LogStartOffsetIncrementReason;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/**
 * The oracle: a directory {@code <topic>-<partition>} under Apache Kafka 4.4's own log.
 *
 * <p>{@link #close} is an orderly stop of a broker, after which the directory may be opened as
 * clean. What a killed broker leaves is a copy of the directory, taken while the log is open.
 *
 * <p>Thread safety: none.
 */
final class KafkaLog implements PartitionLog {
  private static final int TRANSACTION_TIMEOUT_MILLIS_MAX = 15 * 60_000;
  private static final int PRODUCER_EXPIRATION_MILLIS = 24 * 60 * 60_000;
  private static final int PRODUCER_CHECK_MILLIS = 10 * 60_000;
  private static final int READ_BYTES_MAX = 1 << 20;

  private final UnifiedLog log;
  private final KafkaClock clock;

  private KafkaLog(UnifiedLog log, KafkaClock clock) {
    this.log = log;
    this.clock = clock;
  }

  static Opening at(Path directory) {
    return new Opening(directory);
  }

  /**
   * Appends a batch the way a partition's leader does, which checks it and gives it offsets.
   *
   * @return the offset of the first record
   */
  @CanIgnoreReturnValue
  long append(NewBatch batch, int leaderEpoch) throws IOException {
    return log.appendAsLeader(BatchEncoding.encode(batch), leaderEpoch).firstOffset();
  }

  @Override
  @CanIgnoreReturnValue
  public long append(NewBatch batch) throws IOException {
    return append(batch, 0);
  }

  @Override
  @CanIgnoreReturnValue
  public long endTransaction(
      NewBatch.Producer producer, boolean commit, int coordinatorEpoch, int transactionVersion) {
    short epoch = (short) (transactionVersion >= 2 ? producer.epoch() + 1 : producer.epoch());
    ControlRecordType outcome = commit ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
    MemoryRecords marker =
        MemoryRecords.withEndTransactionMarker(
            clock.milliseconds(),
            producer.id(),
            epoch,
            new EndTransactionMarker(outcome, coordinatorEpoch));
    return log.appendAsLeader(
            marker,
            0,
            AppendOrigin.COORDINATOR,
            RequestLocal.noCaching(),
            VerificationGuard.SENTINEL,
            (short) transactionVersion)
        .firstOffset();
  }

  /** Appends batches as they come from a leader: offsets and epoch are given, gaps are lawful. */
  void appendAsFollower(long baseOffset, int leaderEpoch, NewBatch... batches) {
    log.appendAsFollower(BatchEncoding.encode(baseOffset, leaderEpoch, batches), leaderEpoch);
  }

  /** Appends a batch with the offsets and the epoch that a log of Varve has given it. */
  void appendAsFollower(EncodedBatch batch) {
    ByteBuffer bytes = ByteBuffer.wrap(batch.memory().toArray(ValueLayout.JAVA_BYTE));
    log.appendAsFollower(
        MemoryRecords.readableRecords(bytes.limit(batch.sizeBytes())), batch.batch().leaderEpoch());
  }

  @Override
  public List<KafkaRecord> readAll() throws IOException {
    return readFrom(log.logStartOffset());
  }

  /** Every record at or above an offset, which must lie within the log. */
  List<KafkaRecord> readFrom(long startOffset) throws IOException {
    List<KafkaRecord> records = new ArrayList<>();
    long offset = startOffset;
    while (offset < log.logEndOffset()) {
      long before = offset;
      for (RecordBatch batch :
          log.read(offset, READ_BYTES_MAX, FetchIsolation.LOG_END, true).records.batches()) {
        batch.ensureValid();
        for (Record record : batch) {
          if (record.offset() >= startOffset) {
            records.add(KafkaRecord.of(batch, record));
          }
        }
        offset = batch.nextOffset();
      }
      if (offset == before) {
        // A gap at the end: compaction and truncation may leave the log end past the last batch.
        break;
      }
    }
    return records;
  }

  /** The first record at or after a time, which Kafka looks up by way of the time indexes. */
  Optional<OffsetAtTime> offsetForTimestamp(long timestamp) {
    return log.fetchOffsetByTimestamp(timestamp, Optional.empty())
        .timestampAndOffsetOpt()
        .map(found -> new OffsetAtTime(found.offset, found.timestamp));
  }

  /**
   * Deletes records from the front: {@code [start, end)} becomes {@code [offset, end)}. Files of
   * whole segments below are renamed, and go once {@code file.delete.delay.ms} has passed on the
   * clock; the offset may lie inside a batch.
   */
  @Override
  public void deleteRecordsBefore(long offset) throws IOException {
    log.updateHighWatermark(log.logEndOffset());
    log.maybeIncrementLogStartOffset(offset, LogStartOffsetIncrementReason.ClientRecordDeletion);
    log.deleteOldSegments();
  }

  /**
   * What a broker has its log do every five minutes; all records count as replicated.
   *
   * @return how many segments went
   */
  @CanIgnoreReturnValue
  int deleteOldSegments() throws IOException {
    log.updateHighWatermark(log.logEndOffset());
    return log.deleteOldSegments();
  }

  /** Kafka's log itself, for Kafka's cleaner. */
  UnifiedLog unified() {
    return log;
  }

  /** What a broker has its log do every ten minutes. */
  void forgetIdleProducers() {
    log.removeExpiredProducers(clock.milliseconds());
  }

  @Override
  public void roll() throws IOException {
    log.roll();
  }

  /** Cuts the end: {@code [start, end)} becomes {@code [start, offset)}. */
  void truncateTo(long offset) {
    log.truncateTo(offset);
  }

  /** Forces all that was appended to disk. */
  void flush() {
    log.flush(true);
  }

  void becomeLeader(int leaderEpoch) {
    log.assignEpochStartOffset(leaderEpoch, log.logEndOffset());
  }

  /** The epoch that is known for one asked for, and where it ended; -1 if that is not known. */
  EpochEnd endOffsetForEpoch(int epoch) {
    var end = log.leaderEpochCache().endOffsetFor(epoch, log.logEndOffset());
    return new EpochEnd(end.getKey(), end.getValue());
  }

  @Override
  public KafkaClock clock() {
    return clock;
  }

  @Override
  public long startOffset() {
    return log.logStartOffset();
  }

  @Override
  public long endOffset() {
    return log.logEndOffset();
  }

  long lastStableOffset() throws IOException {
    return lastStableOffset(log.logEndOffset());
  }

  /** What it is when the high watermark has come to an offset. */
  long lastStableOffset(long highWatermark) throws IOException {
    log.updateHighWatermark(highWatermark);
    return log.lastStableOffset();
  }

  /** What a fetch of committed records says of aborted transactions, by first offset. */
  List<AbortedTransaction> abortedTransactions(long offset, int bytesMax) throws IOException {
    log.updateHighWatermark(log.logEndOffset());
    return aborted(log.read(offset, bytesMax, FetchIsolation.TXN_COMMITTED, true));
  }

  private static List<AbortedTransaction> aborted(FetchDataInfo fetched) {
    return fetched.abortedTransactions.orElse(List.of()).stream()
        .map(found -> new AbortedTransaction(found.producerId(), found.firstOffset()))
        .sorted(Comparator.comparingLong(AbortedTransaction::firstOffset))
        .toList();
  }

  /** What a consumer of committed records makes of what it fetches. */
  List<KafkaRecord> readCommitted() throws IOException {
    List<KafkaRecord> records = new ArrayList<>();
    long end = lastStableOffset();
    long offset = log.logStartOffset();
    while (offset < end) {
      FetchDataInfo fetched = log.read(offset, READ_BYTES_MAX, FetchIsolation.TXN_COMMITTED, true);
      Deque<AbortedTransaction> aborted = new ArrayDeque<>(aborted(fetched));
      Set<Long> producers = new HashSet<>();
      long before = offset;
      for (RecordBatch batch : fetched.records.batches()) {
        while (!aborted.isEmpty() && aborted.getFirst().firstOffset() <= batch.lastOffset()) {
          producers.add(aborted.removeFirst().producerId());
        }
        for (Record record : batch) {
          if (batch.isControlBatch()) {
            if (ControlRecordType.parse(record.key()) == ControlRecordType.ABORT) {
              producers.remove(batch.producerId());
            }
          } else if (record.offset() >= before
              && !(batch.isTransactional() && producers.contains(batch.producerId()))) {
            records.add(KafkaRecord.of(batch, record));
          }
        }
        offset = batch.nextOffset();
      }
      if (offset == before) {
        break; // a gap at the end
      }
    }
    return records;
  }

  @Override
  public List<Long> segmentBaseOffsets() {
    return log.logSegments().stream().map(LogSegment::baseOffset).toList();
  }

  /** The newest sequence of each producer that the log remembers, by producer id. */
  Map<Long, Integer> lastSequences() {
    return log.activeProducersWithLastSequence();
  }

  /** Stops as a broker does in order: indexes trimmed, all forced, producer snapshot taken. */
  @Override
  public void close() {
    log.flush(true);
    clock.runWaiting();
    log.prepareActiveSegmentForClose();
    log.close();
    clock.runWaiting();
  }

  /** Configures the log while it is open, as a change of its topic's configuration does. */
  void configure(Opening changed) {
    log.updateConfig(new LogConfig(changed.topicConfig));
  }

  /** Where a lookup by time ended: the offset of a record, and that record's timestamp. */
  record OffsetAtTime(long offset, long timestamp) {}

  /**
   * How to open: after a clean stop, with recovery point and log start 0, unless said otherwise.
   */
  static final class Opening {
    private final Path directory;
    private final Map<String, String> topicConfig = new HashMap<>();
    private KafkaClock clock = new KafkaClock(1_700_000_000_000L);
    private boolean lastStopClean = true;
    private long recoveryPoint;
    private long logStartOffset;

    private Opening(Path directory) {
      this.directory = directory;
      // The clock of a test stands still, so no record counts as being from the future.
      config(TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG, Long.toString(Long.MAX_VALUE));
      config(TopicConfig.RETENTION_MS_CONFIG, "-1");
    }

    @CanIgnoreReturnValue
    Opening config(String topicConfigName, String value) {
      topicConfig.put(topicConfigName, value);
      return this;
    }

    /** {@code segment.bytes}, but with values below Kafka's lower limit of 1 MiB too. */
    Opening segmentBytes(int bytes) {
      return config(LogConfig.INTERNAL_SEGMENT_BYTES_CONFIG, Integer.toString(bytes));
    }

    Opening clock(KafkaClock clock) {
      this.clock = clock;
      return this;
    }

    Opening afterUncleanStop() {
      this.lastStopClean = false;
      return this;
    }

    /** Below this offset an unclean opening does not look. */
    Opening recoveryPoint(long offset) {
      this.recoveryPoint = offset;
      return this;
    }

    /**
     * What the broker's {@code log-start-offset-checkpoint} says, which is outside the directory.
     */
    Opening logStartOffset(long offset) {
      this.logStartOffset = offset;
      return this;
    }

    KafkaLog open() throws IOException {
      UnifiedLog log =
          UnifiedLog.create(
              directory.toFile(),
              new LogConfig(topicConfig),
              logStartOffset,
              recoveryPoint,
              clock.scheduler(),
              new BrokerTopicStats(),
              clock,
              TRANSACTION_TIMEOUT_MILLIS_MAX,
              new ProducerStateManagerConfig(PRODUCER_EXPIRATION_MILLIS, false),
              PRODUCER_CHECK_MILLIS,
              new LogDirFailureChannel(1),
              lastStopClean,
              Optional.empty());
      return new KafkaLog(log, clock);
    }
  }
}
