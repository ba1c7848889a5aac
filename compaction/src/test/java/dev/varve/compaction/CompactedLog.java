package dev.varve.compaction;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.LogReader;
import dev.varve.log.record.Compression;
import dev.varve.log.record.Record;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.storage.SimulatedDisk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A log on a simulated disk, and what its keys should be. */
final class CompactedLog implements AutoCloseable {
  /** A time that records are of. */
  static final long BEGIN_MILLIS = 1_000_000_000_000L;

  final SimulatedDisk disk;
  private final LogOptions options;
  private final Map<String, String> config;
  private final CompactorOptions compactor;

  /** The offset of the last record of each key, and its value. */
  final Map<String, Last> model = new HashMap<>();

  long nowMillis = BEGIN_MILLIS;
  CommitLog log;
  LogCompaction compaction;

  record Last(long offset, @Nullable String value) {}

  /** A record that was found. */
  record Found(long offset, String key, @Nullable String value) {}

  CompactedLog(Compression compression, int segmentBytes, CompactorOptions compactor) {
    this(new SimulatedDisk(Path.of("log")), compression, segmentBytes, compactor);
  }

  CompactedLog(
      SimulatedDisk disk, Compression compression, int segmentBytes, CompactorOptions compactor) {
    this.disk = disk;
    this.compactor = compactor;
    this.options =
        LogOptions.builder()
            .compression(compression)
            .segmentBytesMax(segmentBytes)
            .ownMaintenanceThreads(false)
            .compacted(true)
            .clock(() -> nowMillis)
            .build();
    this.config =
        new HashMap<>(
            Map.of("cleanup.policy", "compact", "internal.segment.bytes", "" + segmentBytes));
    this.log = CommitLog.open(disk, options);
    this.compaction = newCompaction();
  }

  CompactedLog with(String name, String value) {
    config.put(name, value);
    compaction = newCompaction();
    return this;
  }

  private LogCompaction newCompaction() {
    CompactionConfig read = CompactionConfig.fromTopicConfig(config);
    return new LogCompaction(log, read, compactor, () -> nowMillis);
  }

  /** Appends one batch; each entry is {@code key=value}, or {@code key} for a tombstone. */
  CompactedLog append(String... entries) {
    RecordBatchBuilder batch = log.newBatch();
    List<String> all = List.of(entries);
    for (String entry : all) {
      batch.append(nowMillis, key(entry).getBytes(UTF_8), bytes(value(entry)));
    }
    long offset = log.append(batch.build());
    for (String entry : all) {
      model.put(key(entry), new Last(offset++, value(entry)));
    }
    return this;
  }

  private static String key(String entry) {
    int equals = entry.indexOf('=');
    return equals < 0 ? entry : entry.substring(0, equals);
  }

  private static @Nullable String value(String entry) {
    int equals = entry.indexOf('=');
    return equals < 0 ? null : entry.substring(equals + 1);
  }

  private static byte @Nullable [] bytes(@Nullable String text) {
    return text == null ? null : text.getBytes(UTF_8);
  }

  CompactedLog roll() {
    log.roll();
    log.maintenance();
    return this;
  }

  CompactedLog reopen() {
    log.close();
    log = CommitLog.open(disk, options);
    compaction = newCompaction();
    return this;
  }

  List<Found> records() {
    return records(log);
  }

  static List<Found> records(CommitLog log) {
    List<Found> found = new ArrayList<>();
    try (LogReader reader = log.reader(log.offsets().startOffset())) {
      while (reader.next()) {
        Record record = reader.record();
        byte @Nullable [] value = record.copyValue();
        found.add(
            new Found(
                record.offset(),
                new String(record.copyKey(), UTF_8),
                value == null ? null : new String(value, UTF_8)));
      }
    }
    return found;
  }

  /** What the log says of each key now. */
  Map<String, Last> last() {
    Map<String, Last> last = new LinkedHashMap<>();
    records().forEach(found -> last.put(found.key, new Last(found.offset, found.value)));
    return last;
  }

  List<Long> bases() {
    return log.segments().stream().map(segment -> segment.baseOffset()).toList();
  }

  @Override
  public void close() {
    compaction.close();
    log.close();
  }
}
