package dev.varve.log;

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
 * @param findings what was unexpected, one sentence each, with path, position, found and expected
 */
public record OpenReport(
    boolean closedInOrder,
    String reason,
    int segments,
    int scannedSegments,
    long scannedBytes,
    long cutBytes,
    boolean cutReserved,
    List<String> findings) {

  /** Keeps a copy of the findings. */
  public OpenReport {
    findings = List.copyOf(findings);
  }
}
