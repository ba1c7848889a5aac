package dev.varve.crash;

import dev.varve.log.error.LogException;
import dev.varve.log.storage.SimulatedDisk;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/**
 * Runs a workload once for each of its operations with the power cut there, and looks at what each
 * of several seeds lets survive; and cuts the power again while what survived is recovered, and
 * again while that is.
 *
 * <p>Thread safety: several threads may explore workloads of their own.
 */
final class CrashExplorer {
  private static final Path NOWHERE = Path.of("simulated");

  private final int seedsPerOperation;
  private final int nestedCrashes;
  private final Defect defect;
  private final LongAdder states = new LongAdder();

  /**
   * An explorer.
   *
   * @param seedsPerOperation how many ways to survive are looked at for each operation
   * @param nestedCrashes how often the power is cut again during recovery, for the first of them
   * @param defect stands between the log and the disk
   */
  CrashExplorer(int seedsPerOperation, int nestedCrashes, Defect defect) {
    this.defect = defect;
    this.seedsPerOperation = seedsPerOperation;
    this.nestedCrashes = nestedCrashes;
  }

  /** How many states of the disk were checked so far. */
  long states() {
    return states.sum();
  }

  /**
   * Explores all operations of a workload.
   *
   * @throws AssertionError at the first promise that was not kept
   */
  void explore(List<Step> steps) {
    explore(steps, false);
  }

  /**
   * Explores the operations of a workload's last step, where the other steps have been explored.
   */
  void exploreLastStep(List<Step> steps) {
    explore(steps, true);
  }

  private void explore(List<Step> steps, boolean lastStepOnly) {
    try {
      SimulatedDisk whole = new SimulatedDisk(NOWHERE);
      Workload uncut = new Workload(steps, whole, defect);
      Promise promise = uncut.run();
      long operations = whole.faults().operations();
      check(new State(steps, "at the end"), operations + 1, whole, promise);
      for (long cut = lastStepOnly ? uncut.operationsBeforeLast() + 1 : 1;
          cut <= operations;
          cut++) {
        SimulatedDisk disk = new SimulatedDisk(NOWHERE);
        disk.faults().cutPowerAt(cut);
        promise = new Workload(steps, disk, defect).run();
        check(new State(steps, "at operation " + cut), cut, disk, promise);
      }
    } catch (RuntimeException e) {
      throw new AssertionError(steps + ": " + e, e);
    }
  }

  /** Where the power was cut, for messages. */
  private record State(List<Step> steps, String cuts) {
    State thenAt(long operation) {
      return new State(steps, cuts + ", at " + operation + " of recovery");
    }

    AssertionError violation(Promise promise, Throwable e) {
      return new AssertionError(
          "after " + steps + ", power cut " + cuts + ": " + e + "; promised: " + promise, e);
    }
  }

  private void check(State state, long cut, SimulatedDisk disk, Promise promise) {
    for (int i = 0; i < seedsPerOperation; i++) {
      long seed = mixed(state.steps.toString().hashCode(), cut, i);
      check(state, seed, disk, promise, i == 0 ? nestedCrashes : 0);
    }
  }

  private void check(
      State state, long seed, SimulatedDisk disk, Promise promise, int nestedCrashesLeft) {
    states.increment();
    long operations;
    try {
      operations = new Survivor(disk.afterPowerLoss(seed), promise, defect).check();
    } catch (RuntimeException | AssertionError e) {
      throw state.violation(promise, e);
    }
    if (nestedCrashesLeft > 0) {
      SimulatedDisk recovering = disk.afterPowerLoss(seed);
      long cut = 1 + Math.floorMod(seed, operations);
      recovering.faults().cutPowerAt(cut);
      recover(recovering, promise.isReplicated());
      long nextSeed = mixed(seed, cut, nestedCrashesLeft);
      check(state.thenAt(cut), nextSeed, recovering, promise, nestedCrashesLeft - 1);
    }
  }

  /** Opens the log until the power goes. */
  private void recover(SimulatedDisk disk, boolean replicated) {
    try {
      var log = Workload.open(disk, defect, replicated);
      disk.faults().withoutPower(() -> Workload.abandon(log, null));
    } catch (LogException e) {
      if (!disk.faults().powerIsOut()) {
        throw e;
      }
    }
  }

  /** Seeds that have nothing to do with each other, the same in every run. */
  private static long mixed(long a, long b, long c) {
    long mixed = ((a * 31 + b) * 31 + c) * 0x9E3779B97F4A7C15L;
    return mixed ^ mixed >>> 29;
  }
}
