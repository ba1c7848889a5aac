package dev.varve.crash;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.varve.log.CommitLog;
import dev.varve.log.LogReader;
import dev.varve.log.record.EndTransactionMarker;
import dev.varve.log.record.EndTransactionMarker.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What the batches of a log say of its transactions, found by reading all of them from the start:
 * no index, no snapshot, no state is asked.
 *
 * @param lastStableOffset where the earliest open transaction begins, or the end
 * @param committed the keys that count, below the last stable offset
 * @param behind the keys from there on that were not aborted
 */
record PlainTransactions(long lastStableOffset, List<String> committed, List<String> behind) {

  /** A record that belongs to a transaction, or to none. */
  private record Entry(long offset, String key, Object transaction) {}

  static PlainTransactions of(CommitLog log) {
    List<Entry> entries = new ArrayList<>();
    Map<Long, Object> open = new HashMap<>();
    Map<Object, Long> begins = new HashMap<>();
    Set<Object> aborted = new HashSet<>();
    Object none = new Object();
    long end = log.offsets().endOffset();
    try (LogReader reader = log.reader(log.offsets().startOffset()).withControlRecords()) {
      while (reader.next()) {
        long producer = reader.batch().producerId();
        if (reader.batch().isControl()) {
          Object ended = open.remove(producer);
          EndTransactionMarker marker = EndTransactionMarker.of(reader.record());
          if (ended != null && marker != null && marker.outcome() == Outcome.ABORT) {
            aborted.add(ended);
          }
          continue;
        }
        Object transaction = none;
        if (reader.batch().isTransactional()) {
          transaction = open.computeIfAbsent(producer, _ -> new Object());
          begins.putIfAbsent(transaction, reader.batch().baseOffset());
        }
        byte[] key = Objects.requireNonNull(reader.record().copyKey());
        entries.add(new Entry(reader.record().offset(), new String(key, US_ASCII), transaction));
      }
    }
    long stable =
        open.values().stream()
            .mapToLong(transaction -> Objects.requireNonNull(begins.get(transaction)))
            .min()
            .orElse(end);
    List<String> committed = new ArrayList<>();
    List<String> behind = new ArrayList<>();
    for (Entry entry : entries) {
      if (!aborted.contains(entry.transaction)) {
        (entry.offset < stable ? committed : behind).add(entry.key);
      }
    }
    return new PlainTransactions(stable, committed, behind);
  }
}
