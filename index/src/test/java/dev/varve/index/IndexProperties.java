package dev.varve.index;

import static dev.varve.index.HeapMemory.ALLOCATOR;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

/** The indexes against ordered maps and lists that nobody needs to trust. */
class IndexProperties {
  static final int STEP_MAX = 1000;

  /** How far the next entry lies from the one before, in each of the two fields. */
  record Step(int first, int second) {}

  @Property(tries = 300)
  void offsetLookupIsTheFloorOfAnOrderedMap(
      @ForAll @LongRange(min = 0, max = Long.MAX_VALUE / 2) long baseOffset,
      @ForAll("steps") List<Step> steps,
      @ForAll List<@IntRange(min = -2, max = STEP_MAX * 3000) Integer> targets) {
    NavigableMap<Long, Integer> model = offsetModel(baseOffset, steps);
    OffsetIndex growing = fill(OffsetIndex.growing(ALLOCATOR, baseOffset, 5000), model);
    OffsetIndex sealed = OffsetIndex.over(growing.bytes(), baseOffset);

    List<Long> targetOffsets = new ArrayList<>(model.keySet());
    targets.forEach(target -> targetOffsets.add(baseOffset + target));
    for (long target : targetOffsets) {
      Map.Entry<Long, Integer> floor = model.floorEntry(target);
      int position = floor == null ? 0 : floor.getValue();
      int slot = model.headMap(target, true).size() - 1;
      for (OffsetIndex index : List.of(growing, sealed)) {
        assertThat(index.floorPosition(target)).isEqualTo(position);
        assertThat(index.floorSlot(target)).isEqualTo(slot);
      }
    }
    assertThat(growing.lastOffset()).isEqualTo(model.isEmpty() ? -1 : model.lastKey());
  }

  @Property(tries = 300)
  void offsetTruncationIsTheHeadOfAnOrderedMap(
      @ForAll("steps") List<Step> steps,
      @ForAll @IntRange(max = 3000) int cutSlot,
      @ForAll @IntRange(min = -1, max = 1) int nudge) {
    long baseOffset = 1_000_000;
    NavigableMap<Long, Integer> model = offsetModel(baseOffset, steps);
    OffsetIndex index = fill(OffsetIndex.growing(ALLOCATOR, baseOffset, 5000), model);
    long cut =
        nudge
            + (cutSlot < model.size()
                ? Objects.requireNonNull(new ArrayList<>(model.keySet()).get(cutSlot))
                : baseOffset);

    index.truncateTo(cut);
    model.tailMap(cut, true).clear();
    // What is appended after a truncation lies where the cut entries were.
    model.put(cut + STEP_MAX, Integer.MAX_VALUE);
    index.append(cut + STEP_MAX, Integer.MAX_VALUE);

    OffsetIndex expected = fill(OffsetIndex.growing(ALLOCATOR, baseOffset, 5000), model);
    assertThat(HeapMemory.toHex(index.bytes())).isEqualTo(HeapMemory.toHex(expected.bytes()));
  }

  @Property(tries = 300)
  void timeLookupIsALinearScan(
      @ForAll("steps") List<Step> steps,
      @ForAll List<@IntRange(min = -2, max = STEP_MAX * 3000) Integer> targets) {
    long baseOffset = 77;
    TimeIndex index = TimeIndex.growing(ALLOCATOR, baseOffset, 5001);
    NavigableMap<Long, Long> model = new TreeMap<>();
    long timestamp = -1;
    long offset = baseOffset;
    for (Step step : steps) {
      timestamp += step.first();
      offset += step.second() - 1; // offsets may repeat
      model.put(timestamp, offset);
      assertThat(index.append(timestamp, offset)).isTrue();
    }

    assertThat(index.firstFault(offset + 1)).isEmpty();
    for (long target : targets) {
      Map.Entry<Long, Long> floor = model.floorEntry(target);
      assertThat(index.floorOffset(target)).isEqualTo(floor == null ? 77 : floor.getValue());
    }
    if (!steps.isEmpty()) {
      long cut = offset;
      index.truncateTo(cut);
      assertThat(index.entryCount())
          .isEqualTo(model.values().stream().filter(kept -> kept < cut).count());
    }
  }

  @Property(tries = 300)
  void abortedTransactionsAreFoundAsByAScanOfAll(
      @ForAll("transactions") List<AbortedTransaction> transactions,
      @ForAll @LongRange(max = 2000) long fetchOffset,
      @ForAll @LongRange(min = 1, max = 500) long range) {
    TransactionIndex index = TransactionIndex.growing(ALLOCATOR, 0);
    transactions.forEach(index::append);
    long upperBoundOffset = fetchOffset + range;

    List<AbortedTransaction> expected = new ArrayList<>();
    boolean goesOn = true;
    for (AbortedTransaction transaction : transactions) {
      if (transaction.lastOffset() >= fetchOffset && transaction.firstOffset() < upperBoundOffset) {
        expected.add(transaction);
      }
      if (transaction.lastStableOffset() >= upperBoundOffset) {
        goesOn = false;
        break;
      }
    }
    List<AbortedTransaction> found = new ArrayList<>();

    assertThat(index.collectAborted(fetchOffset, upperBoundOffset, found)).isEqualTo(goesOn);
    assertThat(found).isEqualTo(expected);
    assertThat(index.firstFault(Long.MAX_VALUE)).isEmpty();
  }

  @Property(tries = 300)
  void lookupsInNoiseStayInside(
      @ForAll byte[] noise, @ForAll long target, @ForAll @LongRange(min = 0) long baseOffset) {
    MemorySegment memory = MemorySegment.ofArray(noise);
    OffsetIndex offsets = OffsetIndex.over(memory, baseOffset);
    TimeIndex times = TimeIndex.over(memory, baseOffset);
    TransactionIndex transactions = TransactionIndex.over(memory, baseOffset);

    offsets.floorPosition(target);
    times.floorOffset(target);
    transactions.collectAborted(Math.min(target, 0), Math.max(target, 0), new ArrayList<>());
    offsets.firstFault(Long.MAX_VALUE, Long.MAX_VALUE);
    times.firstFault(Long.MAX_VALUE);
    transactions.firstFault(Long.MAX_VALUE);

    assertThat(offsets.floorSlot(target)).isBetween(-1, offsets.entryCount() - 1);
    assertThat(times.floorSlot(target)).isBetween(-1, times.entryCount() - 1);
  }

  @Property(tries = 300)
  void aSoundOffsetIndexWithTwoEntriesExchangedIsFaulty(
      @ForAll("steps") List<Step> steps,
      @ForAll @IntRange(max = 3000) int one,
      @ForAll @IntRange(max = 3000) int other) {
    NavigableMap<Long, Integer> model = offsetModel(0, steps);
    OffsetIndex index = fill(OffsetIndex.growing(ALLOCATOR, 0, 5000), model);
    assertThat(index.firstFault(Long.MAX_VALUE, Long.MAX_VALUE)).isEmpty();
    if (one >= index.entryCount() || other >= index.entryCount() || one == other) {
      return;
    }

    byte[] bytes = index.bytes().toArray(ValueLayout.JAVA_BYTE);
    for (int i = 0; i < 8; i++) {
      byte moved = bytes[8 * one + i];
      bytes[8 * one + i] = bytes[8 * other + i];
      bytes[8 * other + i] = moved;
    }

    assertThat(
            OffsetIndex.over(MemorySegment.ofArray(bytes), 0)
                .firstFault(Long.MAX_VALUE, Long.MAX_VALUE))
        .hasValueSatisfying(fault ->
            assertThat(fault.slot()).isBetween(Math.min(one, other), Math.max(one, other)));
  }

  /** Sizes up to 3,000 entries: past the warm end and several growths. */
  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Integer> distance = Arbitraries.integers().between(1, STEP_MAX);
    Arbitrary<Step> step = Combinators.combine(distance, distance).as(Step::new);
    return Arbitraries.oneOf(
        step.list().ofMaxSize(20), step.list().ofMinSize(1000).ofMaxSize(3000));
  }

  @Provide
  Arbitrary<List<AbortedTransaction>> transactions() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 40),
            Arbitraries.integers().between(0, 200),
            Arbitraries.integers().between(0, 100))
        .as((step, length, unstable) -> new int[] {step, length, unstable})
        .list()
        .ofMaxSize(200)
        .map(shapes -> {
          List<AbortedTransaction> transactions = new ArrayList<>();
          long lastOffset = 0;
          for (int[] shape : shapes) {
            lastOffset += shape[0];
            transactions.add(
                new AbortedTransaction(
                    shape[1] % 7,
                    Math.max(0, lastOffset - shape[1]),
                    lastOffset,
                    Math.max(0, lastOffset + 1 - shape[2])));
          }
          return transactions;
        });
  }

  private static NavigableMap<Long, Integer> offsetModel(long baseOffset, List<Step> steps) {
    NavigableMap<Long, Integer> model = new TreeMap<>();
    long offset = baseOffset;
    int position = 0;
    for (Step step : steps) {
      offset += step.first();
      position += step.second();
      model.put(offset, position);
    }
    return model;
  }

  private static OffsetIndex fill(OffsetIndex index, NavigableMap<Long, Integer> model) {
    model.forEach(index::append);
    return index;
  }
}
