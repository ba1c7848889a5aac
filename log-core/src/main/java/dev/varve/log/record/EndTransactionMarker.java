package dev.varve.log.record;

import static dev.varve.log.record.RecordBatchLayout.INT;
import static dev.varve.log.record.RecordBatchLayout.SHORT;

import dev.varve.log.record.BatchFault.Kind;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The end of a producer's transaction in this log: the one record of a control batch. Its key is
 * {@code int16 version 0, int16 type}, its value {@code int16 version 0, int32 coordinatorEpoch};
 * the batch takes 78 bytes.
 *
 * @param outcome whether the transaction's records count
 * @param coordinatorEpoch epoch of the coordinator that ended the transaction, 0 or more
 */
public record EndTransactionMarker(Outcome outcome, int coordinatorEpoch) {

  /** How a transaction ended, with the number that a marker's key carries. */
  public enum Outcome {
    /** The transaction's records are to be skipped. */
    ABORT(0),
    /** The transaction's records count. */
    COMMIT(1);

    private final short type;

    Outcome(int type) {
      this.type = (short) type;
    }
  }

  private static final int KEY_BYTES = 4;
  private static final int VALUE_BYTES = 6;
  private static final short VERSION = 0;

  /**
   * Reads a marker from the record of a control batch. Later versions may have more fields, which
   * are passed over.
   *
   * @return the marker, or null if the record is of another type than the two outcomes
   * @throws InvalidBatchException if key or value is absent, too short, or of a negative version;
   *     its position is that of the key
   */
  public static @Nullable EndTransactionMarker of(Record control) {
    MemorySegment memory = control.memory();
    long key = control.keyPosition();
    check(control, "control key", key, control.keyBytes(), KEY_BYTES);
    Outcome outcome = outcome(memory.get(SHORT, key + Short.BYTES));
    if (outcome == null) {
      return null;
    }
    long value = control.valuePosition();
    check(control, "control value", value, control.valueBytes(), VALUE_BYTES);
    return new EndTransactionMarker(outcome, memory.get(INT, value + Short.BYTES));
  }

  private static @Nullable Outcome outcome(short type) {
    for (Outcome outcome : Outcome.values()) {
      if (outcome.type == type) {
        return outcome;
      }
    }
    return null;
  }

  private static void check(Record record, String what, long position, int found, int expected) {
    if (found < expected) {
      throw new InvalidBatchException(
          new BatchFault(
              Kind.RECORDS,
              record.keyPosition(),
              what + " of " + found + " bytes at offset " + record.offset(),
              "at least " + expected));
    }
    short version = record.memory().get(SHORT, position);
    if (version < VERSION) {
      throw new InvalidBatchException(
          new BatchFault(
              Kind.RECORDS,
              record.keyPosition(),
              what + " of version " + version + " at offset " + record.offset(),
              "0 or more"));
    }
  }

  /**
   * Encodes the control batch that writes this marker; it has memory of its own.
   *
   * @param timestamp milliseconds since the epoch, 0 or more
   * @param producerId the producer whose transaction ends
   * @param producerEpoch its epoch
   */
  public EncodedBatch encode(long timestamp, long producerId, short producerEpoch) {
    byte[] key = ByteBuffer.allocate(KEY_BYTES).putShort(VERSION).putShort(outcome.type).array();
    byte[] value =
        ByteBuffer.allocate(VALUE_BYTES).putShort(VERSION).putInt(coordinatorEpoch).array();
    return RecordBatchBuilder.of(Compression.NONE)
        .producer(producerId, producerEpoch, RecordBatch.NO_SEQUENCE)
        .transactional()
        .control()
        .append(timestamp, key, value)
        .build();
  }
}
