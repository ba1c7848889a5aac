package dev.varve.log;

import dev.varve.log.error.LogFailedException;
import dev.varve.log.producer.ProducerClaim;
import dev.varve.log.producer.ProducerName;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordBatchBuilder;
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
 * <p>An append that throws has not used up its sequence, unless the log has failed: nobody can tell
 * then before it is opened again, which is what {@link #appendAs} is for.
 *
 * <p>Thread safety: for one thread at a time.
 */
public final class Producer implements AutoCloseable {
  private final CommitLog log;
  private final LogWriter writer;
  private final ProducerName name;
  private final RecordBatchBuilder single;
  private final long id;
  private final short epoch;
  private int nextSequence;

  /** The offset of the last record of this epoch. What lies below was there already. */
  private long lastOffset;

  private boolean closed;

  Producer(CommitLog log, LogWriter writer, ProducerName name, ProducerClaim claim) {
    this.log = log;
    this.writer = writer;
    this.name = name;
    this.single = log.newBatch();
    this.id = claim.producerId();
    this.epoch = claim.epoch();
    this.nextSequence = claim.nextSequence();
    this.lastOffset = claim.lastOffset();
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
    return append(records.producer(id, epoch, nextSequence).build(), true);
  }

  /**
   * Appends a batch, or tries again to append it: a batch that was appended keeps the sequence that
   * it got then, by which the log recognizes it, also after it was opened again.
   *
   * @param batch of no producer yet, or of this one from an earlier try
   * @return the offset of the first record
   * @throws IllegalArgumentException if it is another producer's
   * @throws dev.varve.log.error.ProducerFencedException if there is a newer owner of the name
   * @throws dev.varve.log.error.OutOfOrderSequenceException if it was appended and has more than
   *     four of the producer's batches behind it
   */
  public long append(EncodedBatch batch) {
    checkOpen();
    boolean first = !batch.hasProducerId();
    if (first) {
      batch.stampProducer(id, epoch, nextSequence);
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
   * @throws dev.varve.log.error.OutOfOrderSequenceException if it is neither
   */
  public long appendAs(
      int sequence, long timestamp, byte @Nullable [] key, byte @Nullable [] value) {
    checkOpen();
    checkSequence(sequence);
    return append(
        single.clear().producer(id, epoch, sequence).append(timestamp, key, value).build(), false);
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
    batch.stampProducer(id, epoch, sequence);
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
    long baseOffset = first ? writeFirst(batch) : writer.append(batch);
    long batchLastOffset = baseOffset + batch.lastOffsetDelta();
    if (batchLastOffset > lastOffset) {
      lastOffset = batchLastOffset;
      nextSequence = header.nextSequence();
    }
    log.forceIfEachAppendIs(batchLastOffset + 1);
    return baseOffset;
  }

  /** A batch that is refused gives its sequence back: the next one has it, and is another one. */
  private long writeFirst(EncodedBatch batch) {
    try {
      return writer.append(batch);
    } catch (LogFailedException e) {
      throw e; // it may be there when the log is opened again
    } catch (RuntimeException e) {
      batch.stampProducer(
          RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH, RecordBatch.NO_SEQUENCE);
      throw e;
    }
  }

  /** Gives the name back. Doing it twice is harmless, also after the log was closed. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      writer.releaseProducer(name);
    }
  }

  @Override
  public String toString() {
    return "Producer[" + name + ", id " + id + ", epoch " + epoch + ", next " + nextSequence + "]";
  }
}
