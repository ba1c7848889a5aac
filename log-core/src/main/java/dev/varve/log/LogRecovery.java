package dev.varve.log;

import dev.varve.log.producer.PartitionState;
import dev.varve.log.segment.ActiveSegment;
import dev.varve.log.segment.SealedSegment;
import dev.varve.log.segment.Segment;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.segment.SegmentList;
import dev.varve.log.segment.SegmentRecovery;
import dev.varve.log.segment.SegmentScan.Damage;
import dev.varve.log.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes a log of a directory, whatever the directory holds.
 *
 * <p>Three cases, by what the checkpoint says and whether the files bear it out; {@link
 * RecoveryPlan} tells them apart:
 *
 * <ul>
 *   <li><b>Closed in order:</b> nothing is scanned.
 *   <li><b>Left open</b> by a process that died: scanned from the segment that holds the recovery
 *       point. At the first batch above it that is not valid the log is cut, since whatever follows
 *       was never promised to anyone. Damage below it stays, and is reported; no offset below it is
 *       given out again.
 *   <li><b>Foreign:</b> written by Kafka, or changed by it since it was closed here. All of it is
 *       scanned. Only behind the last valid batch of the last segment is anything cut, since
 *       nothing tells what was promised about the others.
 * </ul>
 *
 * <p>Doing it twice changes nothing the second time. Thread safety: for one thread.
 */
final class LogRecovery {
  private final Storage storage;
  private final LogOptions options;
  private final List<String> findings = new ArrayList<>();
  private final List<SealedSegment> sealed = new ArrayList<>();

  private int scannedSegments;
  private long scannedBytes;
  private long bytesToScan;
  private long cutBytes;
  private boolean cutReserved = true;

  /** The last segment that was scanned, whose memory goes when it is sealed. */
  private @Nullable SegmentRecovery scanned;

  /** The segment that will take appends. */
  private @Nullable ActiveSegment appendable;

  /** What was recovered. */
  record Recovered(
      SegmentList segments,
      long startOffset,
      long recoveryPoint,
      PartitionState state,
      OpenReport report) {}

  private LogRecovery(Storage storage, LogOptions options) {
    this.storage = storage;
    this.options = options;
  }

  static Recovered recover(Storage storage, LogOptions options) throws IOException {
    LogRecovery recovery = new LogRecovery(storage, options);
    boolean done = false;
    try {
      Recovered recovered = recovery.recover();
      done = true;
      return recovered;
    } finally {
      if (!done) {
        recovery.discard();
      }
    }
  }

  /** Lets go of what a recovery holds that failed half way. */
  private void discard() throws IOException {
    if (scanned != null) {
      scanned.discard();
    }
    if (appendable != null) {
      appendable.discard();
    }
  }

  private Recovered recover() throws IOException {
    DirectoryRepair directory = new DirectoryRepair(storage, findings);
    List<Long> bases = directory.repair();
    StateFiles stateFiles = new StateFiles(storage, findings);
    RecoveryPlan plan = RecoveryPlan.of(storage, bases, stateFiles);
    ActiveSegment reopened = null;
    if (!bases.isEmpty() && plan.firstToScan() == bases.size()) {
      reopened = reopenLast(bases.getLast(), plan);
      plan = reopened == null ? plan.scanningLast(bases) : plan;
    }
    PartitionState state = plan.state();
    for (int i = plan.firstToScan(); i < bases.size(); i++) {
      bytesToScan += storage.size(SegmentFile.name(bases.get(i), Kind.LOG));
    }
    ActiveSegment active = segments(bases, plan, reopened);
    if (active.endOffset() < plan.startOffset()) {
      active = startOver(active, plan.startOffset());
    }
    long startOffset = Math.max(plan.startOffset(), first(active).baseOffset());
    state.replaceEpochs(
        state.epochs().truncateFromEnd(active.endOffset()).truncateFromStart(startOffset));
    SegmentList segments = SegmentList.of(sealed, active);
    stateFiles.deleteStraySnapshots(segments, active.endOffset());
    OpenReport report =
        new OpenReport(
            plan.reason().isEmpty(),
            plan.reason(),
            segments.size(),
            scannedSegments,
            scannedBytes,
            cutBytes,
            cutBytes > 0 && cutReserved,
            findings);
    return new Recovered(segments, startOffset, plan.cutFrom(), state, report);
  }

  private @Nullable ActiveSegment reopenLast(long base, RecoveryPlan plan) throws IOException {
    appendable =
        SegmentRecovery.reopen(
                storage, options.segments(), base, plan.cutFrom(), options.clock().time())
            .orElse(null);
    return appendable;
  }

  /** Takes in the segments in order and returns the one that takes appends. */
  private ActiveSegment segments(
      List<Long> bases, RecoveryPlan plan, @Nullable ActiveSegment reopened) throws IOException {
    for (int i = 0; i < bases.size(); i++) {
      boolean last = i == bases.size() - 1;
      if (last && reopened != null) {
        return reopened;
      }
      if (i < plan.firstToScan()) {
        takeOver(bases.get(i), bases.get(i + 1));
        continue;
      }
      SegmentRecovery recovery = scan(bases.get(i), plan);
      if (last) {
        return activate(recovery, plan);
      }
      long nextBase = bases.get(i + 1);
      if (!sealOrCut(recovery, nextBase, plan)) {
        deleteSegments(bases.subList(i + 1, bases.size()), "it follows a cut");
        return activate(recovery);
      }
    }
    return create(plan.startOffset());
  }

  /** Takes a segment as it is. */
  private void takeOver(long base, long nextBase) throws IOException {
    long bytes = storage.size(SegmentFile.name(base, Kind.LOG));
    sealed.add(new SealedSegment(storage, options.segments(), base, nextBase, bytes));
  }

  private SegmentRecovery scan(long base, RecoveryPlan plan) throws IOException {
    SegmentRecovery recovery =
        SegmentRecovery.scan(storage, options.segments(), base, plan.durableEnd(), plan::replay);
    scanned = recovery;
    for (Damage damage : recovery.damages()) {
      findings.add(
          path(base)
              + " at "
              + damage.fault()
              + offsetsThat(damage.firstOffset(), damage.endOffset())
              + "are damaged; nothing was cut off");
    }
    scannedSegments++;
    scannedBytes += recovery.fileBytes();
    options.listener().recoveryProgress(scannedBytes, Math.max(scannedBytes, bytesToScan));
    return recovery;
  }

  /**
   * Decides about a scanned segment that others follow.
   *
   * @return false if it was cut, so that the others must go
   */
  private boolean sealOrCut(SegmentRecovery recovery, long nextBase, RecoveryPlan plan)
      throws IOException {
    boolean gapIsOld = recovery.fault() == null && nextBase <= plan.cutFrom();
    if (recovery.endOffset() >= nextBase || gapIsOld) {
      // What follows the last batch is no part of the log: at most, a writer that died had rolled
      // and not yet cut off what it had reserved.
      cut(recovery);
    } else if (recovery.endOffset() < plan.cutFrom()) {
      reportDamage(recovery, Math.min(nextBase, plan.cutFrom()));
    } else {
      cut(recovery);
      return false;
    }
    sealed.add(recovery.seal(nextBase));
    plan.writeSnapshot(nextBase);
    return true;
  }

  private ActiveSegment activate(SegmentRecovery recovery, RecoveryPlan plan) throws IOException {
    boolean whole = plan.isForeign() && recovery.fault() == null;
    if (whole || recovery.endOffset() >= plan.cutFrom()) {
      cut(recovery);
      return activate(recovery);
    }
    // Offsets up to the recovery point were given out. They must not name other records now.
    reportDamage(recovery, plan.cutFrom());
    sealed.add(recovery.seal(plan.cutFrom()));
    plan.writeSnapshot(plan.cutFrom());
    return create(plan.cutFrom());
  }

  private ActiveSegment activate(SegmentRecovery recovery) throws IOException {
    ActiveSegment active = recovery.activate(options.clock().time());
    appendable = active;
    return active;
  }

  private void cut(SegmentRecovery recovery) throws IOException {
    if (recovery.fault() == null) {
      return;
    }
    long bytes = recovery.fileBytes() - recovery.validBytes();
    cutBytes += bytes;
    if (!recovery.hasReservedTail()) {
      cutReserved = false;
      findings.add(fault(recovery) + "; cut off " + bytes + " bytes from there on");
    }
    recovery.cut();
  }

  private void reportDamage(SegmentRecovery recovery, long endOffset) {
    findings.add(
        fault(recovery)
            + offsetsThat(recovery.endOffset(), endOffset)
            + "are damaged or missing, though they were durable; nothing was cut off");
  }

  private static String offsetsThat(long first, long end) {
    return "; offsets " + first + " to " + (end - 1) + " ";
  }

  private String fault(SegmentRecovery recovery) {
    String path = path(recovery.baseOffset());
    return recovery.fault() == null
        ? path + " at position " + recovery.validBytes() + ": found the end of the file"
        : path + " at " + recovery.fault();
  }

  private ActiveSegment create(long baseOffset) throws IOException {
    ActiveSegment created =
        ActiveSegment.create(storage, baseOffset, options.segments(), options.clock().time());
    appendable = created;
    storage.forceDirectory();
    return created;
  }

  /** The log ends below its start: what the directory holds is of no use any more. */
  private ActiveSegment startOver(ActiveSegment active, long startOffset) throws IOException {
    findings.add(
        active.path()
            + ": the log ends at "
            + active.endOffset()
            + ", below its start offset "
            + startOffset
            + "; removed, the log begins anew there");
    active.discard();
    List<Long> bases = new ArrayList<>(sealed.stream().map(Segment::baseOffset).toList());
    bases.add(active.baseOffset());
    sealed.clear();
    deleteSegments(bases, "it lies below the start offset");
    return create(startOffset);
  }

  private Segment first(ActiveSegment active) {
    return sealed.isEmpty() ? active : sealed.getFirst();
  }

  private void deleteSegments(List<Long> bases, String why) throws IOException {
    for (long base : bases) {
      for (Kind kind : Kind.values()) {
        storage.delete(SegmentFile.name(base, kind));
      }
      findings.add(path(base) + " was removed: " + why);
    }
    storage.forceDirectory();
  }

  private String path(long base) {
    return storage.directory().resolve(SegmentFile.name(base, Kind.LOG)).toString();
  }
}
