package dev.varve.retention;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.maintenance.Maintenance;
import dev.varve.log.maintenance.TaskStatus;
import dev.varve.log.storage.DiskFaults.Fault;
import dev.varve.log.storage.SimulatedDisk;
import dev.varve.log.storage.SimulatedDiskExtension;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Retention in the background. A segment has one record. */
@ExtendWith(SimulatedDiskExtension.class)
class RetentionTaskTest {
  private static final Duration HOUR = Duration.ofHours(1);

  private final AtomicLong nowMillis = new AtomicLong(Facts.NOW);
  private final Maintenance maintenance = Maintenance.byCaller(nowMillis::get);

  private CommitLog open(SimulatedDisk disk) {
    return CommitLog.open(
        disk,
        LogOptions.builder()
            .segmentBytesMax(500)
            .segmentMillisMax(Long.MAX_VALUE)
            .clock(nowMillis::get)
            .ownMaintenanceThreads(false)
            .build());
  }

  private void append(CommitLog log, int records) {
    for (int i = 0; i < records; i++) {
      log.append("key".getBytes(US_ASCII), new byte[300]);
    }
  }

  private LogRetention ofAnHour(CommitLog log) {
    ReaderLeases leases =
        new ReaderLeases(new LeaseLimits(0, Duration.ZERO), nowMillis::get, _ -> {});
    return new LogRetention(
        log, RetentionPolicy.of(RetentionRule.age(HOUR)), leases, nowMillis::get);
  }

  private TaskStatus status() {
    return maintenance.status().getFirst();
  }

  private void runAll() {
    while (maintenance.runOnce() > 0) {
      // until nothing can be done now
    }
  }

  @Test
  void whatExpiresGoesWithinTheCheckInterval(SimulatedDisk disk) {
    try (CommitLog log = open(disk)) {
      append(log, 3);
      maintenance.add(new RetentionTask(ofAnHour(log), RetentionTask.CHECK_INTERVAL_DEFAULT));
      runAll();
      assertThat(log.offsets().startOffset()).isZero();
      nowMillis.addAndGet(HOUR.toMillis() + 1);
      runAll();
      assertThat(log.offsets().startOffset()).isEqualTo(3);
      assertThat(status().name()).isEqualTo("retention");
      assertThat(status().subject()).isEqualTo(log.directory().toString());
      assertThat(status().backlog()).isZero();
    }
  }

  @Test
  void aStepIsBoundedAndTheRestIsTheBacklog(SimulatedDisk disk) {
    int segments = 2 * RetentionTask.STEP_SEGMENTS_MAX + 10;
    try (CommitLog log = open(disk)) {
      append(log, segments);
      maintenance.add(new RetentionTask(ofAnHour(log), RetentionTask.CHECK_INTERVAL_DEFAULT));
      nowMillis.addAndGet(HOUR.toMillis() + 1);
      assertThat(maintenance.runOnce()).isEqualTo(RetentionTask.STEP_SEGMENTS_MAX);
      assertThat(log.offsets().startOffset()).isEqualTo(RetentionTask.STEP_SEGMENTS_MAX);
      assertThat(status().backlog()).isEqualTo(RetentionTask.STEP_SEGMENTS_MAX + 10);
      runAll();
      assertThat(log.offsets().startOffset()).isEqualTo(segments);
      assertThat(status().backlog()).isZero();
    }
  }

  @Test
  void aDiskThatFailsIsTriedAgain(SimulatedDisk disk) {
    try (CommitLog log = open(disk)) {
      append(log, 3);
      log.flush();
      maintenance.add(new RetentionTask(ofAnHour(log), RetentionTask.CHECK_INTERVAL_DEFAULT));
      nowMillis.addAndGet(HOUR.toMillis() + 1);
      disk.faults().failFrom(0, Fault.EROFS);
      runAll();
      assertThat(status().failuresInARow()).isPositive();
      assertThat(log.offsets().startOffset()).isZero();
      disk.faults().heal();
      nowMillis.addAndGet(1024);
      runAll();
      assertThat(log.offsets().startOffset()).isEqualTo(3);
      assertThat(status().failuresInARow()).isZero();
    }
  }

  @Test
  void aLogThatWasClosedEndsIt(SimulatedDisk disk) {
    CommitLog log = open(disk);
    maintenance.add(new RetentionTask(ofAnHour(log), RetentionTask.CHECK_INTERVAL_DEFAULT));
    log.close();
    runAll();
    assertThat(status().ended()).isTrue();
  }

  @Test
  void aNegativeIntervalIsRefused(SimulatedDisk disk) {
    try (CommitLog log = open(disk)) {
      LogRetention retention = ofAnHour(log);
      assertThatThrownBy(() -> new RetentionTask(retention, HOUR.negated()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("the check interval is PT-1H, expected 0 or more");
    }
  }
}
