package dev.varve.crash;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.varve.compaction.CompactionConfig;
import dev.varve.compaction.CompactionListener;
import dev.varve.compaction.CompactionProgress;
import dev.varve.compaction.CompactorOptions;
import dev.varve.compaction.LogCompaction;
import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.LogReader;
import dev.varve.log.error.LogException;
import dev.varve.log.record.Record;
import dev.varve.log.storage.SimulatedDisk;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A pass of compaction over a log on a simulated disk, while records are appended, a reader reads,
 * and the start of the log moves; and what a log that was found afterwards has to hold.
 */
final class CompactionRun {
  private static final int SEGMENT_BYTES_MAX = 1000;

  /** So small that two segments take the place of three. */
  private static final int INDEX_BYTES_MAX = 60;

  private static final int ROUNDS = 3;

  /** What the start is moved to in the midst of the pass: into the first segment. */
  private static final long START_OFFSET = 2;

  private final SimulatedDisk disk;
  private final CommitLog log;
  private final LogCompaction compaction;

  /** The last durable record of each key. */
  private final Map<String, Last> durable = new HashMap<>();

  private final @Nullable LogReader reader;
  private int appended;

  private record Last(long offset, @Nullable String value) {}

  /** Fills a log, which cannot fail yet. */
  CompactionRun(SimulatedDisk disk, Defect defect) {
    this.disk = disk;
    this.log = open(disk, defect);
    CompactorOptions options = CompactorOptions.builder().listener(meanwhile()).build();
    Map<String, String> config =
        Map.of(
            "cleanup.policy", "compact",
            "delete.retention.ms", "0",
            "internal.segment.bytes", "" + SEGMENT_BYTES_MAX);
    this.compaction =
        new LogCompaction(log, CompactionConfig.fromTopicConfig(config), options, () -> 1_000);
    for (int round = 0; round < ROUNDS; round++) {
      for (int i = 0; i < 4; i++) {
        append("a" + i, "" + round);
        append("b", "" + i);
        append("c", round == 1 ? null : "" + i);
        append("unique-" + round + "-" + i, "" + i);
      }
      log.roll();
    }
    log.flush();
    log.maintenance();
    this.reader = log.reader(1);
  }

  private static CommitLog open(SimulatedDisk disk, Defect defect) {
    return CommitLog.open(
        defect.in().apply(disk),
        LogOptions.builder()
            .segmentBytesMax(SEGMENT_BYTES_MAX)
            .indexIntervalBytes(100)
            .indexBytesMax(INDEX_BYTES_MAX)
            .ownMaintenanceThreads(false)
            .clock(() -> 1_000)
            .build());
  }

  private void append(String key, @Nullable String value) {
    long offset =
        log.append(1_000, key.getBytes(UTF_8), value == null ? null : value.getBytes(UTF_8));
    durable.put(key, new Last(offset, value));
  }

  private CompactionListener meanwhile() {
    return new CompactionListener() {
      @Override
      public void passProgress(CompactionProgress progress) {
        String key = "meanwhile" + appended++;
        long offset = log.append(1_000, key.getBytes(UTF_8), key.getBytes(UTF_8));
        log.flush();
        durable.put(key, new Last(offset, key));
        if (reader != null) {
          reader.next();
        }
        if (appended == ROUNDS) {
          log.advanceStartOffset(START_OFFSET);
        }
        log.maintenance();
      }
    };
  }

  /** Compacts and closes, or as far as the power lasts. */
  void run() {
    try {
      compaction.run();
      if (reader != null) {
        reader.close();
      }
      log.close();
    } catch (LogException e) {
      if (!disk.faults().powerIsOut()) {
        throw e;
      }
    }
  }

  /** Gives back what the run holds when the power is out. */
  void die() {
    disk.faults()
        .withoutPower(() -> {
          try {
            compaction.close();
            if (reader != null) {
              reader.close();
            }
            log.close();
          } catch (LogException e) {
            // it has stopped
          }
        });
  }

  /**
   * Looks at what is left: each key has its last value, at its offset.
   *
   * @return how many records there are
   * @throws AssertionError if something is wrong
   */
  int check(SimulatedDisk found, Defect defect) {
    Map<String, Last> last = new HashMap<>();
    int records = 0;
    try (CommitLog left = open(found, defect)) {
      try (LogReader all = left.reader(left.offsets().startOffset())) {
        while (all.next()) {
          Record record = all.record();
          byte @Nullable [] value = record.copyValue();
          byte @Nullable [] key = record.copyKey();
          last.put(
              key == null ? "" : new String(key, UTF_8),
              new Last(record.offset(), value == null ? null : new String(value, UTF_8)));
          records++;
        }
      }
    } catch (LogException e) {
      throw new AssertionError("the log that is left cannot be read", e);
    }
    durable.forEach((key, expected) -> {
      if (!expected.equals(last.get(key))) {
        throw new AssertionError(key + ": found " + last.get(key) + ", expected " + expected);
      }
    });
    return records;
  }
}
