package dev.varve.log.inspect;

/**
 * How much a {@link LogVerifier} looked at and how much of it was wrong.
 *
 * @param endOffset the offset after the last record, as far as that can be told
 * @param segments the segments of the log
 * @param batches the batches that were sound as far as header and checksum go
 * @param records the records in them that could be decoded
 * @param bytes the bytes of these batches
 * @param indexEntries the entries of all indexes that were compared with the batches
 * @param damages how many findings were damage
 * @param notes how many were not
 */
public record VerifyReport(
    long endOffset,
    int segments,
    long batches,
    long records,
    long bytes,
    long indexEntries,
    long damages,
    long notes) {

  /** Whether nothing is damaged. */
  public boolean isSound() {
    return damages == 0;
  }
}
