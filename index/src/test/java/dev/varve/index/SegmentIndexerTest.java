package dev.varve.index;

import static dev.varve.index.HeapMemory.ALLOCATOR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SegmentIndexerTest {
  private final OffsetIndex offsets = OffsetIndex.growing(ALLOCATOR, 100, 100);
  private final TimeIndex times = TimeIndex.growing(ALLOCATOR, 100, 100);
  private final SegmentIndexer indexer = new SegmentIndexer(offsets, times, 4096);

  /**
   * Worked by hand from the rule. Bytes since the last entry are those before the batch; an entry
   * is due when they are more than 4,096.
   */
  @Test
  void makesTheEntriesOfTheWorkedExample() {
    //             last, position,  size, timestamp       since   largest so far
    indexer.onBatch(104, 0, 3000, 500); //                    0   500 at 104
    indexer.onBatch(109, 3000, 1096, 700); //              3000   700 at 109
    indexer.onBatch(114, 4096, 100, 600); //               4096   no entry: not *more* than 4,096
    indexer.onBatch(119, 4196, 5000, 700); //              4196   entry; 109 keeps its 700
    indexer.onBatch(124, 9196, 4097, 650); //              5000   entry; no time entry for 700 again
    indexer.onBatch(129, 13293, 61, 900); //               4097   entry; its own timestamp counts
    indexer.onBatch(134, 13354, 4097, 950); //               61
    indexer.onBatch(139, 17451, 61, -1); //                4158   entry; 950 at 134
    indexer.onBatch(144, 17512, 61, 2000); //                61
    indexer.onBatch(149, 17573, 61, 1000); //               122
    indexer.closingEntry(); //                                    2000 at 144

    assertThat(offsetEntries()).containsExactly("119@4196", "124@9196", "129@13293", "139@17451");
    assertThat(timeEntries()).containsExactly("700@109", "900@129", "950@134", "2000@144");
  }

  @Test
  void anEntryThatIsDueIsMadeForTheNextBatchAndBeginsTheCountAnew() {
    indexer.onBatch(104, 0, 4000, 500);
    indexer.entryIsDue();
    indexer.onBatch(109, 4000, 61, 500);
    indexer.onBatch(114, 4061, 4000, 500);
    indexer.onBatch(119, 8061, 61, 500); // 4061 since the entry
    indexer.onBatch(124, 8122, 61, 500);

    assertThat(offsetEntries()).containsExactly("109@4000", "124@8122");
  }

  @Test
  void aSecondClosingEntryAddsNothing() {
    indexer.onBatch(104, 0, 61, 500);

    indexer.closingEntry();
    indexer.closingEntry();

    assertThat(timeEntries()).containsExactly("500@104");
    assertThat(offsetEntries()).isEmpty();
  }

  @Test
  void aSegmentWithoutTimestampsHasNoTimeEntries() {
    indexer.onBatch(104, 0, 5000, -1);
    indexer.onBatch(109, 5000, 5000, -1);
    indexer.closingEntry();

    assertThat(offsetEntries()).containsExactly("109@5000");
    assertThat(timeEntries()).isEmpty();
    assertThat(indexer.timestampMax()).isEqualTo(-1);
    assertThat(indexer.offsetOfTimestampMax()).isEqualTo(-1);
  }

  @Test
  void withAnIntervalOfZeroEveryBatchButTheFirstHasAnEntry() {
    SegmentIndexer everyBatch = new SegmentIndexer(offsets, times, 0);

    everyBatch.onBatch(100, 0, 61, 1);
    everyBatch.onBatch(101, 61, 61, 2);
    everyBatch.onBatch(102, 122, 61, 3);

    assertThat(offsetEntries()).containsExactly("101@61", "102@122");
  }

  @Test
  void batchesOfTheLargestSizeDoNotOverflowTheCount() {
    SegmentIndexer rare = new SegmentIndexer(offsets, times, Integer.MAX_VALUE);

    rare.onBatch(100, 0, Integer.MAX_VALUE, 1);
    rare.onBatch(101, 1, 1000, 2);
    assertThat(offsetEntries()).isEmpty();
    rare.onBatch(102, 2, 1000, 3);

    assertThat(offsetEntries()).containsExactly("102@2");
  }

  @Test
  void afterAReopeningBytesBeginAnewAndTheLargestTimestampIsThatOfTheLastEntry() {
    indexer.onBatch(104, 0, 5000, 800);
    indexer.onBatch(109, 5000, 4000, 600);
    assertThat(timeEntries()).containsExactly("800@104");

    SegmentIndexer reopened =
        new SegmentIndexer(
            OffsetIndex.growing(ALLOCATOR, 100, 100, offsets.bytes()),
            TimeIndex.growing(ALLOCATOR, 100, 100, times.bytes()),
            4096);

    assertThat(reopened.timestampMax()).isEqualTo(800);
    assertThat(reopened.offsetOfTimestampMax()).isEqualTo(104);
  }

  @Test
  void batchesBeyondTheLastEntryCountForTheLargestTimestampOnly() {
    indexer.onUnindexedBatch(104, 300);
    indexer.onUnindexedBatch(109, 900);
    indexer.onUnindexedBatch(114, 900);
    indexer.onBatch(119, 9000, 5000, 100);
    assertThat(offsetEntries()).as("bytes of unindexed batches do not count").isEmpty();

    indexer.closingEntry();

    assertThat(timeEntries()).containsExactly("900@109");
  }

  @Test
  void truncationTakesEntriesOfBothIndexesAndBeginsAnew() {
    indexer.onBatch(104, 0, 5000, 500);
    indexer.onBatch(109, 5000, 5000, 700);
    indexer.onBatch(114, 10000, 5000, 800);
    assertThat(offsetEntries()).containsExactly("109@5000", "114@10000");

    indexer.truncateTo(110);

    assertThat(offsetEntries()).containsExactly("109@5000");
    assertThat(timeEntries()).containsExactly("700@109");
    assertThat(indexer.timestampMax()).isEqualTo(700);
    indexer.onBatch(112, 10000, 5000, 600);
    assertThat(offsetEntries()).as("bytes began at 0").containsExactly("109@5000");
    indexer.onBatch(113, 15000, 5000, 600);
    assertThat(offsetEntries()).containsExactly("109@5000", "113@15000");
  }

  @Test
  void isFullWhenEitherIndexIs() {
    SegmentIndexer offsetsFull =
        new SegmentIndexer(OffsetIndex.growing(ALLOCATOR, 100, 1), times, 0);
    SegmentIndexer timesFull = new SegmentIndexer(offsets, TimeIndex.growing(ALLOCATOR, 100, 2), 0);
    for (SegmentIndexer full : List.of(offsetsFull, timesFull)) {
      full.onBatch(100, 0, 61, 1);
      assertThat(full.isFull()).isFalse();
      full.onBatch(101, 61, 61, 2);
      assertThat(full.isFull()).isTrue();
    }
  }

  @Test
  void fullIndexesStayAsTheyAreButForTheClosingEntry() {
    OffsetIndex smallOffsets = OffsetIndex.growing(ALLOCATOR, 100, 2);
    TimeIndex smallTimes = TimeIndex.growing(ALLOCATOR, 100, 2);
    SegmentIndexer small = new SegmentIndexer(smallOffsets, smallTimes, 0);

    for (int batch = 0; batch < 10; batch++) {
      small.onBatch(100 + batch, 61 * batch, 61, 1000 + batch);
    }
    small.closingEntry();

    assertThat(smallOffsets.entryCount()).isEqualTo(2);
    assertThat(smallTimes.entryCount()).isEqualTo(2);
    assertThat(smallTimes.lastTimestamp()).isEqualTo(1009);
    assertThat(smallOffsets.firstFault(110, 610)).isEmpty();
    assertThat(smallTimes.firstFault(110)).isEmpty();
  }

  @Test
  void refusesIndexesOfDifferentSegmentsAndNegativeIntervals() {
    assertThatThrownBy(
            () -> new SegmentIndexer(offsets, TimeIndex.growing(ALLOCATOR, 99, 10), 4096))
        .hasMessage("time index with base offset 99, expected the offset index's 100");
    assertThatThrownBy(() -> new SegmentIndexer(offsets, times, -1))
        .hasMessage("index interval of -1 bytes, expected 0 or more");
  }

  private List<String> offsetEntries() {
    List<String> entries = new ArrayList<>();
    for (int slot = 0; slot < offsets.entryCount(); slot++) {
      entries.add(offsets.offset(slot) + "@" + offsets.position(slot));
    }
    return entries;
  }

  private List<String> timeEntries() {
    List<String> entries = new ArrayList<>();
    for (int slot = 0; slot < times.entryCount(); slot++) {
      entries.add(times.timestamp(slot) + "@" + times.offset(slot));
    }
    return entries;
  }
}
