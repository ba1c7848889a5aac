package dev.varve.log;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.record.EndTransactionMarker.Outcome;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.record.TransactionVersion;
import dev.varve.log.storage.SimulatedDisk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;

/**
 * One replica whose high watermark moves, whose end is cut, and which is opened again, against a
 * list of what it holds: what is decided, and that what readers of committed records have seen
 * never changes.
 */
class ReplicatedTransactionProperties {
  private static final int PRODUCERS = 3;
  private static final int NOBODY = -1;

  /** One thing that happens; {@code number} chooses a producer, or how far. */
  record Happening(Event event, int number) {}

  enum Event {
    PLAIN,
    DATA,
    COMMIT,
    ABORT,
    ADVANCE_HIGH_WATERMARK,
    TRUNCATE,
    CLOSE,
    DIE,
    MAINTAIN
  }

  @Provide
  Arbitrary<Happening> happenings() {
    return Combinators.combine(
            Arbitraries.of(Event.class), Arbitraries.integers().between(0, PRODUCERS - 1))
        .as(Happening::new);
  }

  @Property(tries = 300)
  void whatIsDecidedIsDecidedForGood(
      @ForAll long seed,
      @ForAll @Size(min = 5, max = 50) List<@From("happenings") Happening> history) {
    try (Run run = new Run(seed)) {
      for (Happening happening : history) {
        run.happens(happening);
        run.check();
      }
    }
  }

  /** What a record is, and whose. */
  private record Entry(Event event, int producer, String key) {}

  private static final class Run implements AutoCloseable {
    private final List<Entry> entries = new ArrayList<>();
    private final short[] epochs = new short[PRODUCERS];
    private SimulatedDisk disk;
    private CommitLog log;
    private int highWatermark;
    private int records;

    /** What readers of committed records have seen. */
    private List<String> seen = List.of();

    Run(long seed) {
      disk = new SimulatedDisk(Path.of("replica"), seed);
      log = open(disk);
    }

    private static CommitLog open(SimulatedDisk disk) {
      return CommitLog.open(
          disk,
          LogOptions.builder()
              .replicated(true)
              .segmentBytesMax(400)
              .indexIntervalBytes(100)
              .ownMaintenanceThreads(false)
              .clock(() -> 0)
              .build());
    }

    void happens(Happening happening) {
      int number = happening.number();
      switch (happening.event()) {
        case PLAIN -> append(new Entry(Event.PLAIN, NOBODY, nextKey()), log.newBatch());
        case DATA ->
            append(
                new Entry(Event.DATA, number, nextKey()),
                log.newBatch().producer(number, ++epochs[number], 0).transactional());
        case COMMIT -> end(happening.event(), Outcome.COMMIT, number);
        case ABORT -> end(happening.event(), Outcome.ABORT, number);
        case ADVANCE_HIGH_WATERMARK -> {
          highWatermark = Math.min(entries.size(), highWatermark + number + 1);
          log.replica().advanceHighWatermark(highWatermark);
        }
        case TRUNCATE -> {
          int end = Math.max(highWatermark, entries.size() - number);
          log.replica().truncateTo(end);
          entries.subList(end, entries.size()).clear();
          assertThat(log.offsets().endOffset()).isEqualTo(end);
        }
        case CLOSE -> {
          log.close();
          reopen(disk);
        }
        case DIE -> {
          SimulatedDisk left = disk.afterKill();
          log.close();
          reopen(left);
        }
        case MAINTAIN -> log.maintenance();
      }
    }

    private String nextKey() {
      return "k" + records++;
    }

    private void append(Entry entry, RecordBatchBuilder batch) {
      log.append(batch.append(0, entry.key().getBytes(US_ASCII), new byte[20]).build());
      entries.add(entry);
    }

    private void end(Event event, Outcome outcome, int producer) {
      log.transactions().end(producer, epochs[producer], outcome, 0, TransactionVersion.TV1);
      entries.add(new Entry(event, producer, ""));
    }

    /** The checkpoint keeps a high watermark from time to time, so that it may be lower then. */
    private void reopen(SimulatedDisk left) {
      disk = left;
      log = open(left);
      int kept = (int) log.offsets().highWatermark();
      assertThat(kept).isLessThanOrEqualTo(highWatermark);
      check(kept);
      log.replica().advanceHighWatermark(highWatermark);
    }

    void check() {
      check(highWatermark);
      List<String> committed = committed();
      assertThat(committed.subList(0, seen.size())).as("what was seen").isEqualTo(seen);
      seen = committed;
      assertThat(read()).isEqualTo(seen);
    }

    private void check(int watermark) {
      assertThat(log.offsets().endOffset()).isEqualTo(entries.size());
      assertThat(log.offsets().lastStableOffset())
          .as("last stable offset of %s at high watermark %s", entries, watermark)
          .isEqualTo(stableEnd(watermark));
    }

    /** Where the first transaction begins that is not ended below the high watermark, or that. */
    private int stableEnd(int watermark) {
      int[] begun = new int[PRODUCERS];
      int[] undecided = new int[PRODUCERS];
      Arrays.fill(begun, Integer.MAX_VALUE);
      Arrays.fill(undecided, Integer.MAX_VALUE);
      for (int offset = 0; offset < entries.size(); offset++) {
        Entry entry = entries.get(offset);
        int producer = entry.producer();
        switch (entry.event()) {
          case DATA -> begun[producer] = Math.min(begun[producer], offset);
          case COMMIT, ABORT -> {
            if (offset >= watermark) {
              undecided[producer] = Math.min(undecided[producer], begun[producer]);
            }
            begun[producer] = Integer.MAX_VALUE;
          }
          default -> {
            // decided
          }
        }
      }
      int stable = watermark;
      for (int producer = 0; producer < PRODUCERS; producer++) {
        stable = Math.min(stable, Math.min(begun[producer], undecided[producer]));
      }
      return stable;
    }

    private List<String> committed() {
      List<String> keys = new ArrayList<>();
      for (int offset = 0; offset < stableEnd(highWatermark); offset++) {
        Entry entry = entries.get(offset);
        if (entry.event() == Event.PLAIN
            || (entry.event() == Event.DATA && endOf(entry.producer(), offset) == Event.COMMIT)) {
          keys.add(entry.key());
        }
      }
      return keys;
    }

    private Event endOf(int producer, int offset) {
      return entries.subList(offset, entries.size()).stream()
          .filter(entry -> entry.producer() == producer && entry.event() != Event.DATA)
          .findFirst()
          .orElseThrow()
          .event();
    }

    private List<String> read() {
      List<String> keys = new ArrayList<>();
      try (LogReader reader = log.reader(0, Visibility.COMMITTED)) {
        while (reader.next()) {
          keys.add(new String(reader.record().copyKey(), US_ASCII));
        }
      }
      return keys;
    }

    @Override
    public void close() {
      log.close();
      assertThat(disk.mappings()).isZero();
      assertThat(disk.openFiles()).isZero();
    }
  }
}
