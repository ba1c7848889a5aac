package dev.varve.index;

import static dev.varve.index.HeapMemory.ALLOCATOR;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What the indexes of any segment promise, said of the whole segment and not step by step. */
class SegmentIndexerProperties {
  private static final int INTERVAL_BYTES = 1000;

  record Batch(long lastOffset, int position, int sizeBytes, long maxTimestamp) {}

  @Property(tries = 500)
  void offsetEntriesLieWhereTheBytesSinceTheLastExceedTheInterval(
      @ForAll("segments") List<Batch> batches) {
    OffsetIndex offsets = OffsetIndex.growing(ALLOCATOR, 0, 10_000);
    index(batches, offsets, TimeIndex.growing(ALLOCATOR, 0, 10_000));

    // Positions are sums of sizes: the bytes between two batches are the difference of theirs.
    List<Batch> expected = new ArrayList<>();
    int positionLast = 0;
    for (Batch batch : batches) {
      if (batch.position() - positionLast > INTERVAL_BYTES) {
        expected.add(batch);
        positionLast = batch.position();
      }
    }
    assertThat(offsets.entryCount()).isEqualTo(expected.size());
    for (int slot = 0; slot < expected.size(); slot++) {
      assertThat(offsets.offset(slot)).isEqualTo(expected.get(slot).lastOffset());
      assertThat(offsets.position(slot)).isEqualTo(expected.get(slot).position());
    }
    assertThat(offsets.firstFault(Long.MAX_VALUE, Long.MAX_VALUE)).isEmpty();
  }

  @Property(tries = 500)
  void everyTimeEntryNamesTheFirstBatchThatHadTheLargestTimestampSoFar(
      @ForAll("segments") List<Batch> batches) {
    TimeIndex times = TimeIndex.growing(ALLOCATOR, 0, 10_000);
    index(batches, OffsetIndex.growing(ALLOCATOR, 0, 10_000), times);

    assertThat(times.firstFault(Long.MAX_VALUE)).isEmpty();
    for (int slot = 0; slot < times.entryCount(); slot++) {
      long timestamp = times.timestamp(slot);
      long offset = times.offset(slot);
      assertThat(batches)
          .filteredOn(batch -> batch.lastOffset() < offset)
          .allSatisfy(batch -> assertThat(batch.maxTimestamp()).isLessThan(timestamp));
      assertThat(batches)
          .filteredOn(batch -> batch.lastOffset() == offset)
          .singleElement()
          .extracting(Batch::maxTimestamp)
          .isEqualTo(timestamp);
    }
  }

  @Property(tries = 500)
  void theLastTimeEntryOfAClosedSegmentHasTheLargestTimestamp(
      @ForAll("segments") List<Batch> batches) {
    TimeIndex times = TimeIndex.growing(ALLOCATOR, 0, 10_000);
    index(batches, OffsetIndex.growing(ALLOCATOR, 0, 10_000), times);

    assertThat(times.lastTimestamp())
        .isEqualTo(batches.stream().mapToLong(Batch::maxTimestamp).max().orElse(-1));
  }

  /** A search from the floor meets the first batch with a timestamp at or after any target. */
  @Property(tries = 500)
  void aSearchByTimeMissesNothing(
      @ForAll("segments") List<Batch> batches, @ForAll("timestamps") long target) {
    TimeIndex times = TimeIndex.growing(ALLOCATOR, 0, 10_000);
    OffsetIndex offsets = OffsetIndex.growing(ALLOCATOR, 0, 10_000);
    index(batches, offsets, times);

    int from = offsets.floorPosition(times.floorOffset(target));

    assertThat(batches)
        .filteredOn(batch -> batch.position() < from)
        .allSatisfy(batch -> assertThat(batch.maxTimestamp()).isLessThan(target));
  }

  @Property(tries = 500)
  void aSearchByOffsetBeginsAtABatchAtOrBeforeTheTarget(@ForAll("segments") List<Batch> batches) {
    OffsetIndex offsets = OffsetIndex.growing(ALLOCATOR, 0, 10_000);
    index(batches, offsets, TimeIndex.growing(ALLOCATOR, 0, 10_000));

    long baseOffset = 0;
    for (Batch batch : batches) {
      for (long target = baseOffset; target <= batch.lastOffset(); target++) {
        int from = offsets.floorPosition(target);
        assertThat(from).isLessThanOrEqualTo(batch.position());
        assertThat(batch.position() - from)
            .as("a walk is no longer than the interval and two batches")
            .isLessThanOrEqualTo(INTERVAL_BYTES + 2 * 700);
      }
      baseOffset = batch.lastOffset() + 1;
    }
  }

  private static void index(List<Batch> batches, OffsetIndex offsets, TimeIndex times) {
    SegmentIndexer indexer = new SegmentIndexer(offsets, times, INTERVAL_BYTES);
    for (Batch batch : batches) {
      indexer.onBatch(
          batch.lastOffset(), batch.position(), batch.sizeBytes(), batch.maxTimestamp());
    }
    indexer.closingEntry();
  }

  /** Few distinct timestamps, so that equal ones and falling ones are common. */
  @Provide
  Arbitrary<Long> timestamps() {
    return Arbitraries.longs().between(-1, 50);
  }

  @Provide
  Arbitrary<List<Batch>> segments() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 5),
            Arbitraries.oneOf(Arbitraries.integers().between(61, 700), Arbitraries.of(500)),
            timestamps())
        .as((records, sizeBytes, timestamp) -> new Batch(records, 0, sizeBytes, timestamp))
        .list()
        .ofMaxSize(100)
        .map(shapes -> {
          List<Batch> batches = new ArrayList<>();
          long lastOffset = -1;
          int position = 0;
          for (Batch shape : shapes) {
            lastOffset += shape.lastOffset();
            batches.add(new Batch(lastOffset, position, shape.sizeBytes(), shape.maxTimestamp()));
            position += shape.sizeBytes();
          }
          return batches;
        });
  }
}
