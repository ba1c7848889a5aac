package dev.varve.cli;

import dev.varve.log.inspect.LogDirectory;
import dev.varve.log.inspect.LogSummary;
import dev.varve.log.inspect.SegmentSummary;
import dev.varve.log.store.StoreListing;
import dev.varve.log.store.TopicPartition;
import java.util.Locale;

/** The logs of a data directory as a table, one a line, with a sum below. */
final class StoreTable {
  private final StoreListing store;
  private final StringBuilder rows = new StringBuilder();
  private int logs;
  private long records;
  private long bytes;

  StoreTable(StoreListing store) {
    this.store = store;
  }

  void add(TopicPartition partition, LogSummary log) {
    long logRecords = InfoCommand.total(log, SegmentSummary::records);
    long logBytes = InfoCommand.total(log, SegmentSummary::sizeBytes);
    logs++;
    records += logRecords;
    bytes += logBytes;
    rows.append(
        row(
            partition.toString(),
            state(log.directory().state()),
            Long.toString(log.directory().startOffset()),
            Long.toString(log.endOffset()),
            Integer.toString(log.segments().size()),
            Long.toString(logRecords),
            Long.toString(logBytes),
            Text.time(InfoCommand.timestampMax(log))));
  }

  /** In a word; {@code varve info} of the log says more. */
  private static String state(LogDirectory.State state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        row(
            "log",
            "state",
            "start offset",
            "end offset",
            "segments",
            "records",
            "bytes",
            "largest timestamp"));
    text.append(rows);
    text.append('\n').append(Text.count(logs, "log"));
    if (logs < store.logs().size()) {
      text.append(" of ").append(Text.count(store.logs().size()));
    }
    text.append(", ").append(Text.count(records, "record")).append(", ").append(Text.bytes(bytes));
    if (!store.others().isEmpty()) {
      text.append("; no logs: ").append(String.join(", ", store.others()));
    }
    return text.append('\n').toString();
  }

  private static String row(
      String log,
      String state,
      String start,
      String end,
      String segments,
      String records,
      String bytes,
      String timestamp) {
    return String.format(
        Locale.ROOT,
        "%-32s %-8s %14s %14s %8s %14s %15s  %s%n",
        log,
        state,
        start,
        end,
        segments,
        records,
        bytes,
        timestamp);
  }
}
