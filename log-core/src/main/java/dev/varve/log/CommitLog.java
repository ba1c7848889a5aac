package dev.varve.log;

import dev.varve.log.error.LogException;
import dev.varve.log.error.LogFailedException;
import dev.varve.log.error.LogIOException;
import dev.varve.log.error.OffsetOutOfRangeException;
import dev.varve.log.maintenance.TaskStatus;
import dev.varve.log.producer.ProducerName;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.segment.Segment;
import dev.varve.log.storage.DirectoryStorage;
import dev.varve.log.storage.DiskFull;
import dev.varve.log.storage.Storage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.agrona.concurrent.EpochClock;
import org.jspecify.annotations.Nullable;

/**
 * An ordered sequence of records in one directory, appended to at the end and read from anywhere.
 * One partition of Apache Kafka, as a library: a directory closed here opens there, and the other
 * way round.
 *
 * {@snippet :
 * try (CommitLog log = CommitLog.open(Path.of("orders-0"))) {
 *   long offset = log.append(key, value);
 *   log.flush();
 *   try (LogReader reader = log.reader(offset)) {
 *     while (reader.next()) {
 *       use(reader.record());
 *     }
 *   }
 * }
 * }
 *
 * <p>What {@code append} has returned is <em>written</em>: it survives the death of the process.
 * What was there before {@link #flush} returned is <em>durable</em>: it survives a power loss.
 *
 * <p>Exceptions are all {@link LogException}s; one that does not say that the log stopped leaves it
 * usable. Thread safety: safe for use by several threads. Readers never wait for writers.
 */
public final class CommitLog implements AutoCloseable {
  private final Storage storage;
  private final LogOptions options;
  private final OpenReport openReport;
  private final FailureLatch failure;
  private final LogWriter writer;
  private final LogKeeper keeper;
  private final Replica replica;
  private final ScrubTask scrub;
  private final Transactions transactions;
  private final ReadPath readPath;
  private final SegmentSurvey survey;
  private final SegmentRewriter rewriter;
  private final LogMaintenance background;

  private CommitLog(Storage storage, LogOptions options, LogRecovery.Recovered recovered)
      throws IOException {
    this.storage = storage;
    this.options = options;
    this.openReport = recovered.report();
    this.failure = new FailureLatch(storage.directory().toString(), options.listener());
    this.writer =
        new LogWriter(
            storage,
            options,
            failure,
            recovered.segments(),
            recovered.state(),
            recovered.highWatermark());
    this.keeper = new LogKeeper(storage, writer, failure, options, recovered);
    this.transactions = new Transactions(writer, keeper, options);
    TransactionTimeouts transactionTimeouts =
        new TransactionTimeouts(writer, transactions, options);
    this.replica = new Replica(storage, options, writer, keeper);
    this.scrub = new ScrubTask(storage, writer::segments, options);
    ProducerExpiry producerExpiry = new ProducerExpiry(writer, options);
    this.readPath = new ReadPath(writer, keeper, failure, options);
    this.survey = new SegmentSurvey(storage, writer, keeper, readPath, options.clock());
    this.rewriter = new SegmentRewriter(storage, options, writer, keeper, readPath);
    this.background =
        new LogMaintenance(options, directory().toString())
            .space(writer::prepareSpace)
            .keeper(() -> writer.rules().options().durability(), keeper::backlog, keeper::maintain)
            .transactionTimeouts(transactionTimeouts::doWork)
            .producers(producerExpiry::doWork)
            .scrub(scrub::doWork);
    keeper.open(recovered.foreign());
  }

  /** Opens the log in a directory with the default options, creating it if there is none. */
  public static CommitLog open(Path directory) {
    return open(directory, LogOptions.defaults());
  }

  /**
   * Opens the log in a directory, creating it if there is none. Whatever the files hold, this
   * succeeds; {@link #openReport} says what was found and done.
   *
   * @throws dev.varve.log.error.LogDirectoryException if the directory cannot be used
   * @throws dev.varve.log.error.LogLockedException if the directory is open already, here or in
   *     another process
   * @throws LogIOException if the disk fails, or is full ({@code DiskFullException}); the directory
   *     is given back, so that it can be tried again
   * @throws LogFailedException if a force of the directory fails
   */
  public static CommitLog open(Path directory, LogOptions options) {
    return open(DirectoryStorage.open(directory), options);
  }

  /** Opens the log on a storage, which the log closes when it is closed itself. */
  public static CommitLog open(Storage storage, LogOptions options) {
    boolean opened = false;
    try {
      CommitLog log = open(storage, options, LogRecovery.recover(storage, options));
      opened = true;
      return log;
    } catch (IOException e) {
      throw DiskFull.exception(storage.directory() + " cannot be opened", e);
    } finally {
      if (!opened) {
        OfflineRecovery.release(storage);
      }
    }
  }

  private static CommitLog open(
      Storage storage, LogOptions options, LogRecovery.Recovered recovered) throws IOException {
    CommitLog log = null;
    boolean opened = false;
    try {
      log = new CommitLog(storage, options, recovered);
      log.background.start();
      options.listener().opened(log.openReport);
      opened = true;
      return log;
    } finally {
      if (!opened) {
        if (log != null) {
          log.background.stop();
        }
        recovered.segments().active().discard();
      }
    }
  }

  /** What opening the log found and did. */
  public OpenReport openReport() {
    return openReport;
  }

  /** Why the log has stopped, also when it was closed since; empty if it has not. */
  public Optional<LogFailedException> failure() {
    return failure.first();
  }

  /** The directory of the log. */
  public Path directory() {
    return storage.directory();
  }

  /**
   * Appends one record with the time of now.
   *
   * @param key the key, or null for none
   * @param value the value, or null for a tombstone
   * @return the offset of the record
   * @throws dev.varve.log.error.DiskFullException if there is no room; appends go on when there is
   * @throws dev.varve.log.error.BatchTooLargeException if the record is larger than allowed
   */
  public long append(byte @Nullable [] key, byte @Nullable [] value) {
    return append(options.clock().time(), key, value);
  }

  /**
   * Appends one record.
   *
   * @param timestamp milliseconds since the epoch, or -1 for none
   * @see #append(byte[], byte[])
   */
  public long append(long timestamp, byte @Nullable [] key, byte @Nullable [] value) {
    return append(writer.rules().builder().append(timestamp, key, value).build());
  }

  /**
   * Appends a batch, whole or not at all.
   *
   * @param batch is stamped with its offset, and can be appended again
   * @return the offset of its first record
   * @throws dev.varve.log.error.DiskFullException if there is no room; appends go on when there is
   * @throws dev.varve.log.error.BatchTooLargeException if the batch is larger than allowed
   * @throws dev.varve.log.error.InvalidTimestampException if a timestamp is out of the bounds that
   *     {@link LogOptions} has
   * @throws dev.varve.log.error.InvalidRecordException if a record has no key, in a compacted log
   * @throws dev.varve.log.record.InvalidBatchException if it is a control batch that marks nothing
   * @throws dev.varve.log.error.OutOfOrderSequenceException if it names a producer and is not the
   *     one that comes next; one of the last five again is not appended and has its old offset
   * @throws dev.varve.log.error.ProducerFencedException if its producer has a newer epoch
   */
  public long append(EncodedBatch batch) {
    long baseOffset = AppendAnswer.baseOffset(writer.append(batch));
    keeper.awaitAppended(baseOffset + batch.lastOffsetDelta() + 1);
    return baseOffset;
  }

  /**
   * Appends in the name of an idempotent producer, each batch once however often it is tried. The
   * name goes on where it was left, in this process or an earlier one. Who had it in this process
   * and has not closed it is fenced.
   *
   * @param name from 1 to 255 bytes of UTF-8; it is nowhere in the log, but for the id made of it
   * @return a producer for one thread, to be closed
   */
  public Producer producer(String name) {
    return new Producer(this, writer, transactions, ProducerName.of(name));
  }

  /** Returns when what was appended is as durable as an append has to be when it returns. */
  void awaitAppended(long endOffset) {
    keeper.awaitAppended(endOffset);
  }

  EpochClock clock() {
    return options.clock();
  }

  /** Whether the record of a producer at an offset is in a transaction that was aborted. */
  boolean isAborted(long producerId, long offset) {
    return readPath.isAborted(producerId, offset);
  }

  /**
   * Takes over, at once, what {@link LogOptions.Builder#topicConfig} can set: sizes and ages at
   * which segments are rolled, bounds of batches and timestamps, compression, durability, delays.
   * Indexes have their density from the next segment on, producers and builders of batches their
   * compression when they are made. All else stays as the log was opened with.
   *
   * @throws dev.varve.log.error.LogClosedException if the log was closed
   */
  public void configure(LogOptions changed) {
    writer.configure(changed);
    background.wakeKeeper(); // it may have to force more often
  }

  /** The log as one of several replicas. */
  public Replica replica() {
    return replica;
  }

  /** The transactions of the log, of all producers. */
  public Transactions transactions() {
    return transactions;
  }

  /** A builder of batches with the log's compression, for one thread. */
  public RecordBatchBuilder newBatch() {
    return writer.rules().newBuilder();
  }

  /**
   * Reads batches in place.
   *
   * @param offset where to begin; the first batch contains it
   * @param bytesMax how much to read at most; one batch is read however large it is
   * @return batches of one segment; none if the offset is the end of the log. To be closed.
   * @throws dev.varve.log.error.OffsetOutOfRangeException if the log does not have the offset
   */
  public PinnedBatches read(long offset, int bytesMax) {
    return read(offset, bytesMax, Visibility.WRITTEN);
  }

  /**
   * Reads batches in place, as far as they may be seen.
   *
   * @see #read(long, int)
   */
  public PinnedBatches read(long offset, int bytesMax, Visibility visibility) {
    return PinnedBatches.read(readPath, storage, offset, bytesMax, visibility);
  }

  /**
   * A reader that begins at an offset and can follow the log. To be closed.
   *
   * @throws dev.varve.log.error.OffsetOutOfRangeException if the log does not have the offset
   */
  public LogReader reader(long offset) {
    return reader(offset, Visibility.WRITTEN);
  }

  /**
   * A reader that sees no more than it may.
   *
   * @see #reader(long)
   */
  public LogReader reader(long offset, Visibility visibility) {
    return reader(offset, visibility, AutoOffsetReset.NONE);
  }

  /**
   * A reader that knows what to do when the log does not have an offset: now, or when the start of
   * the log passes it. {@link LogListener#readerReset} hears of it.
   *
   * @see #reader(long)
   */
  public LogReader reader(long offset, Visibility visibility, AutoOffsetReset reset) {
    return new LogReader(readPath, options.idleStrategy().get(), offset, visibility, reset);
  }

  /**
   * The offset of the first record, in the order of the log, whose timestamp is at least {@code
   * timestamp}; empty if there is none.
   *
   * @param timestamp milliseconds since the epoch
   */
  public OptionalLong offsetForTimestamp(long timestamp) {
    return readPath.offsetForTimestamp(timestamp);
  }

  /** How far the log reaches now. */
  public LogOffsets offsets() {
    long start = keeper.startOffset();
    long durable = keeper.durableEnd().get();
    long stable = writer.lastStableOffset();
    long highWatermark = options.replicated() ? writer.highWatermark() : Long.MAX_VALUE;
    long end = writer.endOffset(); // last, as all lies below it; but it may be truncated meanwhile
    long replicated = Math.min(highWatermark, end);
    return new LogOffsets(
        start,
        Math.max(start, Math.min(stable, replicated)),
        replicated,
        Math.min(durable, end),
        end);
  }

  /**
   * The segments now, oldest first. A sealed one is looked at once for its largest timestamp.
   *
   * @throws LogIOException if that fails
   */
  public List<SegmentInfo> segments() {
    return survey.segments();
  }

  /** What compaction works with: reads sealed segments, and replaces them. */
  public SegmentRewriter rewriter() {
    return rewriter;
  }

  /** How many pins readers hold on the log's memory, that of deleted segments included. */
  int pins() {
    int pins = keeper.retiredPins();
    for (Segment segment : writer.segments().all()) {
      pins += segment.pins();
    }
    return pins;
  }

  /**
   * Gives up the records below an offset, durably, and deletes the segments that hold nothing else.
   * Memory that a reader has pinned stays until it lets go. An offset at or below the start changes
   * nothing.
   *
   * <p>It needs next to no room, so that it can make room on a full disk. A file that cannot be
   * deleted is reported to the {@link LogListener}, and deleted later.
   *
   * @throws dev.varve.log.error.OffsetOutOfRangeException if the offset is past the high watermark,
   *     which is the end unless the log is replicated
   * @throws dev.varve.log.error.DiskFullException if there is not even room for the new start,
   *     which then has not moved
   * @throws LogIOException if the new start cannot be written; it then has not moved
   */
  public void advanceStartOffset(long offset) {
    keeper.advanceStartOffset(offset);
  }

  /**
   * Begins a new segment at the end of the log, so that all that is in the log now lies in segments
   * that can be given up. If the last segment has nothing yet, it stays.
   *
   * @throws dev.varve.log.error.DiskFullException if there is no room for a file
   * @throws LogIOException if none can be made
   */
  public void roll() {
    writer.rollTo(LogWriter.AT_END);
  }

  /** Makes everything durable that was appended before the call. */
  public void flush() {
    keeper.awaitDurable(writer.endOffset());
  }

  /**
   * Returns when a record is durable, forcing the disk if need be. Threads that wait at the same
   * time share one force.
   *
   * @param offset the offset of a record that was appended
   * @throws dev.varve.log.error.OffsetOutOfRangeException if there is no such record
   * @throws dev.varve.log.error.LogTruncatedException if the record is truncated meanwhile
   * @throws LogFailedException if the force fails: the log stops
   */
  public void awaitDurable(long offset) {
    keeper.awaitDurable(endOf(offset));
  }

  /**
   * Completes when a record is durable, after a force on the log's background thread; on the common
   * pool, exceptionally if the log stops, is closed, or loses the record to a truncation before.
   *
   * @param offset the offset of a record that was appended
   * @throws dev.varve.log.error.OffsetOutOfRangeException if there is no such record
   */
  public CompletableFuture<Void> whenDurable(long offset) {
    CompletableFuture<Void> durable = keeper.durableEnd().whenReached(endOf(offset));
    background.wakeKeeper();
    return durable;
  }

  private long endOf(long offset) {
    long end = writer.endOffset();
    if (offset < 0 || offset >= end) {
      throw new OffsetOutOfRangeException(offset, keeper.startOffset(), end);
    }
    return offset + 1;
  }

  /**
   * Does what can be done now of the log's background work: reserving space ahead of the writer,
   * putting rolled segments in order, unmapping what is no longer read, one step of reading sealed
   * segments again, aborting transactions that were open for too long, forgetting idle producers.
   * The log's own threads do it, or {@linkplain LogOptions.Builder#maintenance those that it
   * shares}, unless {@link LogOptions.Builder#ownMaintenanceThreads} says otherwise.
   *
   * @return how much was done; 0 if there is nothing to do
   */
  public int maintenance() {
    return background.runOnce();
  }

  /** How the tasks of the background fare; empty if the embedder calls {@link #maintenance}. */
  public List<TaskStatus> maintenanceStatus() {
    return background.status();
  }

  /** How far the background is in reading sealed segments again. */
  public ScrubProgress scrubProgress() {
    return scrub.progress();
  }

  /**
   * Makes everything durable, and leaves the directory so that the next open has nothing to scan.
   * Readers are to be closed before: what one of them still holds cannot be put in order, and the
   * next open then scans the last segment. Doing it twice is harmless, and gives back the memory
   * that readers still held the first time.
   *
   * <p>Whatever happens, the memory, the files and the directory are given back. Of a log that has
   * stopped, nothing else is done.
   *
   * @throws LogIOException if the files cannot be put in order, on a full disk perhaps: the next
   *     open scans
   * @throws LogFailedException if a force fails, so that what was not durable before may be lost
   */
  @Override
  public void close() {
    if (!writer.close()) {
      keeper.closeAgain();
      return;
    }
    try {
      background.stop();
      keeper.close();
    } finally {
      OfflineRecovery.release(storage);
    }
  }

  /**
   * Whether the log was closed, and left so that the next open, of Varve or of Kafka, has nothing
   * to scan.
   */
  public boolean isClosedInOrder() {
    return keeper.isClosedInOrder();
  }
}
