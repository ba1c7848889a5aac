package dev.varve.compaction;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.AutoOffsetReset;
import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.LogReader;
import dev.varve.log.Visibility;
import dev.varve.log.record.Record;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.agrona.concurrent.SystemEpochClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Readers of a log that is appended to, compacted and given up from the front all the time: they
 * see the offsets rise, every record whole, and nothing is left over at the end.
 */
@Timeout(120)
class CompactionUnderReadersTest {
  private static final int APPENDS = 20_000;
  private static final int KEYS = 200;
  private static final int READERS = 3;

  @TempDir Path directory;

  private volatile boolean appending = true;

  @Test
  void readersSeeWhatIsThereAndNothingIsLeftOver() throws Exception {
    Map<String, Long> last = new HashMap<>();
    try (CommitLog log = CommitLog.open(directory.resolve("state-0"), options());
        ExecutorService threads = Executors.newFixedThreadPool(READERS + 1)) {
      List<Future<?>> others = new ArrayList<>();
      others.add(threads.submit(() -> compactAll(log)));
      for (int i = 0; i < READERS; i++) {
        others.add(threads.submit(() -> readAll(log)));
      }
      append(log, last);
      appending = false;
      for (Future<?> other : others) {
        other.get();
      }
      log.roll();
      compactOnce(log);
      assertLast(log, last);
    }
    try (Stream<Path> files = Files.list(directory.resolve("state-0"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.endsWith(".cleaned") || name.endsWith(".swap"));
    }
    assertThat(Files.readAllLines(Path.of("/proc/self/maps"), ISO_8859_1))
        .noneMatch(line -> line.contains(directory.toString()));
    assertThat(descriptors()).isEmpty();
  }

  private static LogOptions options() {
    return LogOptions.builder()
        .segmentBytesMax(10_000)
        .indexIntervalBytes(500)
        .compacted(true)
        .build();
  }

  private static LogCompaction compaction(CommitLog log) {
    Map<String, String> config =
        Map.of("cleanup.policy", "compact", "internal.segment.bytes", "10000");
    return new LogCompaction(
        log,
        CompactionConfig.fromTopicConfig(config),
        CompactorOptions.builder().keyMapBytes(2048).build(), // so that keys are compared, too
        SystemEpochClock.INSTANCE);
  }

  private static void append(CommitLog log, Map<String, Long> last) {
    Random random = new Random(11);
    for (int i = 0; i < APPENDS; i++) {
      String key = "key-" + random.nextInt(KEYS);
      byte[] value = (key + "=" + i).getBytes(US_ASCII);
      last.put(key, log.append(i, key.getBytes(US_ASCII), value));
      if (i % 4000 == 3999) {
        log.advanceStartOffset(i / 4);
      }
    }
  }

  private Object compactAll(CommitLog log) {
    int passes = 0;
    try (LogCompaction compaction = compaction(log)) {
      while (appending) {
        passes += compaction.run().size();
      }
    }
    assertThat(passes).isPositive();
    return passes;
  }

  private static void compactOnce(CommitLog log) {
    try (LogCompaction compaction = compaction(log)) {
      while (log.rewriter().settledEndOffset() < log.offsets().endOffset()) {
        log.maintenance();
      }
      compaction.run();
    }
  }

  private Object readAll(CommitLog log) {
    long read = 0;
    while (appending) {
      long before = -1;
      try (LogReader reader =
          log.reader(log.offsets().startOffset(), Visibility.WRITTEN, AutoOffsetReset.EARLIEST)) {
        while (reader.next()) {
          Record record = reader.record();
          assertThat(record.offset()).isGreaterThan(before);
          before = record.offset();
          String key = new String(record.copyKey(), US_ASCII);
          assertThat(new String(record.copyValue(), US_ASCII)).isEqualTo(key + "=" + before);
          read++;
        }
      }
    }
    return read;
  }

  private static void assertLast(CommitLog log, Map<String, Long> last) {
    long start = log.offsets().startOffset();
    Map<String, Long> found = new HashMap<>();
    CompactedLog.records(log).forEach(record -> found.put(record.key(), record.offset()));
    last.values().removeIf(offset -> offset < start);
    assertThat(found).isEqualTo(last);
  }

  private List<String> descriptors() throws IOException {
    List<String> open = new ArrayList<>();
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        if (Files.isSymbolicLink(descriptor)) {
          String target = Files.readSymbolicLink(descriptor).toString();
          if (target.contains(directory.toString())) {
            open.add(target);
          }
        }
      }
    }
    return open;
  }
}
