package dev.varve.interop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.varve.log.AbortedTransaction;
import dev.varve.log.CommitLog;
import dev.varve.log.LogReader;
import dev.varve.log.OpenReport;
import dev.varve.log.PinnedBatches;
import dev.varve.log.SegmentInfo;
import dev.varve.log.Visibility;
import dev.varve.log.error.CorruptLogException;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.EndTransactionMarker.Outcome;
import dev.varve.log.record.EpochEnd;
import dev.varve.log.record.TransactionVersion;
import dev.varve.retention.LeaseLimits;
import dev.varve.retention.LogRetention;
import dev.varve.retention.ReaderLeases;
import dev.varve.retention.RetentionPlan;
import dev.varve.retention.RetentionPolicy;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Varve's log in the words of {@link KafkaLog}, so that the two can be told the same and compared.
 *
 * <p>Thread safety: none.
 */
final class VarveLog implements PartitionLog {
  private final CommitLog log;
  private final KafkaClock clock;
  private final VarveEncoding encoding;

  private VarveLog(CommitLog log, KafkaClock clock, VarveEncoding encoding) {
    this.log = log;
    this.clock = clock;
    this.encoding = encoding;
  }

  /** Opens a log that encodes batches by Varve's own builder and codecs. */
  static VarveLog open(Path directory, LogSettings settings, KafkaClock clock) {
    return open(directory, settings, clock, VarveEncoding.VARVE);
  }

  static VarveLog open(
      Path directory, LogSettings settings, KafkaClock clock, VarveEncoding encoding) {
    return new VarveLog(CommitLog.open(directory, settings.varve(clock)), clock, encoding);
  }

  /** Opens a log that is one of several replicas. */
  static VarveLog openReplica(Path directory, LogSettings settings, KafkaClock clock) {
    return new VarveLog(
        CommitLog.open(directory, settings.varveReplica(clock)), clock, VarveEncoding.KAFKA);
  }

  /** Configures the log while it is open. */
  void configure(LogSettings settings) {
    log.configure(settings.varve(clock));
  }

  /** Appends batches as they come from a leader: offsets and epoch are given, gaps are lawful. */
  void appendAsFollower(long baseOffset, int leaderEpoch, NewBatch... batches) {
    ByteBuffer run = BatchEncoding.encode(baseOffset, leaderEpoch, batches).buffer();
    log.replica().appendAsFollower(MemorySegment.ofBuffer(run));
  }

  void truncateTo(long offset) {
    log.replica().truncateTo(offset);
  }

  void becomeLeader(int leaderEpoch) {
    log.replica().beginEpoch(leaderEpoch);
  }

  EpochEnd endOffsetForEpoch(int epoch) {
    return log.replica().endOffsetForEpoch(epoch);
  }

  @Override
  @CanIgnoreReturnValue
  public long append(NewBatch batch) {
    return log.append(encoding.encode(batch));
  }

  @CanIgnoreReturnValue
  long append(EncodedBatch batch) {
    return log.append(batch);
  }

  @Override
  @CanIgnoreReturnValue
  public long endTransaction(
      NewBatch.Producer producer, boolean commit, int coordinatorEpoch, int transactionVersion) {
    int epoch = transactionVersion >= 2 ? producer.epoch() + 1 : producer.epoch();
    return log.transactions()
        .end(
            producer.id(),
            (short) epoch,
            commit ? Outcome.COMMIT : Outcome.ABORT,
            coordinatorEpoch,
            transactionVersion >= 2 ? TransactionVersion.TV2 : TransactionVersion.TV1);
  }

  @Override
  public void deleteRecordsBefore(long offset) {
    log.advanceStartOffset(offset);
  }

  @Override
  public void roll() {
    log.roll();
  }

  /** The log itself, for what compacts it. */
  CommitLog commitLog() {
    return log;
  }

  @Override
  public List<KafkaRecord> readAll() {
    List<KafkaRecord> records = new ArrayList<>();
    readInto(records);
    return records;
  }

  /** All records before the first that cannot be read. */
  List<KafkaRecord> readBeforeDamage() {
    List<KafkaRecord> records = new ArrayList<>();
    try {
      readInto(records);
    } catch (CorruptLogException e) {
      // what comes before it is asked for
    }
    return records;
  }

  long lastStableOffset() {
    return log.offsets().lastStableOffset();
  }

  /** Of a replica: what it is when the high watermark has come to an offset. */
  long lastStableOffset(long highWatermark) {
    log.replica().advanceHighWatermark(highWatermark);
    return lastStableOffset();
  }

  List<KafkaRecord> readCommitted() {
    List<KafkaRecord> records = new ArrayList<>();
    try (LogReader reader = log.reader(startOffset(), Visibility.COMMITTED)) {
      while (reader.next()) {
        records.add(KafkaRecord.of(reader.batch(), reader.record()));
      }
    }
    return records;
  }

  List<AbortedTransaction> abortedTransactions(long offset, int bytesMax) {
    try (PinnedBatches batches = log.read(offset, bytesMax, Visibility.COMMITTED)) {
      return batches.abortedTransactions();
    }
  }

  /** The offset after the last batch of a fetch of committed records. */
  long fetchEnd(long offset, int bytesMax) {
    long end = offset;
    try (PinnedBatches batches = log.read(offset, bytesMax, Visibility.COMMITTED)) {
      while (batches.next()) {
        end = batches.batch().nextOffset();
      }
    }
    return end;
  }

  private void readInto(List<KafkaRecord> records) {
    try (LogReader reader = log.reader(startOffset()).withControlRecords()) {
      while (reader.next()) {
        records.add(KafkaRecord.of(reader.batch(), reader.record()));
      }
    }
  }

  /** Gives up what a policy lets go, without leases. */
  @CanIgnoreReturnValue
  RetentionPlan retain(RetentionPolicy policy) {
    LeaseLimits limits = new LeaseLimits(0, Duration.ZERO);
    ReaderLeases leases = new ReaderLeases(limits, clock::milliseconds, _ -> {});
    return new LogRetention(log, policy, leases, clock::milliseconds).run();
  }

  OptionalLong offsetForTimestamp(long timestamp) {
    return log.offsetForTimestamp(timestamp);
  }

  /** Does all the background work there is. */
  void runMaintenance() {
    while (log.maintenance() > 0) {
      // as often as there is something to do
    }
  }

  OpenReport openReport() {
    return log.openReport();
  }

  @Override
  public long startOffset() {
    return log.offsets().startOffset();
  }

  @Override
  public long endOffset() {
    return log.offsets().endOffset();
  }

  List<SegmentInfo> segments() {
    return log.segments();
  }

  @Override
  public List<Long> segmentBaseOffsets() {
    return log.segments().stream().map(SegmentInfo::baseOffset).toList();
  }

  @Override
  public KafkaClock clock() {
    return clock;
  }

  @Override
  public void close() {
    log.close();
  }
}
