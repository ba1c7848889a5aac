package dev.varve.interop;

import java.util.List;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.RecordBatch;

/** Records that are yet to be appended, together, as one record batch. */
record NewBatch(List<NewRecord> records, CompressionType codec, Producer producer) {
  NewBatch {
    if (records.isEmpty()) {
      throw new IllegalArgumentException("a batch needs a record");
    }
    records = List.copyOf(records);
  }

  static NewBatch of(NewRecord... records) {
    return of(CompressionType.NONE, records);
  }

  static NewBatch of(CompressionType codec, NewRecord... records) {
    return new NewBatch(List.of(records), codec, Producer.NONE);
  }

  NewBatch by(Producer producer) {
    return new NewBatch(records, codec, producer);
  }

  /**
   * Who sends a batch.
   *
   * @param baseSequence sequence of the first record of the batch, from 0
   * @param transactional whether a marker has to follow before the batch counts as committed
   */
  record Producer(long id, short epoch, int baseSequence, boolean transactional) {
    static final Producer NONE =
        new Producer(
            RecordBatch.NO_PRODUCER_ID,
            RecordBatch.NO_PRODUCER_EPOCH,
            RecordBatch.NO_SEQUENCE,
            false);

    static Producer idempotent(long id, int epoch, int baseSequence) {
      return new Producer(id, (short) epoch, baseSequence, false);
    }

    static Producer transactional(long id, int epoch, int baseSequence) {
      return new Producer(id, (short) epoch, baseSequence, true);
    }
  }
}
