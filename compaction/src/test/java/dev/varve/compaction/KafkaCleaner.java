package dev.varve.compaction;

import dev.varve.compaction.HistoryOfBatches.Aborted;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.common.message.AbortedTxn;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecords.FilterResult;
import org.apache.kafka.common.record.internal.MemoryRecords.RecordFilter;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.apache.kafka.storage.internals.log.CleanedTransactionMetadata;
import org.apache.kafka.storage.internals.log.Cleaner;
import org.apache.kafka.storage.internals.log.CleanerStats;
import org.apache.kafka.storage.internals.log.LastRecord;
import org.apache.kafka.storage.internals.log.OffsetMap;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.apache.kafka.storage.internals.log.TransactionIndex;

/**
 * The oracle: the filter of Apache Kafka's own cleaner, which it makes for each segment, over
 * Kafka's own map, transactions and index.
 */
final class KafkaCleaner {
  private static final int MAP_BYTES = 1 << 16;
  private static final int INFLATED_BYTES_MAX = 1 << 26;

  /** What is left. */
  record Result(FilterResult filtered, List<Aborted> stillAborted, long invalidRecords) {
    ByteBuffer bytes() {
      return filtered.outputBuffer().duplicate().flip();
    }
  }

  private KafkaCleaner() {}

  static Result clean(byte[] log, Cleaning cleaning)
      throws IOException, ReflectiveOperationException, GeneralSecurityException {
    OffsetMap map = new SkimpyOffsetMap(MAP_BYTES);
    for (Map.Entry<ByteBuffer, Long> entry : cleaning.latest().entrySet()) {
      map.put(entry.getKey().duplicate(), entry.getValue());
    }
    map.updateLatestOffset(cleaning.latestEnd() - 1);
    Map<Long, LastRecord> producers = new HashMap<>();
    for (var one : cleaning.producers()) {
      long last = one.lastDataOffset();
      OptionalLong offset = last < 0 ? OptionalLong.empty() : OptionalLong.of(last);
      producers.put(one.producerId(), new LastRecord(offset, one.epoch()));
    }
    CleanerStats stats = new CleanerStats(Time.SYSTEM);
    Path file = Files.createTempFile("varve-cleaned", ".txnindex");
    try (TransactionIndex index = new TransactionIndex(0, file.toFile())) {
      CleanedTransactionMetadata transactions = new CleanedTransactionMetadata();
      transactions.setCleanedIndex(Optional.of(index));
      transactions.addAbortedTransactions(
          cleaning.aborted().stream().map(KafkaCleaner::theirs).toList());
      RecordFilter filter = filter(cleaning, transactions, producers, map, stats);
      FilterResult filtered =
          MemoryRecords.readableRecords(ByteBuffer.wrap(log))
              .filterTo(
                  filter,
                  ByteBuffer.allocate(4 * log.length + 4096),
                  BufferSupplier.NO_CACHING,
                  INFLATED_BYTES_MAX);
      List<Aborted> still = index.allAbortedTxns().stream().map(KafkaCleaner::ours).toList();
      return new Result(filtered, still, stats.invalidMessagesRead());
    } finally {
      Files.delete(file);
    }
  }

  /** The anonymous class that the cleaner filters by. */
  private static RecordFilter filter(
      Cleaning cleaning,
      CleanedTransactionMetadata transactions,
      Map<Long, LastRecord> producers,
      OffsetMap map,
      CleanerStats stats)
      throws ReflectiveOperationException {
    Cleaner cleaner = new Cleaner(0, map, 64, 64, 0.9, null, Time.SYSTEM, partition -> {});
    Constructor<?> constructor =
        Class.forName(Cleaner.class.getName() + "$1").getDeclaredConstructors()[0];
    constructor.setAccessible(true);
    return (RecordFilter)
        constructor.newInstance(
            cleaner,
            cleaning.nowMillis(),
            cleaning.deleteRetentionMillis(),
            transactions,
            producers,
            cleaning.highWatermark(),
            map,
            false,
            stats);
  }

  private static AbortedTxn theirs(Aborted one) {
    return new AbortedTxn()
        .setProducerId(one.producerId())
        .setFirstOffset(one.firstOffset())
        .setLastOffset(one.lastOffset())
        .setLastStableOffset(one.lastStableOffset());
  }

  private static Aborted ours(AbortedTxn one) {
    return new Aborted(
        one.producerId(), one.firstOffset(), one.lastOffset(), one.lastStableOffset());
  }
}
