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
  private final long goingBytes;
  private final StringBuilder rows = new StringBuilder();
  private int logs;
  private long records;
  private long bytes;

  /**
   * Of a store.
   *
   * @param goingBytes what logs that were deleted still have
   */
  StoreTable(StoreListing store, long goingBytes) {
    this.store = store;
    this.goingBytes = goingBytes;
  }

  /** Adds a log that begins at an offset, which the data directory may have noted. */
  void add(TopicPartition partition, LogSummary log, long startOffset) {
    long logRecords = InfoCommand.total(log, SegmentSummary::records);
    long logBytes = InfoCommand.total(log, SegmentSummary::sizeBytes);
    logs++;
    records += logRecords;
    bytes += logBytes;
    rows.append(
        row(
            partition.toString(),
            state(log.directory().state()),
            Long.toString(startOffset),
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
    if (!store.going().isEmpty()) {
      text.append("; going: ")
          .append(Text.count(store.going().size(), "deleted log"))
          .append(", ")
          .append(Text.bytes(goingBytes));
    }
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
