package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.index.AbortedTransaction;
import dev.varve.index.OffsetIndex;
import dev.varve.index.TimeIndex;
import dev.varve.index.TransactionIndex;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.apache.kafka.common.message.AbortedTxn;
import org.apache.kafka.storage.internals.log.TxnIndexSearchResult;

/** The indexes against Kafka's own: lookups, truncation, and the bytes that are left. */
class KafkaIndexProperties {
  private static final int ENTRIES_MAX = 2_000;
  private static final int OFFSET_STEP_MAX = 20;

  /** An entry, by how far it lies from the one before. */
  record Step(int offsets, int bytes, int millis) {}

  @Provide
  Arbitrary<List<Step>> steps() {
    return Combinators.combine(
            Arbitraries.integers().between(1, OFFSET_STEP_MAX),
            Arbitraries.integers().between(61, 5_000),
            Arbitraries.integers().between(0, 3))
        .as(Step::new)
        .list()
        .ofMaxSize(ENTRIES_MAX);
  }

  @Property(tries = 20)
  void offsetIndexesAgree(
      @ForAll("steps") List<Step> steps,
      @ForAll @LongRange(min = 0, max = 1L << 50) long baseOffset,
      @ForAll @IntRange(max = ENTRIES_MAX * OFFSET_STEP_MAX) int cut)
      throws IOException {
    try (LogDirectory directory = LogDirectory.create();
        var kafka =
            new org.apache.kafka.storage.internals.log.OffsetIndex(
                fileIn(directory).toFile(), baseOffset, ENTRIES_MAX * OffsetIndex.ENTRY_BYTES)) {
      OffsetIndex varve = OffsetIndex.growing(Arena.ofAuto(), baseOffset, ENTRIES_MAX);
      long offset = baseOffset;
      int position = 0;
      for (Step step : steps) {
        offset += step.offsets;
        position += step.bytes;
        kafka.append(offset, position);
        varve.append(offset, position);
      }
      for (int round = 0; round < 2; round++) {
        for (long target = baseOffset; target < offset + 10; target += 3) {
          assertThat(varve.floorPosition(target)).isEqualTo(kafka.lookup(target).position());
        }
        kafka.truncateTo(baseOffset + cut);
        varve.truncateTo(baseOffset + cut);
      }
      kafka.trimToValidSize();
      assertSameBytes(directory, varve.bytes());
    }
  }

  @Property(tries = 20)
  void timeIndexesAgree(
      @ForAll("steps") List<Step> steps,
      @ForAll @LongRange(min = 0, max = 1L << 50) long baseOffset,
      @ForAll @IntRange(max = ENTRIES_MAX * OFFSET_STEP_MAX) int cut)
      throws IOException {
    try (LogDirectory directory = LogDirectory.create();
        var kafka =
            new org.apache.kafka.storage.internals.log.TimeIndex(
                fileIn(directory).toFile(),
                baseOffset,
                (ENTRIES_MAX + 1) * TimeIndex.ENTRY_BYTES)) {
      TimeIndex varve = TimeIndex.growing(Arena.ofAuto(), baseOffset, ENTRIES_MAX + 1);
      long offset = baseOffset;
      long timestamp = -1;
      for (Step step : steps) {
        offset += step.offsets;
        timestamp += step.millis;
        kafka.maybeAppend(timestamp, offset);
        varve.append(timestamp, offset);
      }
      for (int round = 0; round < 2; round++) {
        for (long target = 0; target < timestamp + 10; target += 2) {
          assertThat(varve.floorOffset(target)).isEqualTo(kafka.lookup(target).offset());
        }
        kafka.truncateTo(baseOffset + cut);
        varve.truncateTo(baseOffset + cut);
      }
      kafka.trimToValidSize();
      assertSameBytes(directory, varve.bytes());
    }
  }

  /** Here the bytes of a step are how far back the transaction began, its time the open others. */
  @Property(tries = 20)
  void transactionIndexesAgree(
      @ForAll("steps") List<Step> steps,
      @ForAll @LongRange(min = 10_000, max = 1L << 50) long baseOffset,
      @ForAll @IntRange(max = ENTRIES_MAX * OFFSET_STEP_MAX) int cut)
      throws IOException {
    try (LogDirectory directory = LogDirectory.create()) {
      var kafka =
          new org.apache.kafka.storage.internals.log.TransactionIndex(
              baseOffset, fileIn(directory).toFile());
      TransactionIndex varve = TransactionIndex.growing(Arena.ofAuto(), baseOffset);
      long offset = baseOffset;
      for (Step step : steps.subList(0, Math.min(steps.size(), 40))) {
        offset += step.offsets;
        long lastStable = offset + 1 - step.millis * 30L;
        AbortedTransaction aborted =
            new AbortedTransaction(step.bytes % 5, offset - step.bytes, offset, lastStable);
        kafka.append(
            new AbortedTxn()
                .setProducerId(aborted.producerId())
                .setFirstOffset(aborted.firstOffset())
                .setLastOffset(aborted.lastOffset())
                .setLastStableOffset(aborted.lastStableOffset()));
        varve.append(aborted);
      }
      for (int round = 0; round < 2; round++) {
        for (long from = baseOffset; from < offset + 10; from += 7) {
          assertSameAborted(kafka, varve, from, from + 1);
          assertSameAborted(kafka, varve, from, from + 100);
        }
        kafka.truncateTo(baseOffset + cut % 800);
        varve.truncateTo(baseOffset + cut % 800);
      }
      kafka.flush();
      kafka.close();
      if (!steps.isEmpty()) {
        assertSameBytes(directory, varve.bytes());
      }
    }
  }

  private static void assertSameAborted(
      org.apache.kafka.storage.internals.log.TransactionIndex kafka,
      TransactionIndex varve,
      long fetchOffset,
      long upperBound) {
    TxnIndexSearchResult expected = kafka.collectAbortedTxns(fetchOffset, upperBound);
    List<AbortedTransaction> found = new ArrayList<>();
    boolean searchOn = varve.collectAborted(fetchOffset, upperBound, found);

    assertThat(searchOn).isEqualTo(!expected.isComplete());
    assertThat(found.stream().map(AbortedTransaction::firstOffset))
        .containsExactlyElementsOf(
            expected.abortedTransactions().stream().map(AbortedTxn::firstOffset).toList());
  }

  private static Path fileIn(LogDirectory directory) throws IOException {
    Files.createDirectories(directory.path());
    return directory.path().resolve("index");
  }

  private static void assertSameBytes(LogDirectory directory, MemorySegment varve)
      throws IOException {
    assertThat(Bytes.of(varve.toArray(ValueLayout.JAVA_BYTE)))
        .isEqualTo(Bytes.of(Files.readAllBytes(fileIn(directory))));
  }
}
