package dev.varve.log.inspect;

import dev.varve.log.record.BatchFault;
import dev.varve.log.record.CodecUnavailableException;
import dev.varve.log.record.EndTransactionMarker;
import dev.varve.log.record.InvalidBatchException;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordCursor;
import dev.varve.log.record.TimestampType;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * Decodes every record: the header agrees with the records behind it, and the batch belongs into
 * its segment.
 */
final class RecordsCheck implements BatchCheck {
  /** Codec, timestamp type, transactional, control, delete horizon. */
  private static final int ATTRIBUTES_KNOWN = 0x7f;

  private final Path log;
  private final long nextBase;
  private final RecordCursor cursor;
  private final Findings findings;
  private boolean overlapping;
  private long records;

  /**
   * Checks the batches of a segment.
   *
   * @param nextBase the base offset of the following segment, or the largest number if there is
   *     none
   * @param cursor inflates batches, to its limit
   */
  RecordsCheck(Path log, long nextBase, RecordCursor cursor, Findings findings) {
    this.log = log;
    this.nextBase = nextBase;
    this.cursor = cursor;
    this.findings = findings;
  }

  @Override
  public void onBatch(RecordBatch batch, long position) {
    checkHeader(batch, position);
    try {
      checkRecords(batch, position);
    } catch (InvalidBatchException e) {
      BatchFault fault = e.fault();
      String offsets = "offsets " + batch.baseOffset() + " to " + batch.lastOffset();
      findings.damage(
          log, position, fault.found(), fault.expected() + "; " + offsets + " cannot be read");
    } catch (CodecUnavailableException e) {
      findings.note(
          log,
          position,
          "a " + e.codec() + " batch",
          "the library " + e.artifact() + " to read it");
    }
  }

  private void checkHeader(RecordBatch batch, long position) {
    if ((batch.attributes() & ~ATTRIBUTES_KNOWN) != 0) {
      findings.damage(
          log,
          position,
          "attributes 0x" + HexFormat.of().toHexDigits(batch.attributes()),
          "bits 0 to 6 only");
    }
    if (batch.maxTimestamp() < RecordBatch.NO_TIMESTAMP) {
      findings.damage(log, position, "maxTimestamp " + batch.maxTimestamp(), "-1 or more");
    }
    if (!overlapping && batch.lastOffset() >= nextBase) {
      overlapping = true; // every batch that follows does so too
      findings.damage(
          log,
          position,
          "last offset " + batch.lastOffset(),
          "below the base offset " + nextBase + " of the next segment");
    }
  }

  private void checkRecords(RecordBatch batch, long position) {
    cursor.openUnchecked(batch);
    long timestampMax = RecordBatch.NO_TIMESTAMP;
    int count = 0;
    while (cursor.next()) {
      timestampMax = Math.max(timestampMax, cursor.record().timestamp());
      if (count == 0 && batch.isControl()) {
        EndTransactionMarker.of(cursor.record());
      }
      count++;
    }
    records += count;
    if (batch.isControl() && count > 1) {
      findings.damage(log, position, "control batch of " + count + " records", "1, or none");
    }
    if (count > 0
        && batch.timestampType() == TimestampType.CREATE_TIME
        && timestampMax != batch.maxTimestamp()) {
      findings.damage(
          log,
          position,
          "maxTimestamp " + batch.maxTimestamp(),
          "the largest timestamp of the records, " + timestampMax);
    }
  }

  @Override
  public void atEnd(SegmentEnd end) {
    // each batch was judged when it came
  }

  /** How many records were decoded. */
  long records() {
    return records;
  }
}
