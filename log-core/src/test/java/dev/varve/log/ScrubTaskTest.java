package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.error.DamagedRange;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.storage.DiskFaults.Fault;
import dev.varve.log.storage.SimulatedDisk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ScrubTaskTest {
  /** Small enough that no pause is shorter than a second. */
  private static final long RATE = 4096;

  private final SimulatedDisk disk = new SimulatedDisk(Path.of("simulated"));
  private final List<Found> found = new ArrayList<>();
  private long nowMillis = 1_000_000;

  /** What the listener heard. */
  private record Found(
      String file, long position, long endPosition, long firstOffset, long endOffset) {}

  private CommitLog open(int segmentBytesMax, long bytesPerSecond) {
    LogListener listener =
        new LogListener() {
          @Override
          public void damageFound(DamagedRange range) {
            String name = Objects.requireNonNull(Path.of(range.file()).getFileName()).toString();
            found.add(
                new Found(
                    name,
                    range.position(),
                    range.endPosition(),
                    range.firstOffset(),
                    range.endOffset()));
          }
        };
    return CommitLog.open(
        disk,
        LogOptions.builder()
            .segmentBytesMax(segmentBytesMax)
            .indexIntervalBytes(100)
            .clock(() -> nowMillis)
            .listener(listener)
            .scrubBytesPerSecondMax(bytesPerSecond)
            .ownMaintenanceThreads(false)
            .build());
  }

  /** Three sealed segments of ten batches of 100 bytes, and an active one; nothing was read yet. */
  private CommitLog fourSegments() {
    CommitLog filled = open(1000, 0);
    append(filled, 40, 100);
    filled.close();
    CommitLog log = open(1000, RATE);
    assertThat(log.segments())
        .extracting(SegmentInfo::baseOffset)
        .containsExactly(0L, 10L, 20L, 30L);
    return log;
  }

  private static void append(CommitLog log, int records, int batchBytes) {
    byte[] value = new byte[batchBytes - 61 - 7 - (batchBytes > 200 ? 4 : 0)];
    for (int i = 0; i < records; i++) {
      log.append(null, value);
      log.maintenance();
    }
  }

  private static String logOf(long base) {
    return SegmentFile.name(base, Kind.LOG);
  }

  private void flip(long base, int position) {
    byte[] bytes = Objects.requireNonNull(disk.contents().get(logOf(base)));
    bytes[position] ^= 1;
    disk.put(logOf(base), bytes);
  }

  /** Does the step that is due when the longest pause of small segments is over. */
  private void step(CommitLog log) {
    nowMillis += 1000;
    log.maintenance();
  }

  @Test
  void nothingIsReadUnlessARateIsGiven() {
    CommitLog log = open(1000, 0);
    append(log, 40, 100);
    flip(0, 70);
    step(log);
    assertThat(log.scrubProgress()).isEqualTo(new ScrubProgress(0, 0, 0, 0));
    assertThat(found).isEmpty();
  }

  @Test
  void aLogWithoutASealedSegmentHasNothingToRead() {
    CommitLog log = open(1000, RATE);
    append(log, 1, 100);
    step(log);
    assertThat(log.scrubProgress()).isEqualTo(new ScrubProgress(0, 0, 0, 0));
  }

  @Test
  void soundSegmentsAreReadRoundAndRoundAndNothingIsReported() {
    CommitLog log = fourSegments();
    step(log);
    assertThat(log.scrubProgress()).isEqualTo(new ScrubProgress(0, 1, 0, 0));
    step(log);
    assertThat(log.scrubProgress()).isEqualTo(new ScrubProgress(0, 11, 0, 0));
    step(log);
    assertThat(log.scrubProgress()).isEqualTo(new ScrubProgress(1, 0, 0, 0));
    IntStream.range(0, 6).forEach(_ -> step(log));
    assertThat(log.scrubProgress()).isEqualTo(new ScrubProgress(3, 0, 0, 0));
    assertThat(found).isEmpty();
  }

  @Test
  void eachFlippedBatchIsReportedOnceInEachRound() {
    CommitLog log = fourSegments();
    flip(0, 370); // a value, in the fourth batch
    flip(10, 507); // the offset of the sixth: 15 becomes 14
    flip(10, 807); // that of the ninth: 18 becomes 19
    flip(20, 980); // in the last batch of a segment
    List<Found> once =
        List.of(
            new Found(logOf(0), 300, 400, 3, 4),
            new Found(logOf(10), 500, 600, 15, 16),
            new Found(logOf(10), 800, 900, 18, 19),
            new Found(logOf(20), 900, 1000, 29, 30));
    IntStream.range(0, 3).forEach(_ -> step(log));
    assertThat(found).isEqualTo(once);
    assertThat(log.scrubProgress()).isEqualTo(new ScrubProgress(1, 0, 0, 4));

    IntStream.range(0, 3).forEach(_ -> step(log));
    assertThat(found).hasSize(8).endsWith(once.toArray(Found[]::new));
    assertThat(log.scrubProgress().damagedRanges()).isEqualTo(8);
  }

  @Test
  void behindADamagedLengthTheIndexLeadsToWhatElseIsDamaged() {
    CommitLog log = fourSegments();
    flip(0, 309); // a length that leaves the file
    flip(0, 770);
    flip(10, 309);
    disk.put(SegmentFile.name(10, Kind.OFFSET_INDEX), new byte[0]);
    IntStream.range(0, 3).forEach(_ -> step(log));
    assertThat(found)
        .containsExactly(
            new Found(logOf(0), 300, 400, 3, 4),
            new Found(logOf(0), 700, 800, 7, 8),
            new Found(logOf(10), 300, 1000, 13, 20));
  }

  @Test
  void aFileThatWasCutIsReportedFromItsEndOn() {
    CommitLog log = fourSegments();
    disk.put(logOf(0), Arrays.copyOf(disk.contents().get(logOf(0)), 800));
    disk.put(logOf(10), Arrays.copyOf(disk.contents().get(logOf(10)), 850));
    step(log);
    step(log);
    assertThat(found)
        .containsExactly(
            new Found(logOf(0), 800, 1000, 8, 10), new Found(logOf(10), 800, 1000, 18, 20));
  }

  @Test
  void aFileThatCannotBeReadIsReportedAndStopsNothing() {
    CommitLog log = fourSegments();
    disk.faults().failAt(0, Fault.EIO_ON_READ);
    IntStream.range(0, 3).forEach(_ -> step(log));
    assertThat(found).containsExactly(new Found(logOf(0), 0, 1000, 0, 10));
    assertThat(log.scrubProgress()).isEqualTo(new ScrubProgress(1, 0, 0, 1));

    append(log, 1, 100);
    log.flush();
    assertThat(log.offsets().durableEnd()).isEqualTo(41);
  }

  @Test
  void aSegmentThatIsDeletedMeanwhileIsNoDamage() {
    CommitLog log = open(3 << 20, 1 << 20);
    append(log, 100, 100_000);
    step(log);
    assertThat(log.scrubProgress().baseOffset()).isZero();
    assertThat(log.scrubProgress().position()).isPositive();

    log.advanceStartOffset(log.segments().get(1).baseOffset());
    IntStream.range(0, 20).forEach(_ -> step(log));
    assertThat(log.scrubProgress().rounds()).isPositive();
    assertThat(found).isEmpty();
    log.advanceStartOffset(log.offsets().endOffset());
    IntStream.range(0, 20).forEach(_ -> step(log));
    assertThat(found).isEmpty();
  }

  @Test
  void theRateIsKeptByTheClock() {
    int rate = 2 << 20;
    CommitLog filled = open(3 << 20, 0);
    append(filled, 200, 100_000);
    filled.close();
    CommitLog log = open(3 << 20, rate);
    List<SegmentInfo> segments = log.segments();
    long begunMillis = nowMillis;
    long before = 0;
    while (log.scrubProgress().rounds() == 0) {
      log.maintenance();
      log.maintenance(); // a second step at the same time would be too much
      ScrubProgress progress = log.scrubProgress();
      long done =
          progress.position()
              + segments.stream()
                  .filter(segment -> segment.baseOffset() < progress.baseOffset())
                  .mapToLong(SegmentInfo::sizeBytes)
                  .sum();
      if (progress.rounds() == 0) {
        assertThat(done - before).isBetween(0L, ScrubTask.STEP_BYTES_MAX);
        assertThat(done)
            .isLessThanOrEqualTo(
                ScrubTask.STEP_BYTES_MAX + rate * (nowMillis - begunMillis) / 1000);
      }
      before = done;
      nowMillis += 50;
    }
    // Bytes at the edges of windows are read twice, and the clock is looked at every 50 ms.
    assertThat(nowMillis - begunMillis).isBetween(18_000_000L * 1000 / rate, 20_000L);
  }

  @Test
  void nothingIsHeldBetweenSteps() {
    CommitLog log = open(3 << 20, 1 << 20);
    append(log, 40, 100_000);
    step(log);
    assertThat(log.scrubProgress().position()).isPositive();
    assertThat(log.pins()).isZero();
    log.close();
    assertThat(disk.mappings()).isZero();
  }
}
