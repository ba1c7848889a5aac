package dev.varve.retention;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.LogReader;
import dev.varve.log.SegmentInfo;
import dev.varve.log.error.DiskFullException;
import dev.varve.log.error.OffsetOutOfRangeException;
import dev.varve.log.storage.DiskFaults.Fault;
import dev.varve.log.storage.SimulatedDisk;
import dev.varve.log.storage.SimulatedDiskExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Policies carried out on a log. A segment has two records. */
@ExtendWith(SimulatedDiskExtension.class)
class LogRetentionTest {
  private static final long HOUR = Duration.ofHours(1).toMillis();
  private static final long NONE = -1;
  private static final RetentionPolicy OF_AN_HOUR =
      RetentionPolicy.of(RetentionRule.age(Duration.ofHours(1)));

  private final AtomicLong nowMillis = new AtomicLong(Facts.NOW);
  private final ReaderLeases leases =
      new ReaderLeases(new LeaseLimits(1 << 20, Duration.ofDays(1)), nowMillis::get, _ -> {});

  private CommitLog open(SimulatedDisk disk) {
    return CommitLog.open(disk, options().build());
  }

  private LogOptions.Builder options() {
    return LogOptions.builder()
        .segmentBytesMax(2000)
        .segmentMillisMax(Long.MAX_VALUE)
        .clock(nowMillis::get)
        .ownMaintenanceThreads(false);
  }

  private static void append(CommitLog log, long... timestamps) {
    for (long timestamp : timestamps) {
      log.append(timestamp, "key".getBytes(US_ASCII), new byte[800]);
    }
    while (log.maintenance() > 0) {
      // until all is in order
    }
  }

  private LogRetention retention(CommitLog log, RetentionPolicy policy) {
    return new LogRetention(log, policy, leases, nowMillis::get);
  }

  private static List<Long> bases(CommitLog log) {
    return log.segments().stream().map(SegmentInfo::baseOffset).toList();
  }

  @Test
  void whatHasExpiredGoesInOneRun(SimulatedDisk disk) {
    long old = Facts.NOW - 2 * HOUR;
    try (CommitLog log = open(disk)) {
      append(log, old, old, old, old, Facts.NOW, old, old, old);
      RetentionPlan done = retention(log, OF_AN_HOUR).run();
      assertThat(done.going()).hasSize(2);
      assertThat(log.offsets().startOffset()).isEqualTo(4);
      assertThat(bases(log)).containsExactly(4L, 6L);
      assertThat(retention(log, OF_AN_HOUR).run().isEmpty()).isTrue();
    }
  }

  @Test
  void aSegmentOfWhichAllHasExpiredIsRolledBeforeItGoes(SimulatedDisk disk) {
    try (CommitLog log = open(disk)) {
      append(log, Facts.NOW, Facts.NOW, Facts.NOW);
      LogRetention retention = retention(log, OF_AN_HOUR);
      nowMillis.addAndGet(HOUR);
      assertThat(retention.run().isEmpty()).isTrue();
      assertThat(bases(log)).containsExactly(0L, 2L);

      nowMillis.addAndGet(1);
      assertThat(retention.plan().rollsActive()).isTrue();
      assertThat(bases(log)).as("a plan changes nothing").containsExactly(0L, 2L);
      retention.run();
      assertThat(bases(log)).containsExactly(3L);
      assertThat(log.offsets().startOffset()).isEqualTo(3);
      assertThat(retention.run().isEmpty()).as("an empty one stays").isTrue();
    }
    try (CommitLog log = open(disk)) {
      assertThat(log.offsets().startOffset()).isEqualTo(3);
      assertThat(log.openReport().decisions()).isEmpty();
    }
  }

  /** It may wait for a thread that waits for retention: no lock is held. */
  @Test
  @Timeout(60)
  void whoIsToldOfAnExpiredLeaseMayHaveOthersTakeOne(SimulatedDisk disk) {
    List<String> told = new ArrayList<>();
    AtomicReference<ReaderLeases> used = new AtomicReference<>();
    AtomicReference<LogRetention> retaining = new AtomicReference<>();
    used.set(
        new ReaderLeases(
            new LeaseLimits(0, Duration.ofDays(1)),
            nowMillis::get,
            lease ->
                told.add(
                    CompletableFuture.supplyAsync(
                            () -> {
                              used.get().take("after " + lease.name(), 9).close();
                              return lease.name() + ", " + retaining.get().plan().going().size();
                            })
                        .join())));
    try (CommitLog log = open(disk)) {
      append(log, Facts.NOW, Facts.NOW, Facts.NOW);
      LogRetention retention = new LogRetention(log, OF_AN_HOUR, used.get(), nowMillis::get);
      retaining.set(retention);
      used.get().take("a", 0);
      retention.run();
      used.get().take("b", 0);
      retention.run(retention.plan());
      used.get().take("c", 0);
      assertThat(retention.facts().readers()).isEmpty();
      assertThat(told).containsExactly("a, 0", "b, 0", "c, 0");
    }
  }

  @Test
  void whatIsAppendedAfterThePlanStays(SimulatedDisk disk) {
    try (CommitLog log = open(disk)) {
      append(log, Facts.NOW);
      nowMillis.addAndGet(2 * HOUR);
      RetentionPlan plan = retention(log, OF_AN_HOUR).plan();
      append(log, nowMillis.get());
      LogRetention.apply(plan, log);
      assertThat(log.offsets().startOffset()).isEqualTo(1);
      try (LogReader reader = log.reader(1)) {
        assertThat(reader.next()).isTrue();
        assertThat(reader.record().timestamp()).isEqualTo(nowMillis.get());
      }
    }
  }

  @Test
  void aSegmentThatIsWrittenIsNotOlderThanItsLastAppendWhateverItsFileSays(SimulatedDisk disk)
      throws Exception {
    try (CommitLog log = open(disk)) {
      append(log, NONE);
      LogRetention retention = retention(log, OF_AN_HOUR);
      assertThat(retention.run().isEmpty()).isTrue();
      disk.setLastModifiedMillis("0".repeat(20) + ".log", 0);
      nowMillis.addAndGet(HOUR);
      append(log, NONE);
      assertThat(retention.run().isEmpty()).isTrue();
      nowMillis.addAndGet(HOUR);
      assertThat(retention.run().isEmpty()).isTrue();
      nowMillis.addAndGet(1);
      assertThat(retention.run().rollsActive()).isTrue();
      assertThat(log.offsets().startOffset()).isEqualTo(2);
    }
  }

  @Test
  void aRecordFromTheFutureKeepsNoSegmentForEver(SimulatedDisk disk) {
    try (CommitLog log = open(disk)) {
      append(log, Facts.NOW + 1_000_000 * HOUR);
      LogRetention retention = retention(log, OF_AN_HOUR);
      assertThat(retention.run().isEmpty()).isTrue();
      nowMillis.addAndGet(HOUR + 1);
      assertThat(retention.run().rollsActive()).isTrue();
    }
  }

  @Test
  void aReaderThatHoldsALeaseIsNotLeftBehind(SimulatedDisk disk) {
    long old = Facts.NOW - 2 * HOUR;
    try (CommitLog log = open(disk)) {
      append(log, old, old, old, old, old);
      try (ReaderLease lease = leases.take("slow", 0);
          LogReader reader = log.reader(0)) {
        for (long expected : new long[] {0, 0, 2, 2, 4}) {
          retention(log, OF_AN_HOUR).run();
          assertThat(log.offsets().startOffset()).isEqualTo(expected);
          assertThat(reader.next()).isTrue();
          lease.advanceTo(reader.nextOffset());
        }
        retention(log, OF_AN_HOUR).run();
        assertThat(log.offsets().startOffset()).isEqualTo(5);
      }
    }
  }

  @Test
  void aPlanOfABudgetIsDoneUpToTheFirstLeaseThatWasTakenSince(SimulatedDisk disk) {
    try (CommitLog log = open(disk)) {
      append(log, 0, 0, 0, 0, 0);
      LogRetention retention = retention(log, RetentionPolicy.of());
      RetentionPlan plan =
          new StoreBudget(0, -1).plan(List.of(retention.facts()), 0).plans().getFirst();
      assertThat(plan.startOffset()).isEqualTo(4);
      try (ReaderLease lease = leases.take("late", 3)) {
        RetentionPlan done = retention.run(plan);
        assertThat(log.offsets().startOffset()).isEqualTo(2);
        assertThat(done.verdicts().get(1).reason())
            .startsWith("late holds offset 3; expired by store budget: ");
        lease.advanceTo(5);
        assertThat(retention.run(plan)).isEqualTo(plan);
        assertThat(log.offsets().startOffset()).isEqualTo(4);
      }
    }
  }

  @Test
  void aCallPassesOverALease(SimulatedDisk disk) {
    try (CommitLog log = open(disk)) {
      append(log, Facts.NOW, Facts.NOW, Facts.NOW);
      try (ReaderLease lease = leases.take("slow", 0);
          LogReader reader = log.reader(lease.info().offset())) {
        log.advanceStartOffset(2);
        assertThatThrownBy(reader::next).isInstanceOf(OffsetOutOfRangeException.class);
      }
    }
  }

  @Test
  void nothingAboveTheHighWatermarkGoes(SimulatedDisk disk) {
    try (CommitLog log = CommitLog.open(disk, options().replicated(true).build())) {
      append(log, 0, 0, 0, 0, 0);
      LogRetention retention = retention(log, OF_AN_HOUR);
      assertThat(retention.run().isEmpty()).isTrue();
      log.replica().advanceHighWatermark(3);
      retention.run();
      assertThat(log.offsets().startOffset()).isEqualTo(2);
    }
  }

  @Test
  void stepsComeToTheSameEnd(SimulatedDisk disk) {
    try (CommitLog log = open(disk)) {
      append(log, 0, 0, 0, 0, 0, 0, 0);
      LogRetention retention = retention(log, OF_AN_HOUR);
      assertThat(retention.step(2).done().startOffset()).isEqualTo(4);
      assertThat(bases(log)).containsExactly(4L, 6L);
      assertThat(retention.step(2).done().startOffset()).isEqualTo(7);
      assertThat(bases(log)).containsExactly(7L);
    }
  }

  @Test
  void onAFullDiskAllButTheLastSegmentGoAndThatOneTheNextTime(SimulatedDisk disk) {
    try (CommitLog log = open(disk)) {
      append(log, 0, 0, 0, 0, 0);
      log.flush();
      LogRetention retention = retention(log, OF_AN_HOUR);
      disk.faults().failAt(0, Fault.ENOSPC);
      RetentionPlan done = retention.run();
      assertThat(log.offsets().startOffset()).isEqualTo(4);
      assertThat(done.startOffset()).isEqualTo(4);
      assertThat(done.going()).hasSize(2);
      assertThat(done.rollsActive()).isFalse();
      assertThat(done.verdicts().getLast().rule()).isEqualTo("full disk");
      assertThat(done.verdicts().getLast().reason())
          .startsWith("a new segment has no room; expired by retention.ms: ");
      retention.run();
      assertThat(log.offsets().startOffset()).isEqualTo(5);
    }
  }

  @Test
  void aFullDiskIsToldWhereNothingElseCanGo(SimulatedDisk disk) {
    try (CommitLog log = open(disk)) {
      append(log, 0);
      LogRetention retention = retention(log, OF_AN_HOUR);
      disk.faults().failAt(0, Fault.ENOSPC);
      assertThatThrownBy(retention::run).isInstanceOf(DiskFullException.class);
      assertThat(log.offsets().startOffset()).isZero();
      retention.run();
      assertThat(log.offsets().startOffset()).isEqualTo(1);
    }
  }
}
