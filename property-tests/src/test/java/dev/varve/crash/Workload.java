package dev.varve.crash;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.varve.crash.Promise.Batch;
import dev.varve.crash.Survivor.Violation;
import dev.varve.log.CommitLog;
import dev.varve.log.Durability;
import dev.varve.log.LogOptions;
import dev.varve.log.LogReader;
import dev.varve.log.Producer;
import dev.varve.log.Visibility;
import dev.varve.log.error.LogException;
import dev.varve.log.error.LogFailedException;
import dev.varve.log.error.LogTruncatedException;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.LeaderEpoch;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.storage.SimulatedDisk;
import dev.varve.retention.LogFacts;
import dev.varve.retention.LogRetention;
import dev.varve.retention.RetentionPlan;
import dev.varve.retention.RetentionPolicy;
import dev.varve.retention.RetentionRule;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.agrona.concurrent.EpochClock;
import org.jspecify.annotations.Nullable;

/**
 * Steps that are done to a log on a simulated disk, until the last or until the power goes.
 *
 * <p>Segments are tiny, so that three steps come through every state that a segment has.
 */
final class Workload {
  private static final int SEGMENT_BYTES_MAX = 2048;

  /** Two do not fit into a segment, and each lies on several sectors, so that it can be torn. */
  private static final int LARGE_VALUE_BYTES = 1200;

  /** The name of the one producer. */
  static final String PRODUCER = "explorer";

  private static final Duration HOUR = Duration.ofHours(1);

  private final List<Step> steps;
  private final Promise promise;
  private final SimulatedDisk disk;
  private final Meanwhile meanwhile;
  private final Defect defect;
  private final LogOptions options;
  private long nowMillis;
  private boolean forceIsDue;
  private boolean mayHaveLost;
  private boolean diskMayLie;
  private long operationsBeforeLast;
  private int epochs;
  private @Nullable CommitLog log;
  private @Nullable LogReader reader;

  Workload(List<Step> steps, SimulatedDisk disk, Defect defect) {
    this.steps = steps;
    this.disk = disk;
    this.meanwhile = new Meanwhile(disk);
    this.defect = defect;
    this.promise = new Promise(steps.stream().anyMatch(Step::isOfReplica));
    this.options = options(() -> nowMillis, promise.isReplicated());
  }

  private static LogOptions options(EpochClock clock, boolean replicated) {
    return LogOptions.builder()
        .segmentBytesMax(SEGMENT_BYTES_MAX)
        .segmentMillisMax(HOUR.toMillis() / 2)
        .indexIntervalBytes(100)
        .durability(Durability.every(HOUR))
        .ownMaintenanceThreads(false)
        .clock(clock)
        .replicated(replicated)
        .build();
  }

  static CommitLog open(SimulatedDisk disk, Defect defect, boolean replicated) {
    return CommitLog.open(defect.in().apply(disk), options(() -> 0, replicated));
  }

  /** Does the steps; a log that fails because the power is out ends it. */
  Promise run() {
    try {
      open();
      for (Step step : steps) {
        operationsBeforeLast = disk.faults().operations();
        run(step);
      }
    } catch (LogException e) {
      if (!disk.faults().powerIsOut()) {
        throw e;
      }
    } finally {
      die();
    }
    return promise;
  }

  /** How many operations there were before the last step. */
  long operationsBeforeLast() {
    return operationsBeforeLast;
  }

  /** The disk that the workload left. */
  SimulatedDisk disk() {
    return disk;
  }

  Promise promise() {
    return promise;
  }

  @Nullable CommitLog log() {
    return log;
  }

  /** Opens the log; all that was written before must be there. */
  void open() {
    forceIsDue = false;
    CommitLog opened = CommitLog.open(defect.in().apply(meanwhile), options);
    log = opened;
    long end = opened.offsets().endOffset();
    if (end == promise.truncationAsked()) {
      promise.truncated(end);
    } else {
      promise.truncationRefused();
    }
    if (mayHaveLost && end < promise.endOffset()) {
      promise.reopened(end);
    }
    if (diskMayLie) {
      return;
    }
    mayHaveLost = false;
    require(
        end == promise.endOffset(),
        "opened with " + opened.offsets() + ", though the process had written " + promise);
    require(end >= promise.durableEnd(), "opened with " + opened.offsets() + ", of " + promise);
  }

  /** The log has said that what was written and not durable may be gone when it is opened again. */
  void mayHaveLost() {
    mayHaveLost = true;
  }

  /** Nobody can promise what is found when the disk gives other bytes than were written. */
  void diskMayLie() {
    diskMayLie = true;
  }

  /** Whether the process could not know that all it had written is still there. */
  boolean isUnsure() {
    return mayHaveLost;
  }

  /** The process is gone: its memory is given back, and nothing on the disk changes. */
  void die() {
    disk.faults().withoutPower(() -> abandon(log, reader));
    log = null;
    reader = null;
  }

  static void abandon(@Nullable CommitLog log, @Nullable LogReader reader) {
    if (reader != null) {
      reader.close();
    }
    if (log != null) {
      try {
        log.close();
      } catch (LogException e) {
        // as any close without a disk
      }
    }
  }

  /** Does one step. */
  void run(Step step) {
    CommitLog current = openLog();
    switch (step) {
      case Step.Append append -> append(current, append.records(), 10);
      case Step.Produce produce -> produce(current, produce.records());
      case Step.Roll _ -> append(current, 1, LARGE_VALUE_BYTES);
      case Step.Flush _ -> flush(current);
      case Step.FlushMeanwhile _ -> {
        meanwhile.duringNextForce(() -> append(current, 1, 10));
        try {
          flush(current);
        } finally {
          meanwhile.duringNextForce(null);
        }
      }
      case Step.AwaitDurable _ -> awaitDurable(current);
      case Step.Maintain _ -> maintain(current);
      case Step.Tick _ -> {
        nowMillis += HOUR.toMillis();
        forceIsDue = true;
      }
      case Step.Read _ -> read(current);
      case Step.Trim trim -> {
        long start = promise.startOffset();
        trim(current, start + (promise.endOffset() - start) * trim.percent() / 100);
      }
      case Step.Lead _ -> lead(current);
      case Step.Follow(int gap) -> follow(current, gap);
      case Step.Truncate truncate -> truncate(current, truncate.percent());
      case Step.StartAnew anew -> startAnew(current, promise.endOffset() + anew.above());
      case Step.Retain _ -> trim(current, current.segments().getLast().baseOffset());
      case Step.Expire expire -> expire(current, expire.retentionBytes());
      case Step.Reopen _ -> {
        closeInOrder(current);
        open();
      }
      case Step.Kill _ -> {
        die();
        open();
      }
    }
  }

  private CommitLog openLog() {
    if (log == null) {
      throw new IllegalStateException("the log is not open");
    }
    return log;
  }

  private void flush(CommitLog current) {
    long end = promise.endOffset();
    forceIsDue = false;
    current.flush();
    promise.durable(end);
  }

  private void awaitDurable(CommitLog current) {
    long end = promise.endOffset();
    if (end == 0) {
      return;
    }
    forceIsDue = false;
    CompletableFuture<Void> durable = current.whenDurable(end - 1);
    var _ = current.maintenance();
    durable.orTimeout(1, TimeUnit.MINUTES).join();
    promise.durable(end);
    current.awaitDurable(end - 1);
  }

  private void maintain(CommitLog current) {
    long end = promise.endOffset();
    var _ = current.maintenance();
    if (forceIsDue) {
      forceIsDue = false;
      promise.durable(end);
    }
  }

  /** A reader stays where it is from step to step, and keeps its segment from being trimmed. */
  private void read(CommitLog current) {
    if (reader == null || reader.nextOffset() < current.offsets().startOffset()) {
      closeReader();
      reader = current.reader(current.offsets().startOffset(), Visibility.DURABLE);
    }
    while (next(reader)) {
      long offset = reader.record().offset();
      String key = Survivor.text(reader.record().copyKey());
      String first = promise.saw(offset, key);
      require(first.equals(key), "offset " + offset + " was " + first + " and is " + key);
    }
  }

  private boolean next(LogReader from) {
    try {
      return from.next();
    } catch (LogTruncatedException e) {
      require(promise.isReplicated(), "a log that is not replicated said " + e);
      closeReader();
      return false;
    }
  }

  private void closeReader() {
    if (reader != null) {
      reader.close();
      reader = null;
    }
  }

  /** Closes the log as its user is asked to. */
  void closeInOrder(CommitLog current) {
    closeReader();
    long end = promise.endOffset();
    log = null;
    current.close();
    if (!mayHaveLost) { // a log that has said that it stopped promises nothing more
      promise.durable(end);
    }
  }

  private void append(CommitLog current, int records, int valueBytes) {
    Batch batch = nextBatch(current, records, valueBytes, RecordBatch.NO_SEQUENCE);
    append(batch, () -> current.append(builder(current, batch).build()));
  }

  private void produce(CommitLog current, int records) {
    try (Producer producer = current.producer(PRODUCER)) {
      Batch batch = nextBatch(current, records, 10, producer.nextSequence());
      append(batch, () -> producer.append(builder(current, batch)));
    }
  }

  private Batch nextBatch(CommitLog current, int records, int valueBytes, int sequence) {
    int id = promise.nextBatchId();
    long base = current.offsets().endOffset();
    return new Batch(id, base, records, valueBytes, nowMillis + timestamp(id), sequence);
  }

  static RecordBatchBuilder builder(CommitLog log, Batch batch) {
    RecordBatchBuilder builder = log.newBatch();
    for (int i = 0; i < batch.records(); i++) {
      builder.append(batch.timestamp(), key(batch.id(), i), value(batch.id(), batch.valueBytes()));
    }
    return builder;
  }

  /** The epoch is its number's, so that no two leaders have the same. */
  private void lead(CommitLog current) {
    LeaderEpoch epoch = new LeaderEpoch(++epochs, promise.endOffset());
    promise.beginning(epoch);
    forceIsDue = false;
    current.replica().beginEpoch(epoch.epoch());
    promise.durable(epoch.startOffset());
    promise.begun(epoch);
  }

  private void follow(CommitLog current, int gap) {
    long end = current.offsets().endOffset();
    long base = end + gap;
    promise.gap(end, base);
    LeaderEpoch epoch = new LeaderEpoch(++epochs, base);
    Arena arena = Arena.ofAuto();
    MemorySegment run = MemorySegment.NULL;
    List<Batch> batches = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      int id = promise.nextBatchId();
      Batch batch =
          new Batch(id, base + 2L * i, 2, 10, nowMillis + timestamp(id), RecordBatch.NO_SEQUENCE);
      EncodedBatch encoded = builder(current, batch).build();
      encoded.stamp(batch.baseOffset(), epoch.epoch());
      MemorySegment longer = arena.allocate(run.byteSize() + encoded.sizeBytes());
      MemorySegment.copy(run, 0, longer, 0, run.byteSize());
      MemorySegment.copy(encoded.memory(), 0, longer, run.byteSize(), encoded.sizeBytes());
      run = longer;
      batches.add(batch);
      promise.appending(batch);
    }
    promise.beginning(epoch);
    try {
      current.replica().appendAsFollower(run);
    } catch (LogException e) {
      boolean appended = current.offsets().endOffset() > base;
      if (appended) {
        promise.appended();
      } else if (!disk.faults().powerIsOut()) {
        batches.forEach(_ -> promise.refused());
        promise.wentOnTo(current.offsets().endOffset()); // it may have rolled behind the gap
      }
      throw e;
    }
    promise.appended();
    promise.followed(epoch);
  }

  private void truncate(CommitLog current, int percent) {
    long highWatermark = current.offsets().highWatermark();
    long offset = highWatermark + (promise.endOffset() - highWatermark) * percent / 100;
    long end = promise.batchAt(offset).map(Batch::baseOffset).orElse(offset);
    if (end < highWatermark) {
      return;
    }
    promise.truncating(end);
    forceIsDue = false;
    try {
      long found = current.replica().truncateTo(offset);
      require(found == end, "truncated to " + found + ", expected " + end);
    } catch (LogException e) {
      if (!(e instanceof LogFailedException) && !disk.faults().powerIsOut()) {
        promise.truncationRefused();
      }
      throw e;
    }
    promise.truncated(end);
  }

  private void startAnew(CommitLog current, long offset) {
    promise.truncating(offset);
    promise.trimming(offset);
    forceIsDue = false;
    current.replica().truncateFullyAndStartAt(offset);
    promise.startedAnew(offset);
  }

  private void append(Batch batch, LongSupplier log) {
    promise.appending(batch);
    long offset = appended(log);
    require(
        offset == batch.baseOffset(), "appended at " + offset + ", expected " + batch.baseOffset());
    promise.appended();
  }

  private long appended(LongSupplier log) {
    try {
      return log.getAsLong();
    } catch (LogException e) {
      if (!disk.faults().powerIsOut()) {
        promise.refused();
      }
      throw e;
    }
  }

  private void trim(CommitLog current, long offset) {
    if (promise.isReplicated()) {
      current.replica().advanceHighWatermark(offset);
    }
    promise.trimming(offset);
    forceIsDue = false;
    current.advanceStartOffset(offset);
    promise.trimmed(offset);
  }

  private void expire(CommitLog current, long retentionBytes) {
    RetentionPolicy policy =
        RetentionPolicy.of(
            RetentionRule.bytes(retentionBytes), RetentionRule.age(HOUR.dividedBy(2)));
    RetentionPlan plan = policy.plan(LogFacts.of(current, List.of(), nowMillis));
    if (plan.isEmpty()) {
      return;
    }
    promise.trimming(plan.startOffset());
    if (plan.rollsActive()) { // or not, where there is no room for a new segment
      promise.trimming(current.segments().getLast().baseOffset());
    }
    LogRetention.apply(plan, current);
    forceIsDue = false;
    promise.trimmed(current.offsets().startOffset());
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new Violation(otherwise);
    }
  }

  static byte[] key(int batchId, int index) {
    return (batchId + "/" + index).getBytes(US_ASCII);
  }

  /** No byte of it is zero, so that none that was lost looks as if it were there. */
  static byte[] value(int batchId, int bytes) {
    byte[] value = new byte[bytes];
    Arrays.fill(value, (byte) (1 + batchId % 100));
    return value;
  }

  /** Goes up and down, so that the time index has something to say. */
  private static long timestamp(int batchId) {
    return 1000 + (batchId % 3) * 100L - batchId;
  }
}
