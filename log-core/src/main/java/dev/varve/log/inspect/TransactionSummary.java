package dev.varve.log.inspect;

import dev.varve.log.producer.OpenTransaction;
import dev.varve.log.record.RecordBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The transactions of a log, as its batches have them. Made without a lock, also while the log is
 * open, and without the transaction indexes, which may not be written yet.
 *
 * @param lastStableOffset the offset below which every transaction is decided
 * @param open the transactions that nobody has ended, by first offset
 * @param aborted the transactions that were aborted, in the order of their ends
 */
public record TransactionSummary(long lastStableOffset, List<Open> open, List<Aborted> aborted) {

  /**
   * A transaction that nobody has ended.
   *
   * @param producerId whose it is
   * @param epoch of the producer's newest batch
   * @param firstOffset where it begins
   */
  public record Open(long producerId, short epoch, long firstOffset) {
    static Open of(OpenTransaction transaction) {
      return new Open(transaction.producerId(), transaction.epoch(), transaction.firstOffset());
    }
  }

  /**
   * A transaction that was aborted.
   *
   * @param producerId whose it was
   * @param firstOffset where it begins
   * @param markerOffset the offset of the marker that ends it
   */
  public record Aborted(long producerId, long firstOffset, long markerOffset) {}

  /** Copies the lists. */
  public TransactionSummary {
    open = List.copyOf(open);
    aborted = List.copyOf(aborted);
  }

  /**
   * Walks all batches, checking their checksums, up to the first damage in each segment.
   *
   * @throws dev.varve.log.error.LogDirectoryException if there is no log
   */
  public static TransactionSummary of(Path path) throws IOException {
    LogDirectory directory = LogDirectory.of(path);
    TransactionWalk walk = TransactionWalk.of(directory);
    long end = directory.startOffset();
    for (long base : directory.baseOffsets()) {
      TransactionWalk.Segment segment = walk.segment(base);
      try (BatchReader reader = BatchReader.open(directory.log(base))) {
        while (reader.next()) {
          segment.onBatch(reader.batch());
        }
        end = Math.max(end, reader.endOffset());
      }
      segment.end();
    }
    return walk.summary(end);
  }

  /** Finds the aborted transactions of batches, for who passes over their records. */
  public AbortedBatches abortedBatches() {
    Map<Long, NavigableMap<Long, Long>> byProducer = new HashMap<>();
    for (Aborted transaction : aborted) {
      byProducer
          .computeIfAbsent(transaction.producerId, _ -> new TreeMap<>())
          .put(transaction.firstOffset, transaction.markerOffset);
    }
    return batch -> {
      NavigableMap<Long, Long> ofProducer = byProducer.get(batch.producerId());
      if (ofProducer == null || !batch.isTransactional() || batch.isControl()) {
        return false;
      }
      Map.Entry<Long, Long> begun = ofProducer.floorEntry(batch.baseOffset());
      return begun != null && batch.baseOffset() < begun.getValue();
    };
  }

  /** Tells whether a batch belongs to a transaction that was aborted. */
  @FunctionalInterface
  public interface AbortedBatches {
    /** Whether none of the batch's records counts. */
    boolean contains(RecordBatch batch);
  }
}
