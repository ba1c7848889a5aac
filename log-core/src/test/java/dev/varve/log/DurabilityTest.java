package dev.varve.log;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.error.DiskFullException;
import dev.varve.log.error.LogFailedException;
import dev.varve.log.error.OffsetOutOfRangeException;
import dev.varve.log.storage.DiskFaults.Fault;
import dev.varve.log.storage.SimulatedDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DurabilityTest {
  private final SimulatedDisk disk = new SimulatedDisk(Path.of("simulated"));
  private long nowMillis = 1_000_000;

  private CommitLog open(Durability durability) {
    return CommitLog.open(
        disk,
        LogOptions.builder()
            .segmentBytesMax(1024)
            .durability(durability)
            .clock(() -> nowMillis)
            .ownMaintenanceThreads(false)
            .build());
  }

  private static long append(CommitLog log) {
    return log.append("key".getBytes(US_ASCII), "value".getBytes(US_ASCII));
  }

  @Test
  void nothingIsForcedUntilItIsAskedFor() {
    CommitLog log = open(Durability.EXPLICIT);
    append(log);
    log.maintenance();
    assertThat(log.offsets().durableEnd()).isZero();

    log.flush();
    assertThat(log.offsets().durableEnd()).isEqualTo(1);
  }

  @Test
  void eachAppendIsDurableWhenItReturns() {
    CommitLog log = open(Durability.PER_APPEND);
    for (int i = 1; i <= 50; i++) {
      append(log);
      assertThat(log.offsets().durableEnd()).isEqualTo(i);
    }
    try (CommitLog survivor = CommitLog.open(disk.afterPowerLoss(1), LogOptions.defaults())) {
      assertThat(survivor.offsets().endOffset()).isEqualTo(50);
    }
  }

  @Test
  void theBackgroundForcesWhenTheIntervalHasPassed() {
    CommitLog log = open(Durability.every(Duration.ofMillis(100)));
    log.flush();
    append(log);
    log.maintenance();
    nowMillis += 100;
    append(log);
    log.maintenance();
    assertThat(log.offsets().durableEnd()).isEqualTo(2);

    append(log);
    nowMillis += 99;
    log.maintenance();
    assertThat(log.offsets().durableEnd()).isEqualTo(2);
    nowMillis += 1;
    log.maintenance();
    assertThat(log.offsets().durableEnd()).isEqualTo(3);
  }

  @Test
  void whoWaitsForARecordForcesAllThatWasAppended() {
    CommitLog log = open(Durability.EXPLICIT);
    append(log);
    append(log);
    log.awaitDurable(0);
    assertThat(log.offsets().durableEnd()).isEqualTo(2);

    long operations = disk.faults().operations();
    log.awaitDurable(1);
    assertThat(disk.faults().operations()).isEqualTo(operations);
  }

  @Test
  void aRecordThatIsNotThereCannotBeWaitedFor() {
    CommitLog log = open(Durability.EXPLICIT);
    assertThatThrownBy(() -> log.awaitDurable(0)).isInstanceOf(OffsetOutOfRangeException.class);
    assertThatThrownBy(() -> log.whenDurable(0)).isInstanceOf(OffsetOutOfRangeException.class);
  }

  @Test
  void aFutureCompletesAfterTheNextForceInTheBackground() throws Exception {
    CommitLog log = open(Durability.EXPLICIT);
    CompletableFuture<Void> future = log.whenDurable(append(log));
    assertThat(future).isNotDone();

    log.maintenance();
    future.get(1, TimeUnit.MINUTES);
    assertThat(log.offsets().durableEnd()).isEqualTo(1);
    assertThat(log.whenDurable(0).get(1, TimeUnit.MINUTES)).isNull();
  }

  @Test
  void aDurableReaderSeesOnlyWhatWasForced() {
    CommitLog log = open(Durability.EXPLICIT);
    append(log);
    log.flush();
    append(log);
    try (LogReader written = log.reader(0);
        LogReader durable = log.reader(0, Visibility.DURABLE)) {
      assertThat(written.next()).isTrue();
      assertThat(written.next()).isTrue();
      assertThat(durable.next()).isTrue();
      assertThat(durable.next()).isFalse();
      log.flush();
      assertThat(durable.next()).isTrue();
      assertThat(durable.record().offset()).isEqualTo(1);
    }
    append(log);
    try (PinnedBatches written = log.read(0, 1 << 20);
        PinnedBatches durable = log.read(0, 1 << 20, Visibility.DURABLE)) {
      assertThat(durable.remainingBytes() * 3).isEqualTo(written.remainingBytes() * 2);
    }
    try (PinnedBatches none = log.read(2, 1 << 20, Visibility.DURABLE)) {
      assertThat(none.next()).isFalse();
    }
  }

  @Test
  void aFailedForceStopsTheLogAlthoughTheNextWouldSucceed() throws Exception {
    CommitLog log = open(Durability.EXPLICIT);
    append(log);
    log.flush();
    CompletableFuture<Void> future = log.whenDurable(append(log));
    disk.faults().failAt(0, Fault.EIO_ON_FORCE);

    assertThatThrownBy(log::flush)
        .isInstanceOf(LogFailedException.class)
        .hasMessageContaining("force")
        .hasRootCauseMessage("FORCE 00000000000000000000.log: Input/output error");
    assertThatThrownBy(() -> append(log)).isInstanceOf(LogFailedException.class);
    assertThatThrownBy(() -> future.orTimeout(1, TimeUnit.MINUTES).join())
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(LogFailedException.class);
    log.close();

    try (CommitLog reopened = open(Durability.EXPLICIT)) {
      assertThat(reopened.offsets().endOffset()).isBetween(1L, 2L);
    }
  }

  @Test
  void aFullDiskRefusesTheAppendAndNothingElse() {
    CommitLog log = open(Durability.EXPLICIT);
    append(log);
    disk.faults().setFull(true);
    long refusedAt = appendUntilFull(log);
    try (LogReader reader = log.reader(0)) {
      for (long offset = 0; offset < refusedAt; offset++) {
        assertThat(reader.next()).isTrue();
      }
      assertThat(reader.next()).isFalse();
    }

    disk.faults().setFull(false);
    assertThat(append(log)).isEqualTo(refusedAt);
    log.close();
    try (CommitLog reopened = open(Durability.EXPLICIT)) {
      assertThat(reopened.offsets().endOffset()).isEqualTo(refusedAt + 1);
    }
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
}
