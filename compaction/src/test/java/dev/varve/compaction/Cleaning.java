package dev.varve.compaction;

import dev.varve.compaction.BatchCleaner.Outcome;
import dev.varve.compaction.HistoryOfBatches.Aborted;
import dev.varve.compaction.HistoryOfBatches.Producer;
import dev.varve.log.record.Record;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordCursor;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What a log is cleaned by, in a test.
 *
 * @param latest the last offset of each key
 * @param latestEnd how far keys were learnt
 */
record Cleaning(
    Map<ByteBuffer, Long> latest,
    long latestEnd,
    List<Producer> producers,
    List<Aborted> aborted,
    long highWatermark,
    long nowMillis,
    long deleteRetentionMillis) {

  /**
   * What is left.
   *
   * @param stillAborted what the transaction index has to name
   */
  record Result(
      ByteArrayOutputStream bytes,
      List<Outcome> outcomes,
      List<Aborted> stillAborted,
      CleaningStats stats) {}

  /** The last offsets of the keys in a range, as a pass would learn them. */
  static Map<ByteBuffer, Long> latestIn(
      byte[] log, List<Aborted> aborted, long fromOffset, long endOffset) {
    Map<ByteBuffer, Long> latest = new HashMap<>();
    CleanedTransactions transactions = new CleanedTransactions();
    addTo(transactions, aborted);
    RecordCursor cursor = new RecordCursor();
    for (RecordBatch batch : batches(log)) {
      cursor.open(batch);
      if (batch.isControl()) {
        transactions.isDiscardable(batch, cursor);
      } else if (!transactions.isAborted(batch)) {
        while (cursor.next()) {
          Record record = cursor.record();
          if (record.hasKey() && record.offset() >= fromOffset && record.offset() < endOffset) {
            latest.put(keyOf(record), record.offset());
          }
        }
      }
    }
    return latest;
  }

  private static void addTo(CleanedTransactions transactions, List<Aborted> aborted) {
    for (Aborted one : aborted) {
      transactions.addAborted(
          one.producerId(), one.firstOffset(), one.lastOffset(), one.lastStableOffset());
    }
  }

  private static ByteBuffer keyOf(Record record) {
    return ByteBuffer.wrap(Objects.requireNonNull(record.copyKey()));
  }

  static List<RecordBatch> batches(byte[] log) {
    MemorySegment memory = MemorySegment.ofArray(log);
    List<RecordBatch> batches = new ArrayList<>();
    for (long at = 0; at < log.length; ) {
      RecordBatch batch = new RecordBatch().wrap(memory, at);
      batches.add(batch);
      at += batch.sizeBytes();
    }
    return batches;
  }

  CleaningRound round(CleanedTransactions transactions) {
    LatestOffsets offsets =
        new LatestOffsets() {
          @Override
          public long endOffset() {
            return latestEnd;
          }

          @Override
          public boolean isSuperseded(BatchRecords records, int index) {
            byte[] key =
                records
                    .memory()
                    .asSlice(records.keyPosition(index), records.keyBytes(index))
                    .toArray(ValueLayout.JAVA_BYTE);
            return latest.getOrDefault(ByteBuffer.wrap(key), -1L) > records.offset(index);
          }
        };
    LastBatches last = new LastBatches();
    for (Producer one : producers) {
      last.add(one.producerId(), one.epoch(), one.lastDataOffset());
    }
    return new CleaningRound(
        offsets, last, transactions, highWatermark, nowMillis, deleteRetentionMillis);
  }

  /** Cleans a log as Varve does. */
  Result clean(byte[] log) {
    Result result =
        new Result(
            new ByteArrayOutputStream(), new ArrayList<>(), new ArrayList<>(), new CleaningStats());
    CleanedTransactions transactions = new CleanedTransactions();
    transactions.keepIn((producerId, first, last, stable) ->
        result.stillAborted().add(new Aborted(producerId, first, last, stable)));
    addTo(transactions, aborted);
    BatchCleaner cleaner =
        new BatchCleaner(RecordCursor.DECOMPRESSED_BYTES_MAX_DEFAULT, result.stats());
    cleaner.begin(round(transactions));
    for (RecordBatch batch : batches(log)) {
      Outcome outcome = cleaner.clean(batch);
      result.outcomes().add(outcome);
      switch (outcome) {
        case NOTHING -> {}
        case AS_IS -> result.bytes().writeBytes(HistoryOfBatches.bytesOf(batch));
        case REWRITTEN, EMPTY ->
            result.bytes().writeBytes(HistoryOfBatches.bytesOf(cleaner.encoded()));
      }
    }
    return result;
  }
}
