package dev.varve.log;

import dev.varve.log.producer.LeaderEpochs;
import dev.varve.log.producer.PartitionState;
import dev.varve.log.record.BatchFault;
import dev.varve.log.segment.ActiveSegment;
import dev.varve.log.segment.LogCheckpoint;
import dev.varve.log.segment.ScanBounds;
import dev.varve.log.segment.SealedSegment;
import dev.varve.log.segment.Segment;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.segment.SegmentList;
import dev.varve.log.segment.SegmentRecovery;
import dev.varve.log.segment.SegmentScan.Damage;
import dev.varve.log.storage.Storage;
import java.io.IOException;
import java.nio.file.Path;
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
  /** So much is scanned between two reports of progress. */
  private static final long PROGRESS_BYTES = 4 << 20;

  private final Storage storage;
  private final LogOptions options;
  private final List<RecoveryDecision> decisions = new ArrayList<>();
  private final List<SealedSegment> sealed = new ArrayList<>();

  private int scannedSegments;
  private long scannedBytes;
  private long reportedBytes;
  private long bytesToScan;
  private long cutBytes;
  private boolean cutReserved = true;

  /** What the checkpoint has kept of it; only a replicated log has one. */
  private long keptHighWatermark = LogCheckpoint.NONE;

  /** The last segment that was scanned, whose memory goes when it is sealed. */
  private @Nullable SegmentRecovery scanned;

  /** The segment that will take appends. */
  private @Nullable ActiveSegment appendable;

  /** What was recovered. */
  record Recovered(
      ActiveSegment active,
      SegmentList segments,
      long startOffset,
      long recoveryPoint,
      boolean foreign,
      PartitionState state,
      long highWatermark,
      long firstDirtyOffset,
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
    LogCheckpoint checkpoint = LogCheckpoint.read(storage).orElse(null);
    DirectoryRepair directory = new DirectoryRepair(storage, decisions);
    List<Long> bases = directory.repair(checkpoint == null ? null : checkpoint.rewrite());
    StateFiles stateFiles = new StateFiles(storage, decisions::add);
    if (checkpoint != null) {
      bases = new UnfinishedTruncation(storage, stateFiles, checkpoint).finish(bases);
      keptHighWatermark = checkpoint.highWatermark();
    }
    RecoveryPlan plan = RecoveryPlan.of(storage, options, checkpoint, bases, stateFiles);
    ActiveSegment reopened = null;
    if (!bases.isEmpty() && plan.firstToScan() == bases.size()) {
      reopened = reopenLast(bases.getLast(), plan);
      plan = reopened == null ? plan.scanningLast(bases) : plan;
    }
    PartitionState state = plan.state();
    if (options.replicated()) {
      state.producers().replicatedTo(Math.max(plan.startOffset(), keptHighWatermark));
    }
    for (int i = plan.firstToScan(); i < bases.size(); i++) {
      bytesToScan += storage.size(SegmentFile.name(bases.get(i), Kind.LOG));
    }
    ActiveSegment active = segments(bases, plan, reopened);
    if (active.endOffset() < plan.startOffset()) {
      active = startOver(active, plan.startOffset());
    }
    if (active.endOffset() < plan.closedEnd()) {
      reportShortened(active, plan.closedEnd());
    }
    long startOffset = Math.max(plan.startOffset(), first(active).baseOffset());
    cutEpochs(state, stateFiles, startOffset, active.endOffset());
    if (scannedSegments > 0) {
      plan.adoptLastSnapshot(active.endOffset());
    }
    state.producers().expire(options.clock().time(), options.producerExpirationMillis());
    SegmentList segments = SegmentList.of(sealed, active);
    long highWatermark = highWatermark(startOffset, active.endOffset());
    if (options.replicated()) {
      state.producers().replicatedTo(highWatermark); // less than was kept, if the end is lost
      if (highWatermark < plan.stateOffset()) {
        findUnreplicated(state, stateFiles, segments, highWatermark);
      }
    }
    stateFiles.deleteStraySnapshots(directory.snapshots(), segments, active.endOffset());
    return new Recovered(
        active,
        segments,
        startOffset,
        plan.cutFrom(),
        plan.isForeign(),
        state,
        highWatermark,
        checkpoint == null || plan.isForeign()
            ? LogCheckpoint.NONE
            : Math.min(checkpoint.firstDirtyOffset(), active.endOffset()),
        report(plan, segments));
  }

  private OpenReport report(RecoveryPlan plan, SegmentList segments) {
    return new OpenReport(
        plan.reason().isEmpty(),
        plan.reason(),
        segments.size(),
        scannedSegments,
        scannedBytes,
        cutBytes,
        cutBytes > 0 && cutReserved,
        decisions);
  }

  /** The state began with a snapshot above the high watermark, which knows only what is open. */
  private void findUnreplicated(
      PartitionState state, StateFiles stateFiles, SegmentList segments, long highWatermark)
      throws IOException {
    StateReplay replay = StateReplay.from(highWatermark, storage, options, stateFiles);
    replay.state().producers().replicatedTo(highWatermark);
    replay.readBelow(segments.size(), segments);
    state.producers().takeUnreplicated(replay.state().producers(), Long.MAX_VALUE);
  }

  /** A replicated log that was never told where it is knows only that its start is there. */
  private long highWatermark(long startOffset, long endOffset) {
    return !options.replicated() && keptHighWatermark == LogCheckpoint.NONE
        ? LogCheckpoint.NONE
        : Math.clamp(keptHighWatermark, startOffset, endOffset);
  }

  /**
   * Epochs that begin behind the end, where a leader may have begun and written nothing, go from
   * the file too, before anything is appended where they began: the next recovery would believe
   * them of what was written there meanwhile.
   */
  private void cutEpochs(
      PartitionState state, StateFiles stateFiles, long startOffset, long endOffset)
      throws IOException {
    LeaderEpochs found = state.epochs();
    LeaderEpochs kept = found.truncateFromEnd(endOffset + 1);
    state.replaceEpochs(kept.truncateFromStart(startOffset));
    if (!kept.equals(found)) {
      stateFiles.rebuilt(
          StateFiles.EPOCHS_FILE_NAME,
          "epoch " + found.latestEpoch() + " behind the end of the log",
          "none that begins after offset " + endOffset);
      stateFiles.writeEpochs(state.epochs());
    }
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
      long nextBase = last ? Long.MAX_VALUE : bases.get(i + 1);
      SegmentRecovery recovery = scan(bases.get(i), nextBase, plan);
      if (last) {
        return activate(recovery, plan);
      }
      if (!sealOrCut(recovery, nextBase, plan)) {
        deleteSegments(
            bases.subList(i + 1, bases.size()),
            RecoveryDecision.Kind.REMOVED_SEGMENT,
            "a segment that follows a cut");
        return goOn(recovery);
      }
    }
    return create(plan.startOffset());
  }

  /** Takes a segment as it is. */
  private void takeOver(long base, long nextBase) throws IOException {
    long bytes = storage.size(SegmentFile.name(base, Kind.LOG));
    sealed.add(new SealedSegment(storage, options.segments(), base, nextBase, bytes));
  }

  /** A replicated log has the gaps of its leader's, durable or not. */
  private ScanBounds bounds(long base, long nextBase, RecoveryPlan plan) {
    ScanBounds bounds = ScanBounds.recovering(base, nextBase, plan.durableEnd());
    return keptHighWatermark == LogCheckpoint.NONE ? bounds : bounds.withoutGapsAt(nextBase);
  }

  private SegmentRecovery scan(long base, long nextBase, RecoveryPlan plan) throws IOException {
    Path file = path(SegmentFile.name(base, Kind.LOG));
    SegmentRecovery recovery =
        SegmentRecovery.scan(
            storage,
            options.segments(),
            bounds(base, nextBase, plan),
            (position, batch, aborted) -> {
              plan.replay(file, position, batch, aborted);
              reportProgress(scannedBytes + position + batch.sizeBytes());
            });
    scanned = recovery;
    for (Damage damage : recovery.damages()) {
      BatchFault fault = damage.fault();
      decisions.add(
          new RecoveryDecision(
              RecoveryDecision.Kind.KEPT_DAMAGE,
              file,
              fault.position(),
              damage.bytes(),
              damage.firstOffset(),
              damage.endOffset(),
              fault.found(),
              fault.expected()));
    }
    scannedSegments++;
    scannedBytes += recovery.fileBytes();
    reportedBytes = scannedBytes;
    options.listener().recoveryProgress(scannedBytes, Math.max(scannedBytes, bytesToScan));
    return recovery;
  }

  private void reportProgress(long doneBytes) {
    if (doneBytes - reportedBytes >= PROGRESS_BYTES) {
      reportedBytes = doneBytes;
      options.listener().recoveryProgress(doneBytes, Math.max(doneBytes, bytesToScan));
    }
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
    seal(recovery, nextBase, plan);
    return true;
  }

  private ActiveSegment activate(SegmentRecovery recovery, RecoveryPlan plan) throws IOException {
    if (plan.hasLostItsLastSegment(recovery.baseOffset(), recovery.endOffset())) {
      return goOnBehindLost(recovery, plan);
    }
    boolean whole = plan.isForeign() && recovery.fault() == null;
    if (whole || recovery.endOffset() >= plan.cutFrom()) {
      cut(recovery);
      return goOn(recovery);
    }
    // Offsets up to the recovery point were given out. They must not name other records now.
    reportDamage(recovery, plan.cutFrom());
    seal(recovery, plan.cutFrom(), plan);
    decisions.add(
        new RecoveryDecision(
            RecoveryDecision.Kind.NEW_SEGMENT,
            path(SegmentFile.name(plan.cutFrom(), Kind.LOG)),
            0,
            0,
            plan.cutFrom(),
            RecoveryDecision.NO_OFFSET,
            "no segment",
            "one for what is appended behind the damage"));
    return create(plan.cutFrom());
  }

  /** Offsets up to where we closed the log were given out, and their segment may be found again. */
  private ActiveSegment goOnBehindLost(SegmentRecovery recovery, RecoveryPlan plan)
      throws IOException {
    long end = recovery.endOffset();
    cut(recovery);
    seal(recovery, plan.closedEnd(), plan);
    String expected = "the segment that was the last one when the log was closed";
    decisions.add(RecoveryPlan.missing(storage, end, plan.closedEnd(), expected));
    return create(plan.closedEnd());
  }

  private void reportShortened(ActiveSegment active, long closedEnd) {
    decisions.add(
        new RecoveryDecision(
            RecoveryDecision.Kind.SHORTENED,
            Path.of(active.path()),
            active.sizeBytes(),
            0,
            active.endOffset(),
            closedEnd,
            "the end of the log at offset " + active.endOffset(),
            "an end at offset " + closedEnd + ", where it was closed"));
  }

  private void seal(SegmentRecovery recovery, long nextBase, RecoveryPlan plan) throws IOException {
    List<Kind> differing = reportIndexes(recovery);
    sealed.add(recovery.seal(differing, nextBase));
    plan.keepSnapshot(nextBase);
  }

  private ActiveSegment goOn(SegmentRecovery recovery) throws IOException {
    reportIndexes(recovery);
    ActiveSegment active = recovery.activate(options.clock().time());
    appendable = active;
    return active;
  }

  private List<Kind> reportIndexes(SegmentRecovery recovery) throws IOException {
    List<Kind> differing = recovery.differingIndexes();
    for (Kind kind : differing) {
      String name = SegmentFile.name(recovery.baseOffset(), kind);
      boolean exists = storage.exists(name);
      decisions.add(
          RecoveryDecision.ofFile(
              RecoveryDecision.Kind.REBUILT_INDEX,
              path(name),
              exists ? storage.size(name) : 0,
              exists ? "entries that the batches do not give" : "no file",
              "the entries of " + recovery.validBytes() + " bytes of batches"));
    }
    return differing;
  }

  private void cut(SegmentRecovery recovery) throws IOException {
    if (recovery.fault() == null) {
      return;
    }
    cutBytes += recovery.fileBytes() - recovery.validBytes();
    cutReserved &= recovery.hasReservedTail();
    RecoveryDecision.Kind kind =
        recovery.hasReservedTail()
            ? RecoveryDecision.Kind.CUT_RESERVED_SPACE
            : RecoveryDecision.Kind.CUT_TAIL;
    reportTail(kind, recovery, RecoveryDecision.NO_OFFSET);
    recovery.cut();
  }

  private void reportDamage(SegmentRecovery recovery, long endOffset) {
    reportTail(RecoveryDecision.Kind.KEPT_DAMAGE, recovery, endOffset);
  }

  /** A decision about what follows the valid batches of a segment. */
  private void reportTail(RecoveryDecision.Kind kind, SegmentRecovery recovery, long endOffset) {
    BatchFault fault = recovery.fault();
    decisions.add(
        new RecoveryDecision(
            kind,
            path(SegmentFile.name(recovery.baseOffset(), Kind.LOG)),
            recovery.validBytes(),
            recovery.fileBytes() - recovery.validBytes(),
            recovery.endOffset(),
            endOffset,
            fault == null ? "the end of the file" : fault.found(),
            fault == null ? "a batch that was durable" : fault.expected()));
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
    decisions.add(
        new RecoveryDecision(
            RecoveryDecision.Kind.STARTED_OVER,
            Path.of(active.path()),
            active.sizeBytes(),
            0,
            startOffset,
            RecoveryDecision.NO_OFFSET,
            "the end of the log at offset " + active.endOffset(),
            "an end at or above its start offset " + startOffset));
    active.discard();
    List<Long> bases = new ArrayList<>(sealed.stream().map(Segment::baseOffset).toList());
    bases.add(active.baseOffset());
    sealed.clear();
    deleteSegments(bases, RecoveryDecision.Kind.REMOVED_FILE, "a segment below the start offset");
    return create(startOffset);
  }

  private Segment first(ActiveSegment active) {
    return sealed.isEmpty() ? active : sealed.getFirst();
  }

  /** Removes segments, newest last, telling of each file before it goes. */
  private void deleteSegments(List<Long> bases, RecoveryDecision.Kind ofLogs, String found)
      throws IOException {
    for (long base : bases) {
      for (Kind kind : Kind.values()) {
        String name = SegmentFile.name(base, kind);
        if (!storage.exists(name)) {
          continue;
        }
        boolean log = kind == Kind.LOG;
        decisions.add(
            new RecoveryDecision(
                log ? ofLogs : RecoveryDecision.Kind.REMOVED_FILE,
                path(name),
                0,
                storage.size(name),
                log ? base : RecoveryDecision.NO_OFFSET,
                RecoveryDecision.NO_OFFSET,
                log ? found : "a file of " + found,
                "no file"));
        storage.delete(name);
      }
    }
    storage.forceDirectory();
  }

  private Path path(String name) {
    return storage.directory().resolve(name);
  }
}
