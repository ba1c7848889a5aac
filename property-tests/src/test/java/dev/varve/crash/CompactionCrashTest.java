package dev.varve.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.storage.SimulatedDisk;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Cuts the power at every operation of a pass of compaction, while records are appended, read and
 * given up.
 */
@Timeout(3600)
class CompactionCrashTest {
  private static final int LOSSES = 6;

  private final AtomicLong states = new AtomicLong();
  private final AtomicLong compacted = new AtomicLong();

  private static SimulatedDisk disk(long seed) {
    return new SimulatedDisk(Path.of("log"), seed);
  }

  /** The operations of a whole run, from where the log is full: the first, and the one after. */
  private static long[] operations(Defect defect) {
    SimulatedDisk disk = disk(0);
    CompactionRun run = new CompactionRun(disk, defect);
    long begin = disk.faults().operations();
    run.run();
    return new long[] {begin, disk.faults().operations()};
  }

  private void explore(Defect defect) {
    long[] operations = operations(defect);
    SimulatedDisk whole = disk(1);
    CompactionRun undisturbed = new CompactionRun(whole, defect);
    undisturbed.run();
    int left = undisturbed.check(whole.afterKill(), defect);
    LongStream.range(operations[0], operations[1])
        .parallel()
        .forEach(cut -> explore(defect, cut, left));
  }

  private void explore(Defect defect, long cut, int left) {
    SimulatedDisk disk = disk(cut);
    CompactionRun run = new CompactionRun(disk, defect);
    disk.faults().cutPowerAt(cut);
    run.run();
    for (int i = 0; i < LOSSES; i++) {
      SimulatedDisk found = i == 0 ? disk.afterKill() : disk.afterPowerLoss();
      int records = run.check(found, defect);
      run.check(found, defect); // recovering twice changes nothing
      states.incrementAndGet();
      compacted.addAndGet(records <= left ? 1 : 0);
    }
    run.die();
  }

  @Test
  void aPassKeepsTheLastValuesWhereverThePowerIsCut() {
    explore(Defect.none());
    System.out.println(
        "crash exploration: "
            + states
            + " states of compaction, "
            + compacted
            + " of them compacted");
    assertThat(states.get()).isGreaterThan(500);
    assertThat(compacted.get()).isBetween(50L, states.get() - 50);
  }

  @Test
  void defectsOfReplacingAreCaught() {
    NullControl control = new NullControl("power cuts of compaction");
    CompactionDefects.bank()
        .forEach(defect ->
            control.run(defect, List.of(List.of()), _ -> exploreOrFail(defect), states::get));
    control.print();
    assertThat(control.missed()).isEmpty();
  }

  /** That the log cannot go on is noticed too. */
  private void exploreOrFail(Defect defect) {
    try {
      explore(defect);
    } catch (RuntimeException e) {
      throw new AssertionError("the log could not go on", e);
    }
  }
}
