package dev.varve.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.compaction.CompactedLog.Found;
import dev.varve.compaction.CompactedLog.Last;
import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.error.LogException;
import dev.varve.log.record.Codec;
import dev.varve.log.record.Compression;
import dev.varve.log.storage.SimulatedDisk;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;

/** What holds of any history of a compacted log. */
class LogCompactionProperties {
  private static final int SEGMENT_BYTES = 1000;
  private static final long DELETE_RETENTION_MILLIS = 1000;

  /** What is done with a log. */
  interface Step {
    void run(CompactedLog log);
  }

  private record Append(List<String> entries) implements Step {
    @Override
    public void run(CompactedLog log) {
      log.append(entries.toArray(String[]::new));
    }
  }

  private enum Other implements Step {
    ROLL,
    COMPACT,
    REOPEN,
    WAIT,
    GIVE_UP;

    @Override
    public void run(CompactedLog log) {
      switch (this) {
        case ROLL -> log.roll();
        case COMPACT -> log.compaction.run();
        case REOPEN -> log.reopen();
        case WAIT -> log.nowMillis += DELETE_RETENTION_MILLIS;
        case GIVE_UP -> log.log.advanceStartOffset(log.log.offsets().endOffset() / 2);
      }
    }
  }

  @Provide
  Arbitrary<List<Step>> histories() {
    Arbitrary<String> keys = Arbitraries.integers().between(0, 9).map(key -> "key-" + key);
    Arbitrary<String> values =
        Arbitraries.frequencyOf(
            Tuple.of(3, Arbitraries.integers().between(0, 999).map(value -> "=" + value)),
            Tuple.of(1, Arbitraries.just("")));
    Arbitrary<Step> appends =
        Combinators.combine(keys, values)
            .as((key, value) -> key + value)
            .list()
            .ofMinSize(1)
            .ofMaxSize(8)
            .map(Append::new);
    return Arbitraries.frequencyOf(
            Tuple.of(12, appends),
            Tuple.of(4, Arbitraries.just(Other.ROLL)),
            Tuple.of(3, Arbitraries.just(Other.COMPACT)),
            Tuple.of(1, Arbitraries.just(Other.REOPEN)),
            Tuple.of(1, Arbitraries.just(Other.WAIT)),
            Tuple.of(1, Arbitraries.just(Other.GIVE_UP)))
        .list()
        .ofMaxSize(40);
  }

  @Provide
  Arbitrary<CompactorOptions> compactors() {
    Arbitrary<Long> budgets = Arbitraries.of(128L, 300L, 1L << 20);
    Arbitrary<KeyHash> hashes =
        Arbitraries.of(
            KeyHash.random(), (memory, position, bytes) -> bytes, (memory, position, bytes) -> 1);
    return Combinators.combine(budgets, hashes)
        .as((budget, hash) -> CompactorOptions.builder().keyMapBytes(budget).keyHash(hash).build());
  }

  @Provide
  Arbitrary<Compression> codecs() {
    return Arbitraries.of(
        Compression.NONE, Compression.LZ4, Compression.ZSTD, Compression.of(Codec.GZIP));
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void keysKeepTheirLastValues(
      @ForAll("histories") List<Step> history,
      @ForAll("compactors") CompactorOptions compactor,
      @ForAll("codecs") Compression codec) {
    try (CompactedLog log = new CompactedLog(codec, SEGMENT_BYTES, compactor)) {
      log.with("delete.retention.ms", "" + DELETE_RETENTION_MILLIS);
      for (Step step : history) {
        step.run(log);
        assertKept(log);
      }
      assertCompacted(log.roll());
    }
  }

  /** The last value of each key is where it was, or a tombstone that may be gone. */
  private static void assertKept(CompactedLog log) {
    long start = log.log.offsets().startOffset();
    Map<String, Last> found = log.last();
    log.model.forEach((key, last) -> {
      if (last.offset() >= start && (last.value() != null || found.containsKey(key))) {
        assertThat(found.get(key)).as(key).isEqualTo(last);
      }
    });
    assertThat(log.model.keySet()).containsAll(found.keySet());
  }

  /** After a pass there is one record for each key, and a second pass finds nothing to do. */
  private static void assertCompacted(CompactedLog log) {
    List<CompactionResult> results = log.compaction.run();
    List<Found> records = log.records();
    if (results.size() == 1) { // each pass knows only the keys that it has learnt
      assertThat(records).extracting(Found::key).doesNotHaveDuplicates();
    }
    assertThat(log.compaction.run()).isEmpty();
    assertThat(log.records()).isEqualTo(records);
    records.forEach(record -> {
      OptionalLong offset = log.log.offsetForTimestamp(CompactedLog.BEGIN_MILLIS);
      assertThat(offset).hasValue(records.getFirst().offset());
    });
  }

  @Property(tries = 30, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
  void aFullDiskTakesNothingAway(
      @ForAll("histories") List<Step> history, @ForAll("compactors") CompactorOptions compactor) {
    try (CompactedLog log = new CompactedLog(Compression.NONE, SEGMENT_BYTES, compactor)) {
      history.forEach(step -> step.run(log));
      log.roll();
      log.disk.setCapacityBytes(log.disk.usedBytes());
      try {
        log.compaction.run();
      } catch (LogException e) {
        assertThat(e).hasMessageContaining("No space left on device");
        assertThat(log.compaction.isIdle()).isTrue();
      }
      log.disk.setCapacityBytes(Long.MAX_VALUE);
      assertKept(log);
      assertCompacted(log);
    }
  }

  private static CompactedLog filled(SimulatedDisk disk) {
    CompactedLog log =
        new CompactedLog(disk, Compression.NONE, SEGMENT_BYTES, CompactorOptions.defaults());
    log.with("delete.retention.ms", "0");
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 6; i++) {
        log.append("a" + i + "=" + round, "b=" + i, round == 1 ? "c" : "c=" + i);
      }
      log.roll();
    }
    return log;
  }

  @Test
  void powerMayBeLostAtEveryStepOfAPass() {
    long begin;
    long end;
    Map<String, Last> model = new HashMap<>();
    SimulatedDisk whole = new SimulatedDisk(Path.of("log"));
    try (CompactedLog log = filled(whole)) {
      begin = whole.faults().operations();
      assertThat(log.compaction.run()).hasSize(1);
      end = whole.faults().operations();
      model.putAll(log.model);
    }
    int compacted = 0;
    for (long cut = begin; cut <= end; cut++) {
      SimulatedDisk disk = new SimulatedDisk(Path.of("log"), cut);
      CompactedLog log = filled(disk);
      disk.faults().cutPowerAt(cut);
      try {
        log.compaction.run();
      } catch (LogException e) {
        // the power is out
      }
      for (int i = 0; i < 5; i++) {
        compacted += survivors(disk.afterPowerLoss(), model) < 54 ? 1 : 0;
      }
      disk.faults().withoutPower(() -> giveUp(log));
    }
    assertThat(compacted).isBetween(50, (int) (5 * (end - begin)));
  }

  private static int survivors(SimulatedDisk found, Map<String, Last> model) {
    LogOptions options = LogOptions.builder().ownMaintenanceThreads(false).build();
    Map<String, Last> last = new HashMap<>();
    try (CommitLog log = CommitLog.open(found, options)) {
      List<Found> records = CompactedLog.records(log);
      records.forEach(record -> last.put(record.key(), new Last(record.offset(), record.value())));
      assertThat(last).isEqualTo(model);
      return records.size();
    }
  }

  private static void giveUp(CompactedLog log) {
    try {
      log.close();
    } catch (LogException e) {
      // it has stopped
    }
  }
}
