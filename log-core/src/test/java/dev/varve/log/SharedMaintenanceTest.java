package dev.varve.log;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.maintenance.Maintenance;
import dev.varve.log.maintenance.MaintenanceTask;
import dev.varve.log.maintenance.TaskStatus;
import dev.varve.log.storage.DiskFaults.Fault;
import dev.varve.log.storage.SimulatedDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Logs that share what does their background work. */
class SharedMaintenanceTest {
  private long nowMillis = 1_000_000;
  private final Maintenance maintenance = Maintenance.byCaller(() -> nowMillis);
  private final SimulatedDisk firstDisk = new SimulatedDisk(Path.of("first"));
  private final SimulatedDisk secondDisk = new SimulatedDisk(Path.of("second"));
  private final List<String> failed = new ArrayList<>();
  private final List<CommitLog> opened = new ArrayList<>();

  private CommitLog open(SimulatedDisk disk, Durability durability) {
    LogListener listener =
        new LogListener() {
          @Override
          public void maintenanceFailed(String task, Throwable cause) {
            failed.add(disk.directory() + " " + task);
          }
        };
    CommitLog log =
        CommitLog.open(
            disk,
            LogOptions.builder()
                .segmentBytesMax(1000)
                .clock(() -> nowMillis)
                .durability(durability)
                .listener(listener)
                .maintenance(maintenance)
                .build());
    opened.add(log);
    return log;
  }

  @AfterEach
  void close() {
    opened.forEach(CommitLog::close);
    assertThat(maintenance.status()).isEmpty();
    assertThat(firstDisk.mappings() + secondDisk.mappings()).isZero();
  }

  private static long append(CommitLog log, int bytes) {
    return log.append("key".getBytes(US_ASCII), new byte[bytes]);
  }

  private void run(long millis) {
    for (long end = nowMillis + millis; nowMillis < end; nowMillis++) {
      maintenance.runOnce();
    }
  }

  @Test
  void theTasksOfAllLogsAreSeen() {
    CommitLog first = open(firstDisk, Durability.EXPLICIT);
    open(secondDisk, Durability.EXPLICIT);
    assertThat(maintenance.status())
        .extracting(TaskStatus::name)
        .containsExactly(
            "space",
            "keeper",
            "transaction time-outs",
            "producers",
            "scrub",
            "space",
            "keeper",
            "transaction time-outs",
            "producers",
            "scrub");
    assertThat(first.maintenanceStatus())
        .extracting(TaskStatus::subject)
        .containsOnly("first")
        .hasSize(5);

    first.close();
    assertThat(maintenance.status()).extracting(TaskStatus::subject).containsOnly("second");
  }

  @Test
  void whoWaitsForAForceNeedNotWaitForTheEndOfAPause() throws Exception {
    CommitLog log = open(firstDisk, Durability.EXPLICIT);
    open(secondDisk, Durability.EXPLICIT);
    run(1000);
    CompletableFuture<Void> durable = log.whenDurable(append(log, 10));
    maintenance.runOnce();
    durable.get(1, TimeUnit.MINUTES);
    assertThat(log.offsets().durableEnd()).isEqualTo(1);
  }

  @Test
  void anIntervalIsKeptHoweverLongTheLogWasIdle() {
    CommitLog log = open(firstDisk, Durability.every(Duration.ofMillis(80)));
    run(1000);
    append(log, 10);
    run(1);
    run(80 / 8);
    assertThat(log.offsets().durableEnd()).isEqualTo(1);
  }

  @Test
  void rolledSegmentsAreTheBacklogUntilTheyAreSettled() {
    CommitLog log = open(firstDisk, Durability.EXPLICIT);
    for (int i = 0; i < 4; i++) {
      append(log, 700);
    }
    assertThat(backlog(log)).isEqualTo(3);
    run(200);
    assertThat(backlog(log)).isZero();
  }

  private static long backlog(CommitLog log) {
    return log.maintenanceStatus().stream()
        .filter(task -> task.name().equals("keeper"))
        .mapToLong(TaskStatus::backlog)
        .sum();
  }

  @Test
  void whatFailsInOneLogTouchesNoOther() {
    CommitLog first = open(firstDisk, Durability.EXPLICIT);
    CommitLog second = open(secondDisk, Durability.EXPLICIT);
    for (CommitLog log : opened) {
      append(log, 700);
      append(log, 700);
    }
    firstDisk.faults().failFrom(1, Fault.EIO_ON_WRITE);
    run(200);
    assertThat(failed).isNotEmpty().containsOnly("first keeper");
    assertThat(backlog(first)).isPositive();
    assertThat(backlog(second)).isZero();

    firstDisk.faults().heal();
    run(2000);
    assertThat(backlog(first)).isZero();
  }

  @Test
  void aLogThatStopsEndsItsOwnTasksAndNoOthers() {
    CommitLog first = open(firstDisk, Durability.every(Duration.ofMillis(1)));
    CommitLog second = open(secondDisk, Durability.every(Duration.ofMillis(1)));
    append(first, 10);
    append(second, 10);
    firstDisk.faults().failFrom(1, Fault.EIO_ON_FORCE);
    run(300);
    assertThat(second.offsets().durableEnd()).isEqualTo(1);
    assertThat(first.maintenanceStatus())
        .filteredOn(task -> task.name().equals("keeper") || task.name().equals("space"))
        .allMatch(TaskStatus::ended);
    assertThat(second.maintenanceStatus()).noneMatch(TaskStatus::ended);
    assertThat(failed).isEmpty();
  }

  /** Another log may need the one thread, so nobody waits for it. */
  @Test
  @Timeout(60)
  void closingALogTakesItsTasksOutThoughTheThreadIsBusyWithAnother() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    Maintenance shared = Maintenance.onThread("test-maintenance");
    try {
      shared.add(waiting(begun, end));
      begun.await();
      LogOptions options = LogOptions.builder().maintenance(shared).build();
      SimulatedDisk disk = new SimulatedDisk(Path.of("third"));
      try (CommitLog log = CommitLog.open(disk, options)) {
        append(log, 10);
      }
      assertThat(shared.status()).extracting(TaskStatus::name).containsExactly("waits");
      assertThat(disk.mappings()).isZero();
    } finally {
      end.countDown();
      shared.close();
    }
  }

  private static MaintenanceTask waiting(CountDownLatch begun, CountDownLatch end) {
    return new MaintenanceTask() {
      @Override
      public int doWork() throws InterruptedException {
        begun.countDown();
        end.await();
        return 0;
      }

      @Override
      public String roleName() {
        return "waits";
      }
    };
  }
}
