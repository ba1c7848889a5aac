package dev.varve.log;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.error.DiskFullException;
import dev.varve.log.error.LogClosedException;
import dev.varve.log.segment.SealedSegment;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.storage.DiskFaults.Fault;
import dev.varve.log.storage.SimulatedDisk;
import dev.varve.log.storage.SimulatedDiskExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What a log says of its segments, what that costs, and how one is begun by hand. */
@ExtendWith(SimulatedDiskExtension.class)
class SegmentSurveyTest {
  private static final long EARLY = 1_000_000_000_000L;

  @TempDir Path root;

  @Test
  void theTimeOfAFileCountsUnlessItIsWrittenThroughAMapping() throws Exception {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a").roll().append("b").roll().append("c").shut();
      for (long base : List.of(0L, 1L, 2L)) {
        Files.setLastModifiedTime(
            fixture.file(LogFixture.logOf(base)), FileTime.fromMillis(EARLY + base));
      }
      fixture.reopen();
      assertThat(modified(fixture)).containsExactly(EARLY, EARLY + 1, EARLY + 2);

      fixture.append("d");
      assertThat(modified(fixture)).containsExactly(EARLY, EARLY + 1, fixture.nowMillis());

      fixture.roll().append("e");
      assertThat(modified(fixture).subList(2, 4))
          .as("rolled and not settled, and active")
          .containsOnly(fixture.nowMillis());
      try (LogReader reader = fixture.log().reader(2)) {
        assertThat(reader.next()).isTrue();
        fixture.maintain();
        assertThat(modified(fixture).get(2)).as("not trimmed").isEqualTo(fixture.nowMillis());
      }
      fixture.maintain();
      assertThat(modified(fixture).get(2)).isNotEqualTo(fixture.nowMillis());
    }
  }

  private static List<Long> modified(LogFixture fixture) {
    return fixture.log().segments().stream().map(SegmentInfo::lastModifiedMillis).toList();
  }

  @Test
  void largestTimestampsAreThoseOfTheRecordsInWhateverStateASegmentIs() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.appendAt(5, "a").appendAt(9, "b").appendAt(7, "c").log().roll();
      fixture.appendAt(-1, "d").log().roll();
      fixture.appendAt(3, "e");
      assertThat(timestamps(fixture)).as("rolled").containsExactly(9L, -1L, 3L);
      fixture.maintain();
      assertThat(timestamps(fixture)).as("settled").containsExactly(9L, -1L, 3L);
      fixture.reopen();
      assertThat(timestamps(fixture)).as("reopened").containsExactly(9L, -1L, 3L);
      assertThat(fixture.keys()).hasSize(5);
      assertThat(timestamps(fixture)).as("read").containsExactly(9L, -1L, 3L);
    }
  }

  @Test
  void anIndexThatWasCutDoesNotHideTheLargestTimestamp() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.appendAt(5, "a").appendAt(9, "b").log().roll();
      fixture.appendAt(3, "c").shut();
      fixture.truncate(LogFixture.name(0, Kind.TIME_INDEX), 0).reopen();
      assertThat(timestamps(fixture)).containsExactly(9L, 3L);
    }
  }

  private static List<Long> timestamps(LogFixture fixture) {
    return fixture.log().segments().stream().map(SegmentInfo::timestampMax).toList();
  }

  @Test
  void segmentsThatNobodyReadsAreNotMapped(SimulatedDisk disk) {
    LogOptions options =
        LogOptions.builder().segmentBytesMax(1000).ownMaintenanceThreads(false).build();
    try (CommitLog log = CommitLog.open(disk, options)) {
      for (int i = 0; i < 50; i++) {
        log.append(i, "key".getBytes(US_ASCII), new byte[400]);
      }
    }
    try (CommitLog log = CommitLog.open(disk, options)) {
      int mappings = disk.mappings();
      assertThat(log.segments()).hasSizeGreaterThan(20);
      assertThat(log.segments().getFirst().timestampMax()).isEqualTo(1);
      assertThat(disk.mappings()).isEqualTo(mappings);
    }
  }

  @Test
  void aSegmentThatIsBeingDeletedGetsNoIndexFilesBack(SimulatedDisk disk) throws Exception {
    LogOptions options = LogOptions.builder().ownMaintenanceThreads(false).build();
    long bytes;
    try (CommitLog log = CommitLog.open(disk, options)) {
      log.append(9, "key".getBytes(US_ASCII), new byte[10]);
      bytes = log.segments().getFirst().sizeBytes();
      log.roll();
    }
    String index = LogFixture.name(0, Kind.TIME_INDEX);
    disk.delete(index);
    SealedSegment deleted = new SealedSegment(disk, options.segments(), 0, 1, bytes);
    deleted.retire();
    assertThat(deleted.timestampMax()).isEqualTo(9);
    assertThat(disk.exists(index)).isFalse();
    disk.close();
  }

  @Test
  void rollBeginsASegmentUnlessTheLastIsEmpty() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.log().roll();
      fixture.assertBases(0L).append("a", "b").log().roll();
      fixture.assertBases(0L, 2L).log().roll();
      fixture.assertBases(0L, 2L).append("c").maintain().assertReads("a", "b", "c");
      fixture.reopen().assertBases(0L, 2L).assertReads("a", "b", "c");
      assertThat(fixture.report().closedInOrder()).isTrue();
    }
  }

  @Test
  void allOfALogCanGoAfterARoll() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b").log().roll();
      fixture.log().advanceStartOffset(2);
      fixture.assertBases(2L).assertOffsets(2, 2);
      assertThat(fixture.names()).doesNotContain(LogFixture.logOf(0));
      fixture.append("c").kill().reopen().assertOffsets(2, 3).assertReads("c");
    }
  }

  @Test
  void aRollThatHasNoRoomChangesNothing(SimulatedDisk disk) {
    LogOptions options = LogOptions.builder().ownMaintenanceThreads(false).build();
    try (CommitLog log = CommitLog.open(disk, options)) {
      log.append("key".getBytes(US_ASCII), new byte[10]);
      disk.faults().failAt(0, Fault.ENOSPC);
      assertThatThrownBy(log::roll).isInstanceOf(DiskFullException.class);
      assertThat(log.segments()).hasSize(1);
      assertThat(log.append("key".getBytes(US_ASCII), new byte[10])).isEqualTo(1);
      assertThat(log.segments()).as("begun before anything was appended").hasSize(2);
    }
  }

  @Test
  void aClosedLogSaysSo() {
    try (LogFixture fixture = LogFixture.open(root)) {
      CommitLog log = fixture.log();
      fixture.shut();
      assertThatThrownBy(log::segments).isInstanceOf(LogClosedException.class);
      assertThatThrownBy(log::roll).isInstanceOf(LogClosedException.class);
    }
  }
}
