package dev.varve.log;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.error.DiskFullException;
import dev.varve.log.error.LogFailedException;
import dev.varve.log.error.LogIOException;
import dev.varve.log.storage.DiskFaults.Fault;
import dev.varve.log.storage.SimulatedDisk;
import dev.varve.log.storage.SimulatedDiskExtension;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a log does on a disk that is full or fails; nothing of it may be held at the end. */
@ExtendWith(SimulatedDiskExtension.class)
class DiskTroubleTest {
  private final List<Throwable> reported = new ArrayList<>();

  private CommitLog open(SimulatedDisk disk) {
    LogListener listener =
        new LogListener() {
          @Override
          public void maintenanceFailed(String task, Throwable cause) {
            reported.add(cause);
          }
        };
    return CommitLog.open(
        disk,
        LogOptions.builder()
            .segmentBytesMax(10_000)
            .ownMaintenanceThreads(false)
            .listener(listener)
            .build());
  }

  private static long append(CommitLog log) {
    return log.append("key".getBytes(US_ASCII), new byte[1000]);
  }

  private static long appendUntilFull(CommitLog log) {
    while (true) {
      try {
        append(log);
      } catch (DiskFullException e) {
        return log.offsets().endOffset();
      }
    }
  }

  @Test
  void movingTheStartMakesRoomOnAFullDisk(SimulatedDisk disk) {
    disk.setCapacityBytes(200_000);
    try (CommitLog log = open(disk)) {
      long end = appendUntilFull(log);
      long start = log.segments().getLast().baseOffset();
      assertThat(log.segments()).hasSizeGreaterThan(10);

      log.advanceStartOffset(start);
      log.maintenance();
      assertThat(log.offsets().startOffset()).isEqualTo(start);
      assertThat(append(log)).isEqualTo(end);
      assertThat(appendUntilFull(log)).isGreaterThan(end + 50);
      disk.setCapacityBytes(Long.MAX_VALUE); // an orderly close needs room for indexes
    }
    try (CommitLog reopened = open(disk)) {
      assertThat(reopened.openReport().closedInOrder()).isTrue();
    }
  }

  @Test
  void aDiskIsFullWhenSmallChunksHaveNoRoomAndRefusalsLeaveNoMappings(SimulatedDisk disk) {
    LogOptions options =
        LogOptions.builder().segmentBytesMax(10 << 20).ownMaintenanceThreads(false).build();
    try (CommitLog log = CommitLog.open(disk, options)) {
      for (int i = 0; i < 3000; i++) {
        append(log);
      }
      disk.setCapacityBytes(disk.usedBytes());
      appendUntilFull(log);
      int mappings = disk.mappings();
      for (int i = 0; i < 100; i++) {
        assertThatThrownBy(() -> append(log)).isInstanceOf(DiskFullException.class);
      }
      assertThat(disk.mappings()).isEqualTo(mappings);

      long capacity = disk.usedBytes() + (1 << 20); // a chunk of this log is twice as large
      disk.setCapacityBytes(capacity);
      long end = appendUntilFull(log);
      long logBytes = log.segments().getLast().sizeBytes();
      assertThat(capacity - logBytes).isLessThan(70_000);
      disk.setCapacityBytes(Long.MAX_VALUE);
      assertThat(append(log)).isEqualTo(end);
    }
  }

  @Test
  void whatCanBeMadeAgainGoesWhenThereIsNotEvenRoomForTheNewStart(SimulatedDisk disk) {
    try (CommitLog log = open(disk)) {
      for (int i = 0; i < 30; i++) {
        append(log);
        log.maintenance();
      }
      log.flush();
      disk.setCapacityBytes(disk.usedBytes());
      log.advanceStartOffset(20);
      disk.setCapacityBytes(Long.MAX_VALUE);
      assertThat(log.offsets().startOffset()).isEqualTo(20);
    }
  }

  @Test
  void aStartThatCannotBeMovedStaysAndCanBeMovedLater(SimulatedDisk disk) {
    try (CommitLog log = open(disk)) {
      append(log);
      disk.faults().setFull(true);
      assertThatThrownBy(() -> log.advanceStartOffset(1))
          .isInstanceOf(DiskFullException.class)
          .hasMessageContaining("the start could not be moved");
      assertThat(log.offsets().startOffset()).isZero();
      disk.faults().heal();
      log.advanceStartOffset(1);
      assertThat(log.offsets().startOffset()).isEqualTo(1);
    }
  }

  @Test
  void aFileThatCannotBeDeletedIsReportedAndDeletedLater(SimulatedDisk disk) {
    try (CommitLog log = open(disk)) {
      for (int i = 0; i < 30; i++) {
        append(log);
      }
      disk.faults().failFrom(0, Fault.FAILED_DELETE);
      log.advanceStartOffset(20);
      assertThat(reported).isNotEmpty();
      assertThat(disk.contents().keySet()).anyMatch(name -> name.endsWith(".deleted"));
      disk.faults().heal();
      log.maintenance();
      assertThat(disk.contents().keySet()).noneMatch(name -> name.endsWith(".deleted"));
    }
  }

  @Test
  void aCloseThatFailsGivesEverythingBackAndLosesNothingThatWasDurable(SimulatedDisk disk) {
    CommitLog log = open(disk);
    for (int i = 0; i < 30; i++) {
      append(log);
    }
    disk.faults().setFull(true);
    assertThatThrownBy(log::close)
        .isInstanceOf(LogIOException.class)
        .hasMessageContaining("No space left on device");
    assertThat(disk.mappings()).isZero();
    assertThat(disk.openFiles()).isZero();
    assertThat(disk.isLocked()).isFalse();
    log.close();
    disk.faults().heal();
    try (CommitLog reopened = open(disk.afterPowerLoss())) {
      assertThat(reopened.offsets().endOffset()).isEqualTo(30); // it was forced before all else
    }
  }

  @Test
  void anOpenThatFailsGivesEverythingBackAndCanBeTriedAgain(SimulatedDisk disk) {
    open(disk).close();
    disk.faults().failAt(0, Fault.FAILED_RENAME);
    assertThatThrownBy(() -> open(disk))
        .isInstanceOf(LogIOException.class)
        .hasMessageContaining("cannot be opened");
    assertThat(disk.mappings()).isZero();
    assertThat(disk.openFiles()).isZero();
    open(disk).close();
  }

  @Test
  void aFailedForceOfTheDirectoryStopsTheLogWhereverItHappens(SimulatedDisk disk) {
    CommitLog log = open(disk);
    append(log);
    log.flush();
    disk.faults().failAt(0, Fault.EIO_ON_FORCE_DIRECTORY);
    assertThatThrownBy(() -> log.advanceStartOffset(1)).isInstanceOf(LogFailedException.class);
    assertThatThrownBy(() -> append(log)).isInstanceOf(LogFailedException.class);
    log.close();
  }

  @Test
  void aRollThatFailsIsTriedAgainBeforeAnythingElseIsAppended(SimulatedDisk disk) {
    try (CommitLog log = open(disk)) {
      log.append(null, new byte[9000]);
      disk.faults().failAt(0, Fault.ENOMEM_ON_MAP); // when the next segment's file is there already
      assertThatThrownBy(() -> log.append(null, new byte[5000])).isInstanceOf(LogIOException.class);
      log.append(null, new byte[10]);
      log.flush();
      try (CommitLog found = open(disk.afterKill())) {
        assertThat(found.offsets().endOffset()).isEqualTo(2);
      }
    }
  }

  @Test
  void aSecondCloseGivesBackWhatAReaderHeldTheFirstTime(SimulatedDisk disk) {
    CommitLog log = open(disk);
    append(log);
    LogReader reader = log.reader(0);
    assertThat(reader.next()).isTrue();
    log.close();
    assertThat(disk.mappings()).isPositive();
    reader.close();
    log.close();
    assertThat(disk.mappings()).isZero();
  }

  @Test
  void aListenerThatThrowsAtTheOpenIsToldToTheCallerAndNothingIsHeld(SimulatedDisk disk) {
    LogListener listener =
        new LogListener() {
          @Override
          public void opened(OpenReport report) {
            throw new IllegalStateException("not ready");
          }
        };
    LogOptions options = LogOptions.builder().listener(listener).build();
    assertThatThrownBy(() -> CommitLog.open(disk, options)).hasMessage("not ready");
    assertThat(disk.mappings()).isZero();
    assertThat(disk.openFiles()).isZero();
    assertThat(disk.isLocked()).isFalse();
    open(disk).close();
  }

  @Test
  void theScrubGoesOnWhileTheKeeperFailsAgainAndAgain(SimulatedDisk disk) {
    AtomicLong millis = new AtomicLong();
    LogOptions options =
        LogOptions.builder()
            .clock(millis::incrementAndGet) // a pause is over at the next look
            .segmentBytesMax(10_000)
            .scrubBytesPerSecondMax(Long.MAX_VALUE)
            .ownMaintenanceThreads(false)
            .build();
    try (CommitLog log = CommitLog.open(disk, options)) {
      for (int i = 0; i < 20; i++) {
        append(log);
      }
      log.maintenance();
      for (int i = 0; i < 20; i++) {
        append(log);
      }
      long rounds = log.scrubProgress().rounds();
      disk.faults().failFrom(0, Fault.EIO_ON_WRITE);
      for (int i = 0; i < 10; i++) {
        assertThatThrownBy(log::maintenance).isInstanceOf(LogIOException.class);
      }
      disk.faults().heal();
      assertThat(log.scrubProgress().rounds()).isGreaterThan(rounds);
    }
  }
}
