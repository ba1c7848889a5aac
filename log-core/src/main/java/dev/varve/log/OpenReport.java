package dev.varve.log;

import dev.varve.log.error.DamagedRange;
import java.util.List;

/**
 * What opening a log found and did.
 *
 * @param closedInOrder whether the log was closed in order and nobody changed it since, so that
 *     nothing had to be scanned
 * @param reason why something was scanned, in words; empty if nothing was
 * @param segments how many segments the log has
 * @param scannedSegments how many of them were scanned
 * @param scannedBytes how many bytes were scanned
 * @param cutBytes how many bytes were cut off behind the last valid batch
 * @param cutReserved whether all that was cut were zeros: space reserved by a writer that died
 * @param decisions everything that recovery decided, in the order in which it did
 */
public record OpenReport(
    boolean closedInOrder,
    String reason,
    int segments,
    int scannedSegments,
    long scannedBytes,
    long cutBytes,
    boolean cutReserved,
    List<RecoveryDecision> decisions) {

  /** Keeps a copy of the decisions. */
  public OpenReport {
    decisions = List.copyOf(decisions);
  }

  /** The decisions that tell of records that are damaged or gone; empty if none are. */
  public List<RecoveryDecision> losses() {
    return decisions.stream().filter(decision -> decision.kind().isLoss()).toList();
  }

  /**
   * The damage below the recovery point that was found, in the order of offsets. Damage in a
   * segment that was not scanned is found when it is read.
   */
  public List<DamagedRange> damagedRanges() {
    return decisions.stream()
        .filter(decision -> decision.kind() == RecoveryDecision.Kind.KEPT_DAMAGE)
        .map(damage ->
            new DamagedRange(
                damage.file().toString(),
                damage.position(),
                damage.position() + damage.bytes(),
                damage.firstOffset(),
                damage.endOffset(),
                "found " + damage.found() + ", expected " + damage.expected()))
        .toList();
  }
}
