package dev.varve.jmh;

import dev.varve.compaction.CompactionListener;
import dev.varve.compaction.CompactionProgress;
import dev.varve.compaction.CompactionResult;
import dev.varve.compaction.CompactorOptions;
import dev.varve.compaction.LogCompaction;
import dev.varve.jmh.peer.BenchmarkDirectory;
import dev.varve.log.CommitLog;
import dev.varve.log.LogReader;
import dev.varve.log.SegmentInfo;
import dev.varve.log.record.Compression;
import dev.varve.log.record.Record;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.agrona.concurrent.SystemEpochClock;

/**
 * Many keys in little memory: how many passes that takes, how long, and what the process takes of
 * memory for it. The result is compared with what every key's last record is, offset by offset.
 */
final class CompactionManyKeys {
  private static final long LOOK_EVERY_BYTES = 64 << 20;

  private final CompactedRecords records;
  private final int keyMapBytes;

  CompactionManyKeys(CompactedRecords records, int keyMapBytes) {
    this.records = records;
    this.keyMapBytes = keyMapBytes;
  }

  /**
   * What it took.
   *
   * @param results of each pass
   * @param memoryBytes by how much the memory of the process, files not counted, was larger at most
   */
  record Figures(
      List<CompactionResult> results,
      long nanos,
      long cpuNanos,
      int keyMapBytes,
      long memoryBytes) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "map of %d MiB: %d passes, keys %s, %.1f s (%.1f s of a processor), %.0f MiB more memory;"
              + " %d MiB kept",
          keyMapBytes >> 20,
          results.size(),
          results.stream().map(CompactionResult::keys).toList(),
          nanos / 1e9,
          cpuNanos / 1e9,
          memoryBytes / (double) (1 << 20),
          results.getLast().bytesAfter() >> 20);
    }
  }

  /** Looks at the memory of the process now and then. */
  private static final class MemoryWatch implements CompactionListener {
    private final long before = memoryBytes();
    private long most = before;
    private long looked = -LOOK_EVERY_BYTES;

    @Override
    public void passProgress(CompactionProgress progress) {
      if (Math.abs(progress.doneBytes() - looked) >= LOOK_EVERY_BYTES) {
        looked = progress.doneBytes();
        most = Math.max(most, memoryBytes());
      }
    }

    private static long memoryBytes() {
      try {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
          if (line.startsWith("RssAnon:")) {
            return Long.parseLong(line.replaceAll("\\D", "")) << 10;
          }
        }
        return 0;
      } catch (IOException e) {
        return 0; // not a Linux
      }
    }
  }

  Figures measure() {
    try (BenchmarkDirectory directory = BenchmarkDirectory.create()) {
      Path path = directory.path().resolve("records-0");
      records.writeTo(path, Compression.NONE);
      try (CommitLog log = CommitLog.open(path, CompactedRecords.options().build())) {
        List<SegmentInfo> segments = log.segments();
        Figures figures = compact(log);
        check(log, segments.getLast().baseOffset());
        return figures;
      }
    }
  }

  private Figures compact(CommitLog log) {
    System.gc();
    MemoryWatch watch = new MemoryWatch();
    CompactorOptions options =
        CompactorOptions.builder().keyMapBytes(keyMapBytes).listener(watch).build();
    try (LogCompaction compaction =
        new LogCompaction(log, VarveLogCleaning.config(), options, SystemEpochClock.INSTANCE)) {
      long cpu = LogCleaning.processCpuNanos();
      long from = System.nanoTime();
      List<CompactionResult> results = compaction.run();
      return new Figures(
          results,
          System.nanoTime() - from,
          LogCleaning.processCpuNanos() - cpu,
          keyMapBytes,
          watch.most - watch.before);
    }
  }

  /** Below the end, the log has to hold the last record of each key, and no other. */
  private void check(CommitLog log, long end) {
    int[] numbers = records.keyNumbers();
    int[] last = new int[records.keyCount()];
    Arrays.fill(last, -1);
    for (int offset = 0; offset < end; offset++) {
      last[numbers[offset]] = offset;
    }
    long expected = Arrays.stream(last).filter(offset -> offset >= 0).count();
    long found = 0;
    try (LogReader reader = log.reader(0)) {
      while (reader.next() && reader.record().offset() < end) {
        Record record = reader.record();
        if (last[numberOf(record)] != record.offset()) {
          throw new IllegalStateException("superseded, but kept: " + record);
        }
        found++;
      }
    }
    if (found != expected) {
      throw new IllegalStateException("found " + found + " records, expected " + expected);
    }
  }

  private static int numberOf(Record record) {
    int number = 0;
    for (int i = CompactedRecords.PREFIX_BYTES; i < record.keyBytes(); i++) {
      byte digit = record.memory().get(ValueLayout.JAVA_BYTE, record.keyPosition() + i);
      number = 10 * number + digit - '0';
    }
    return number;
  }
}
