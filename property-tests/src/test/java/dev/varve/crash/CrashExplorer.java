package dev.varve.crash;

import dev.varve.log.storage.SimulatedDisk;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs a workload once for each of its operations with the power cut there, and looks at what each
 * of several seeds lets survive; and cuts the power a second time while what survived is recovered.
 */
final class CrashExplorer {
  private static final Path NOWHERE = Path.of("simulated");

  private final int seedsPerOperation;
  private final int nestedCrashes;
  private final Defect defect;
  private long states;

  /**
   * An explorer.
   *
   * @param seedsPerOperation how many ways to survive are looked at for each operation
   * @param nestedCrashes how many operations of each recovery get a power cut of their own
   * @param defect stands between the log and the disk
   */
  CrashExplorer(int seedsPerOperation, int nestedCrashes, Defect defect) {
    this.defect = defect;
    this.seedsPerOperation = seedsPerOperation;
    this.nestedCrashes = nestedCrashes;
  }

  /** How many states of the disk were checked so far. */
  long states() {
    return states;
  }

  /**
   * Explores one workload.
   *
   * @throws AssertionError at the first promise that was not kept
   */
  void explore(List<Step> steps) {
    SimulatedDisk whole = new SimulatedDisk(NOWHERE);
    Workload uncut = new Workload(steps, whole, defect);
    Promise promise = uncut.run();
    long operations = uncut.disk().faults().operations();
    check(steps, operations + 1, uncut.disk(), promise);
    for (long cut = 1; cut <= operations; cut++) {
      SimulatedDisk disk = new SimulatedDisk(NOWHERE);
      disk.faults().cutPowerAt(cut);
      Workload workload = new Workload(steps, disk, defect);
      promise = workload.run();
      check(steps, cut, workload.disk(), promise);
    }
  }

  private void check(List<Step> steps, long cut, SimulatedDisk disk, Promise promise) {
    for (int i = 0; i < seedsPerOperation; i++) {
      long seed = seed(cut, i);
      check(steps + ", power cut at " + cut, seed, disk.afterPowerLoss(seed), promise);
      for (int nested = 1; nested <= nestedCrashes; nested++) {
        SimulatedDisk recovering = disk.afterPowerLoss(seed);
        long nestedCut = 1L + Math.floorMod(seed * nested, 60);
        recovering.faults().cutPowerAt(nestedCut);
        new Workload(List.of(), recovering, defect).run();
        check(
            steps + ", power cut at " + cut + " and at " + nestedCut + " of recovery",
            seed,
            recovering.afterPowerLoss(seed + nested),
            promise);
      }
    }
  }

  private void check(String where, long seed, SimulatedDisk survivor, Promise promise) {
    states++;
    try {
      new Survivor(survivor, promise, defect).check();
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(
          "after " + where + ", seed " + seed + ": " + e.getMessage() + "; promised: " + promise,
          e);
    }
  }

  private static long seed(long cut, int i) {
    return (cut * 31 + i) * 0x9E3779B97F4A7C15L;
  }
}
