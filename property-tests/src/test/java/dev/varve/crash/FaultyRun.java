package dev.varve.crash;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.varve.crash.Survivor.Violation;
import dev.varve.log.CommitLog;
import dev.varve.log.Visibility;
import dev.varve.log.error.CorruptLogException;
import dev.varve.log.error.DiskFullException;
import dev.varve.log.error.LogException;
import dev.varve.log.error.LogFailedException;
import dev.varve.log.error.LogIOException;
import dev.varve.log.storage.DiskFaults.Fault;
import dev.varve.log.storage.SimulatedDisk;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One run of a workload on a disk with a fault. Its user does what a sensible one does: it goes on
 * after an error, and opens a log that stopped, or could not be opened, again.
 */
final class FaultyRun {
  private final List<Step> steps;
  private final SimulatedDisk disk;
  private final Fault fault;
  private final Defect defect;
  private final Workload workload;
  private final List<String> heard = new ArrayList<>();
  private boolean stopped;

  /** Whether what may have stopped the log was a truncation. */
  private boolean truncating;

  FaultyRun(List<Step> steps, SimulatedDisk disk, Fault fault, Defect defect) {
    this.steps = steps;
    this.disk = disk;
    this.fault = fault;
    this.defect = defect;
    this.workload = new Workload(steps, disk, defect);
    if (fault.isSilent()) {
      workload.diskMayLie();
    }
  }

  /** The errors so far, for messages. */
  List<String> heard() {
    return heard;
  }

  Promise promise() {
    return workload.promise();
  }

  /** Does the steps, each whether or not the one before succeeded. */
  void run() {
    open();
    for (Step step : steps) {
      if (fault.isSilent() && disk.faults().metAt() > 0) {
        return; // nothing more is promised
      }
      if (workload.log() == null) {
        open();
      }
      if (workload.log() != null) {
        run(step);
      }
    }
  }

  private void open() {
    stopped = false;
    try {
      workload.open();
    } catch (LogException e) {
      hear(e);
      workload.mayHaveLost(); // recovery forces, and a force that fails loses what was written
      stopped = false;
      Survivor.checkNothingIsHeld(disk);
    }
  }

  private void run(Step step) {
    CommitLog before = workload.log();
    try {
      workload.run(step);
      if (workload.log() != before) {
        stopped = false;
        truncating = false;
      }
    } catch (LogException e) {
      hear(e, step);
      boolean appends = step instanceof Step.Append || step instanceof Step.Roll;
      if (fault == Fault.ENOSPC && appends && !truncating) {
        require(e instanceof DiskFullException, "an append on a full disk threw " + e);
      }
      if (workload.log() == null) {
        workload.mayHaveLost();
        stopped = false;
        Survivor.checkNothingIsHeld(disk);
      } else if (stopped) {
        workload.mayHaveLost();
        requireRefusal(workload.log());
      }
    }
  }

  /** A truncation that has begun is finished by whoever opens the log, if the disk fails. */
  private void hear(LogException e, Step step) {
    truncating |= step instanceof Step.Truncate || step instanceof Step.StartAnew;
    hear(e);
    truncating &= stopped;
  }

  /** Only what is documented, and what the fault can lead to. */
  private void hear(LogException e) {
    heard.add(e.toString());
    stopped |= e instanceof LogFailedException;
    boolean documented =
        switch (fault) {
          case ENOSPC, EMFILE, EROFS, ENOMEM_ON_MAP ->
              !(e instanceof LogFailedException) || truncating;
          case BIT_FLIP_ON_READ, STALE_READ -> e instanceof CorruptLogException;
          default -> true;
        };
    require(
        documented
            && (e instanceof LogIOException
                || e instanceof LogFailedException
                || e instanceof DiskFullException
                || (e instanceof CorruptLogException && fault.isSilent())),
        "answered with " + e);
  }

  /** A log that has said that it stopped stays so. */
  private static void requireRefusal(@Nullable CommitLog log) {
    if (log == null) {
      return;
    }
    try {
      long offset = log.append("key".getBytes(US_ASCII), null);
      throw new Violation("a log that had stopped appended at " + offset);
    } catch (LogFailedException e) {
      // as it should
    }
  }

  /**
   * Looks at what is left: after a power loss now, and after a close, with the fault still there or
   * healed, by turns.
   */
  void end() {
    if (!fault.isSilent()) {
      new Survivor(disk.afterPowerLoss(disk.faults().metAt()), promise(), defect).check();
    }
    boolean healsFirst = disk.faults().metAt() % 2 == 0;
    if (healsFirst) {
      disk.faults().heal();
    }
    CommitLog log = workload.log();
    if (log != null) {
      if (healsFirst && !stopped && !fault.isSilent()) {
        goesOn(log);
      }
      close(log, healsFirst);
    }
    disk.faults().heal();
    if (fault.isSilent()) {
      new Survivor(disk.afterKill(), promise(), defect).checkTold();
      new Survivor(disk.afterPowerLoss(disk.faults().metAt()), promise(), defect).checkTold();
    } else {
      SimulatedDisk killed = disk.afterKill();
      if (!workload.isUnsure()) {
        requireWritten(killed);
      }
      new Survivor(killed, promise(), defect).check();
    }
  }

  /** A log that did not say that it stopped takes appends, and shows all that it ever took. */
  private void goesOn(CommitLog log) {
    long read = Survivor.readAll(log, Visibility.WRITTEN).size();
    require(
        read == log.offsets().span() && log.offsets().endOffset() == promise().endOffset(),
        "after the fault " + read + " records of " + log.offsets() + " can be read");
    workload.run(new Step.Append(1));
    workload.run(new Step.Flush());
    workload.run(new Step.Maintain());
  }

  private void close(CommitLog log, boolean healed) {
    try {
      workload.closeInOrder(log);
      if (stopped) {
        workload.mayHaveLost();
      }
    } catch (LogException e) {
      hear(e);
      workload.mayHaveLost();
      require(!healed, "the close failed after the fault was gone");
    }
    Survivor.checkNothingIsHeld(disk);
    log.close(); // is harmless
    Survivor.checkNothingIsHeld(disk);
  }

  private void requireWritten(SimulatedDisk killed) {
    SimulatedDisk again = killed.afterKill();
    CommitLog log = Workload.open(again, defect, promise().isReplicated());
    long end = log.offsets().endOffset();
    again.faults().withoutPower(() -> Workload.abandon(log, null));
    require(end == promise().endOffset(), "opened again, the log ends at " + end);
  }

  /** Gives everything back, after a violation, too. */
  void abandon() {
    workload.die();
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new Violation(otherwise);
    }
  }
}
