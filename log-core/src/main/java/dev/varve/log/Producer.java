package dev.varve.log;

import dev.varve.log.error.InvalidTransactionStateException;
import dev.varve.log.error.LogClosedException;
import dev.varve.log.error.LogFailedException;
import dev.varve.log.error.ProducerFencedException;
import dev.varve.log.producer.ProducerClaim;
import dev.varve.log.producer.ProducerName;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.EndTransactionMarker.Outcome;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.record.TransactionVersion;
import org.jspecify.annotations.Nullable;

/**
 * Appends to a log so that each batch is there once, however often its append is tried. Batches
 * carry an id that is made of the producer's name, an epoch, and a sequence that counts records;
 * with these the log recognizes each of the producer's last five batches when it comes again.
 *
 * {@snippet :
 * try (Producer producer = log.producer("payments-import")) {
 *   for (long line = producer.nextSequence(); line < lines; line++) { // where it was left
 *     producer.append(key(line), value(line));
 *   }
 * }
 * }
 *
 * <p>Whoever asks the log for a name that is still open takes it over with the next epoch, whose
 * sequences begin at 0; the older owner's appends are then {@linkplain
 * dev.varve.log.error.ProducerFencedException fenced}. A name that was closed, or whose process
 * died, goes on in its epoch behind the last record that the log has of it. A log forgets producers
 * that were idle for {@code producer.id.expiration.ms}: one day, if not told otherwise.
 *
 * <p>Appends between {@link #beginTransaction} and {@link #commitTransaction} count for readers of
 * committed records all at once; those before {@link #abortTransaction} never do. A transaction
 * that is open when its producer is closed, or its name is taken over, is aborted.
 *
 * <p>An append that throws has not used up its sequence, unless the log has failed: nobody can tell
 * then before it is opened again, which is what {@link #appendAs} is for.
 *
 * <p>Thread safety: for one thread at a time.
 */
public final class Producer implements AutoCloseable {
  /** Whoever owns the name coordinates its transactions; epochs tell owners apart. */
  private static final int COORDINATOR_EPOCH = 0;

  private final CommitLog log;
  private final LogWriter writer;
  private final Transactions transactions;
  private final ProducerName name;
  private final RecordBatchBuilder single;
  private final long id;
  private final short epoch;
  private int nextSequence;

  private Transaction transaction = Transaction.NONE;

  /** Where the transaction begins, if it has data. */
  private long transactionFirstOffset;

  private boolean closed;

  /** How far the producer is in a transaction; only one with data is anything in the log. */
  private enum Transaction {
    NONE,
    BEGUN,
    WITH_DATA
  }

  Producer(CommitLog log, LogWriter writer, Transactions transactions, ProducerName name) {
    ProducerClaim claim = transactions.claim(name);
    this.log = log;
    this.writer = writer;
    this.transactions = transactions;
    this.name = name;
    this.single = log.newBatch();
    this.id = claim.producerId();
    this.epoch = claim.epoch();
    this.nextSequence = claim.nextSequence();
  }

  /** The name that the log was asked for. */
  public String name() {
    return name.name();
  }

  /** The id that is made of the name, positive. */
  public long id() {
    return id;
  }

  /** The epoch of this owner of the name. */
  public short epoch() {
    return epoch;
  }

  /**
   * The sequence of the next record: how many records this epoch has in the log, from 0 again after
   * 2^31 of them.
   */
  public int nextSequence() {
    return nextSequence;
  }

  /**
   * Appends one record with the time of now.
   *
   * @return the offset of the record
   * @see CommitLog#append(byte[], byte[])
   */
  public long append(byte @Nullable [] key, byte @Nullable [] value) {
    return append(log.clock().time(), key, value);
  }

  /**
   * Appends one record.
   *
   * @param timestamp milliseconds since the epoch, or -1 for none
   * @return the offset of the record
   * @see CommitLog#append(EncodedBatch)
   */
  public long append(long timestamp, byte @Nullable [] key, byte @Nullable [] value) {
    return appendAs(nextSequence, timestamp, key, value);
  }

  /**
   * Appends a batch under construction, or tries again to append it.
   *
   * @param records of no producer yet, or of this one from an earlier try
   * @return the offset of the first record
   * @throws IllegalStateException if it was built for another producer, or cannot be built
   * @see #append(EncodedBatch)
   */
  public long append(RecordBatchBuilder records) {
    checkOpen();
    if (records.isBuilt()) {
      return append(records.build());
    }
    records.producer(id, epoch, nextSequence);
    if (inTransaction()) {
      records.transactional();
    }
    return append(records.build(), true);
  }

  /**
   * Appends a batch, or tries again to append it: a batch that was appended keeps the sequence that
   * it got then, by which the log recognizes it, also after it was opened again.
   *
   * @param batch of no producer yet, or of this one from an earlier try
   * @return the offset of the first record
   * @throws IllegalArgumentException if it is another producer's
   * @throws InvalidTransactionStateException if it was appended in a transaction that was aborted,
   *     so that it would never count: {@link #appendAs(int, EncodedBatch)} with {@link
   *     #nextSequence} makes it another batch
   * @throws dev.varve.log.error.ProducerFencedException if there is a newer owner of the name
   * @throws dev.varve.log.error.OutOfOrderSequenceException if it was appended and has more than
   *     four of the producer's batches behind it
   */
  public long append(EncodedBatch batch) {
    checkOpen();
    boolean first = !batch.hasProducerId();
    if (first) {
      batch.stampProducer(id, epoch, nextSequence, inTransaction());
    }
    return append(batch, first);
  }

  /**
   * Appends one record with a sequence that the caller keeps count of, for one who may not know
   * whether an append before a crash was done.
   *
   * @param sequence of the record, 0 or more; {@link #nextSequence} or, to repeat one of the last
   *     five batches, less
   * @param timestamp milliseconds since the epoch, or -1 for none
   * @return the offset of the record; if it is there already, the one that it has
   * @throws InvalidTransactionStateException if it is there in a transaction that was aborted
   * @throws dev.varve.log.error.OutOfOrderSequenceException if it is neither
   */
  public long appendAs(
      int sequence, long timestamp, byte @Nullable [] key, byte @Nullable [] value) {
    checkOpen();
    checkSequence(sequence);
    single.clear().producer(id, epoch, sequence);
    if (inTransaction()) {
      single.transactional();
    }
    return append(single.append(timestamp, key, value).build(), false);
  }

  /**
   * Appends a batch with a sequence that the caller keeps count of.
   *
   * @param sequence of the first record, 0 or more
   * @param batch of which the producer and its sequence are overwritten
   * @return the offset of the first record; if the batch is there already, the one that it has
   * @see #appendAs(int, long, byte[], byte[])
   */
  public long appendAs(int sequence, EncodedBatch batch) {
    checkOpen();
    checkSequence(sequence);
    batch.stampProducer(id, epoch, sequence, inTransaction());
    return append(batch, false);
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("producer " + name + " was closed");
    }
  }

  private static void checkSequence(int sequence) {
    if (sequence < 0) {
      throw new IllegalArgumentException("sequence " + sequence + ", expected 0 or more");
    }
  }

  /**
   * Appends a batch that has its sequence.
   *
   * @param first whether it has just got it
   */
  private long append(EncodedBatch batch, boolean first) {
    RecordBatch header = batch.batch();
    if (header.producerId() != id) {
      throw new IllegalArgumentException(
          "batch of producer " + header.producerId() + ", expected none or " + id);
    }
    long answer = first ? writeFirst(batch) : writer.append(batch);
    long baseOffset = LogWriter.offset(answer);
    if (LogWriter.isRepeated(answer)) {
      checkNotAborted(baseOffset, header);
    } else {
      nextSequence = header.nextSequence();
      if (transaction == Transaction.BEGUN) {
        transaction = Transaction.WITH_DATA;
        transactionFirstOffset = baseOffset;
      }
    }
    log.awaitAppended(baseOffset + batch.lastOffsetDelta() + 1);
    return baseOffset;
  }

  /** A batch is in the log once, and the one that is there will never count. */
  private void checkNotAborted(long baseOffset, RecordBatch repeated) {
    if (log.isAborted(id, baseOffset)) {
      throw wrongState(
          "append",
          "sequence "
              + repeated.baseSequence()
              + " at offset "
              + baseOffset
              + " in a transaction that was aborted",
          "a batch with a new sequence");
    }
  }

  /** A batch that is refused gives its sequence back: the next one has it, and is another one. */
  private long writeFirst(EncodedBatch batch) {
    try {
      return writer.append(batch);
    } catch (LogFailedException e) {
      throw e; // it may be there when the log is opened again
    } catch (RuntimeException e) {
      batch.stampProducer(
          RecordBatch.NO_PRODUCER_ID,
          RecordBatch.NO_PRODUCER_EPOCH,
          RecordBatch.NO_SEQUENCE,
          false);
      throw e;
    }
  }

  /**
   * Begins a transaction: what is appended until its end counts for readers of committed records
   * all at once or not at all, and they wait for that end. It is in one log.
   *
   * @throws InvalidTransactionStateException if one is open
   */
  public void beginTransaction() {
    checkOpen();
    if (inTransaction()) {
      throw wrongState("beginTransaction", "a transaction that is open", "none");
    }
    transaction = Transaction.BEGUN;
  }

  /**
   * Ends the transaction so that its records count. If it throws, the transaction is still open,
   * unless the producer was fenced or the log has failed.
   *
   * @throws InvalidTransactionStateException if none is open, or not all of it is in the log any
   *     more: it was truncated, or ended by somebody else. It can only be aborted then.
   * @throws dev.varve.log.error.ProducerFencedException if there is a newer owner of the name, or
   *     the transaction was open for too long: it was aborted then
   * @throws dev.varve.log.error.DiskFullException if there is no room now
   */
  public void commitTransaction() {
    checkOpen();
    if (!inTransaction()) {
      throw wrongState("commitTransaction", "no transaction", "one that is open");
    }
    endTransaction(Outcome.COMMIT);
  }

  /**
   * Ends the transaction so that its records do not count.
   *
   * @throws InvalidTransactionStateException if none is open
   * @throws dev.varve.log.error.ProducerFencedException if it was aborted already, by a newer owner
   *     or for being open for too long
   * @throws dev.varve.log.error.DiskFullException if there is no room now
   */
  public void abortTransaction() {
    checkOpen();
    if (!inTransaction()) {
      throw wrongState("abortTransaction", "no transaction", "one that is open");
    }
    endTransaction(Outcome.ABORT);
  }

  private boolean inTransaction() {
    return transaction != Transaction.NONE;
  }

  /** The epoch stays, so that sequences count on and a repeated batch is recognized. */
  private void endTransaction(Outcome outcome) {
    if (transaction == Transaction.WITH_DATA) {
      switch (outcome) {
        case COMMIT -> transactions.commit(id, epoch, transactionFirstOffset, COORDINATOR_EPOCH);
        case ABORT ->
            transactions.end(id, epoch, outcome, COORDINATOR_EPOCH, TransactionVersion.TV1);
      }
    }
    transaction = Transaction.NONE;
  }

  private InvalidTransactionStateException wrongState(String call, String found, String expected) {
    return new InvalidTransactionStateException(
        call
            + " of producer "
            + name
            + ", id "
            + id
            + " epoch "
            + epoch
            + ": found "
            + found
            + ", expected "
            + expected);
  }

  /**
   * Aborts the transaction if one is open, and gives the name back. Doing it twice is harmless,
   * also after the log was closed: the transaction is then aborted by the next owner of the name,
   * or when it has been open for too long.
   *
   * @throws dev.varve.log.error.DiskFullException if there is no room for the end of the
   *     transaction; the name is given back all the same
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    try {
      if (inTransaction()) {
        endTransaction(Outcome.ABORT);
      }
    } catch (ProducerFencedException | LogClosedException | LogFailedException e) {
      // It was ended already, or cannot be ended before the log is opened again.
    } finally {
      closed = true;
      transactions.release(name);
    }
  }

  @Override
  public String toString() {
    return "Producer[" + name + ", id " + id + ", epoch " + epoch + ", next " + nextSequence + "]";
  }
}
