package dev.varve.compaction;

import dev.varve.log.record.BatchFault;
import dev.varve.log.record.BatchFault.Kind;
import dev.varve.log.record.Codec;
import dev.varve.log.record.Compression;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.InvalidBatchException;
import dev.varve.log.record.Record;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.record.RecordCursor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Decides what of a batch survives, by the rules of Kafka's cleaner, and encodes it.
 *
 * {@snippet :
 * cleaner.begin(round);
 * for (RecordBatch batch : batchesInOrder) {
 *   switch (cleaner.clean(batch)) {
 *     case NOTHING -> {}
 *     case AS_IS -> write(batch);
 *     case REWRITTEN, EMPTY -> write(cleaner.encoded()); // valid until the next call of clean()
 *   }
 * }
 * }
 *
 * <p>First all records are looked at, and only then, if any has to go or the batch gets a delete
 * horizon, those that stay are encoded, with the batch's own codec. Once warm, it makes no garbage
 * but for control batches.
 *
 * <p>Thread safety: for one thread.
 */
final class BatchCleaner {

  /** What is written of a batch. */
  enum Outcome {
    /** Nothing: it is left out. */
    NOTHING,
    /** The bytes of the batch. */
    AS_IS,
    /** {@link #encoded()}, with fewer records or with a delete horizon. */
    REWRITTEN,
    /** {@link #encoded()}, which has no records. */
    EMPTY
  }

  private final RecordCursor cursor;
  private final BatchRecords records = new BatchRecords();
  private final CleaningStats stats;
  private final @Nullable RecordBatchBuilder[] builders =
      new @Nullable RecordBatchBuilder[Codec.values().length];

  private @Nullable CleaningRound round;
  private @Nullable EncodedBatch encoded;

  /** One bit for each record of the batch: whether it stays. */
  private long[] kept = new long[16];

  private int keptWords;
  private int keptCount;
  private int readCount;
  private boolean keepsTombstone;

  /**
   * Makes a cleaner, to be used for many rounds.
   *
   * @param decompressedBytesMax how many bytes the records of one batch may inflate to
   * @param stats counts what goes through
   */
  BatchCleaner(int decompressedBytesMax, CleaningStats stats) {
    this.cursor = new RecordCursor(decompressedBytesMax);
    this.stats = stats;
  }

  /** Judges by something else from the next batch on. */
  void begin(CleaningRound next) {
    round = next;
  }

  /**
   * Judges the next batch of the log, in order.
   *
   * @param batch its checksum was checked already; its memory is copied before it is looked at
   * @throws InvalidBatchException if its records contradict its header or the format
   * @throws dev.varve.log.record.CodecUnavailableException if the library of its codec is absent
   * @throws IllegalStateException if no round has begun
   */
  Outcome clean(RecordBatch batch) {
    CleaningRound by = round;
    if (by == null) {
      throw new IllegalStateException("no round has begun, expected begin() before");
    }
    encoded = null;
    stats.read(batch.sizeBytes(), batch.recordCount());
    boolean markerOfNothing = batch.isControl() && isDiscardable(batch, by);
    boolean keptEmpty = by.isKeptEmpty(batch);
    boolean discarded =
        batch.isControl()
            ? markerOfNothing && by.isPastHorizon(batch)
            : by.transactions().isAborted(batch);
    if (discarded && !keptEmpty) {
      return Outcome.NOTHING;
    }
    look(batch, discarded, by);
    if (keptCount == 0) {
      return keptEmpty ? writeEmpty(batch) : Outcome.NOTHING;
    }
    long newHorizon =
        (keepsTombstone || markerOfNothing) && !batch.hasDeleteHorizon()
            ? by.newHorizonMillis()
            : RecordBatch.NO_TIMESTAMP;
    if (keptCount == readCount && newHorizon < 0) {
      stats.kept(batch.sizeBytes(), keptCount);
      return Outcome.AS_IS;
    }
    rewrite(batch, Math.max(newHorizon, batch.deleteHorizonMillis()));
    return Outcome.REWRITTEN;
  }

  /**
   * Returns what is to be written of the last batch, in memory that is valid until the next call of
   * {@link #clean}.
   *
   * @throws IllegalStateException if its outcome was another than {@link Outcome#REWRITTEN} or
   *     {@link Outcome#EMPTY}
   */
  EncodedBatch encoded() {
    if (encoded == null) {
      throw new IllegalStateException("nothing was encoded, expected a batch that was rewritten");
    }
    return encoded;
  }

  private boolean isDiscardable(RecordBatch batch, CleaningRound by) {
    return by.transactions().isDiscardable(batch, cursor.openUnchecked(batch));
  }

  /** Looks at all records, and marks those that stay. */
  private void look(RecordBatch batch, boolean discarded, CleaningRound by) {
    Arrays.fill(kept, 0, keptWords, 0);
    keptWords = 0;
    keptCount = 0;
    readCount = 0;
    keepsTombstone = false;
    if (discarded) {
      return;
    }
    if (batch.isControl()) {
      RecordCursor markers = cursor.rewind();
      while (markers.next()) {
        keep(readCount, markers.record().hasValue());
        readCount++;
      }
      return;
    }
    records.read(cursor.openUnchecked(batch));
    readCount = records.count();
    by.latest().lookAhead(records);
    // What a tombstone deletes may be in a segment that could not be read.
    boolean tombstonesGo = by.isPastHorizon(batch) && !by.transactions().hasPassedOver();
    for (int i = 0; i < readCount; i++) {
      if (!records.hasValue(i)) {
        stats.tombstoneRead();
      }
      if (isKept(i, tombstonesGo, by.latest())) {
        keep(i, records.hasValue(i));
        if (!records.hasValue(i)) {
          stats.tombstoneKept();
        }
      }
    }
  }

  private boolean isKept(int index, boolean tombstonesGo, LatestOffsets latest) {
    if (records.offset(index) >= latest.endOffset()) {
      return true;
    }
    if (!records.hasKey(index)) {
      stats.keyless();
      return false;
    }
    if (latest.isSuperseded(records, index)) {
      return false;
    }
    if (tombstonesGo && !records.hasValue(index)) {
      stats.tombstoneRemoved();
      return false;
    }
    return true;
  }

  private void keep(int index, boolean hasValue) {
    int word = index >> 6;
    if (word >= kept.length) {
      kept = Arrays.copyOf(kept, Math.max(word + 1, 2 * kept.length));
    }
    kept[word] |= 1L << index;
    keptWords = word + 1;
    keptCount++;
    keepsTombstone |= !hasValue;
  }

  private void rewrite(RecordBatch batch, long horizonMillis) {
    RecordBatchBuilder builder = builder(batch.codec()).clearToRewrite(cursor.batch());
    if (horizonMillis >= 0) {
      builder.deleteHorizon(horizonMillis);
    }
    cursor.rewind();
    for (int i = 0; builder.recordCount() < keptCount && cursor.next(); i++) {
      if ((kept[i >> 6] & 1L << i) != 0) {
        checkTimestamp(batch, cursor.record());
        builder.append(cursor.record());
      }
    }
    finish(batch, builder);
  }

  /** Header fields are all that is looked at. */
  private Outcome writeEmpty(RecordBatch batch) {
    finish(batch, builder(Codec.NONE).clearToRewrite(batch));
    return Outcome.EMPTY;
  }

  private void finish(RecordBatch batch, RecordBatchBuilder builder) {
    if (batch.isTransactional() && !batch.hasProducerId()) {
      throw invalid(Kind.HEADER, batch, "a transaction of no producer", "a producer id");
    }
    encoded = builder.build();
    stats.kept(encoded.sizeBytes(), keptCount);
  }

  private RecordBatchBuilder builder(Codec codec) {
    RecordBatchBuilder builder = builders[codec.id()];
    if (builder == null) {
      builder = RecordBatchBuilder.of(Compression.of(codec));
      builders[codec.id()] = builder;
    }
    return builder;
  }

  private static void checkTimestamp(RecordBatch batch, Record record) {
    if (record.timestamp() < RecordBatch.NO_TIMESTAMP) {
      String found = "timestamp " + record.timestamp() + " at offset " + record.offset();
      throw invalid(Kind.RECORDS, batch, found, "-1 or more");
    }
  }

  private static InvalidBatchException invalid(
      Kind kind, RecordBatch batch, String found, String expected) {
    return new InvalidBatchException(new BatchFault(kind, batch.position(), found, expected));
  }
}
