package dev.varve.log.inspect;

import dev.varve.index.AbortedTransaction;
import dev.varve.index.TransactionIndex;
import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.producer.LeaderEpochs;
import dev.varve.log.producer.OpenTransaction;
import dev.varve.log.producer.PartitionState;
import dev.varve.log.producer.ProducerSnapshot;
import dev.varve.log.record.CodecUnavailableException;
import dev.varve.log.record.InvalidBatchException;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.segment.SegmentFile.Kind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
    private static Open of(OpenTransaction transaction) {
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
    PartitionState state = new PartitionState(LeaderEpochs.NONE);
    List<Aborted> aborted = new ArrayList<>();
    long end = directory.startOffset();
    if (!directory.baseOffsets().isEmpty()) {
      load(directory, directory.baseOffsets().getFirst(), state);
    }
    for (long base : directory.baseOffsets()) {
      TransactionIndex ended = TransactionIndex.growing(Arena.ofAuto(), base);
      try (BatchReader reader = BatchReader.open(directory.log(base))) {
        while (reader.next()) {
          onBatch(reader.batch(), state, ended);
        }
        end = Math.max(end, reader.endOffset());
      }
      for (int slot = 0; slot < ended.entryCount(); slot++) {
        AbortedTransaction entry = ended.transaction(slot);
        aborted.add(new Aborted(entry.producerId(), entry.firstOffset(), entry.lastOffset()));
      }
    }
    long stable = Math.max(directory.startOffset(), state.producers().lastStableOffset(end));
    List<Open> open = state.producers().openTransactions().stream().map(Open::of).toList();
    return new TransactionSummary(stable, open, aborted);
  }

  /** What had begun below the first batch, if anything tells. */
  private static void load(LogDirectory directory, long base, PartitionState state)
      throws IOException {
    Path snapshot = directory.file(base, Kind.PRODUCER_SNAPSHOT);
    if (Files.isRegularFile(snapshot)) {
      try {
        state.producers().load(ProducerSnapshot.parse(StateFile.read(snapshot)));
      } catch (InvalidStateFileException e) {
        // the check of state files tells
      }
    }
  }

  private static void onBatch(RecordBatch batch, PartitionState state, TransactionIndex ended) {
    try {
      state.onBatch(batch, ended);
    } catch (InvalidBatchException | CodecUnavailableException | IllegalArgumentException e) {
      // a marker that cannot be read; the check of records tells
    }
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
