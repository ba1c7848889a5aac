package dev.varve.crash;

import dev.varve.log.storage.DiskFaults.Fault;
import dev.varve.log.storage.SimulatedDisk;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;

/**
 * Runs a workload once for each fault that a disk can have, at each of the operations that can meet
 * it: once, and for some from there on; and looks at what the log says, and at what is left of it.
 *
 * <p>Thread safety: several threads may explore workloads of their own.
 */
final class FaultExplorer {
  private static final Path NOWHERE = Path.of("simulated");

  /** The faults that do not go away by themselves. */
  private static final Set<Fault> LASTING =
      EnumSet.of(
          Fault.EIO,
          Fault.EIO_ON_WRITE,
          Fault.ENOSPC,
          Fault.EROFS,
          Fault.EMFILE,
          Fault.FAILED_DELETE);

  private final Defect defect;
  private final long operationsOfFirstOpen;
  private final LongAdder runs = new LongAdder();

  FaultExplorer(Defect defect) {
    this.defect = defect;
    SimulatedDisk disk = new SimulatedDisk(NOWHERE);
    new Workload(List.of(), disk, defect).run();
    this.operationsOfFirstOpen = disk.faults().operations();
  }

  /** How many runs met a fault so far; each was looked at after a kill and after a power loss. */
  long runs() {
    return runs.sum();
  }

  /**
   * Explores one workload.
   *
   * @throws AssertionError at the first answer that is not documented, or promise that was not kept
   */
  void explore(List<Step> steps) {
    for (Fault fault : Fault.values()) {
      explore(steps, fault, false);
      if (LASTING.contains(fault)) {
        explore(steps, fault, true);
      }
    }
  }

  private void explore(List<Step> steps, Fault fault, boolean lasting) {
    // Faults of the first open are explored where little else can happen.
    long at = steps.size() <= 1 ? 1 : operationsOfFirstOpen + 1;
    while (at > 0) {
      SimulatedDisk disk = new SimulatedDisk(NOWHERE);
      if (lasting) {
        disk.faults().failFrom(at, fault);
      } else {
        disk.faults().failAt(at, fault);
      }
      at = 0;
      FaultyRun run = new FaultyRun(steps, disk, fault, defect);
      try {
        run.run();
        long met = disk.faults().metAt();
        if (met > 0) {
          runs.increment();
          run.end();
          at = met + 1;
        }
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(
            steps
                + ", "
                + fault
                + (lasting ? " from operation " : " at operation ")
                + disk.faults().metAt()
                + " on: "
                + e
                + "; heard: "
                + run.heard()
                + "; promised: "
                + run.promise(),
            e);
      } finally {
        run.abandon();
      }
    }
  }
}
