package dev.varve.interop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.util.List;

/** What Kafka's log and Varve's can both be told, so that a test can tell them the same. */
interface PartitionLog extends AutoCloseable {
  /**
   * Appends a batch under the newest leader epoch.
   *
   * @return the offset of the first record
   */
  @CanIgnoreReturnValue
  long append(NewBatch batch) throws IOException;

  /**
   * Ends the open transaction of a producer, as a transaction coordinator does.
   *
   * @param producer with the epoch of its data; under transaction version 2 the marker has the next
   * @param transactionVersion 0, 1 or 2
   * @return the offset of the marker
   */
  @CanIgnoreReturnValue
  long endTransaction(
      NewBatch.Producer producer, boolean commit, int coordinatorEpoch, int transactionVersion);

  /** Deletes records from the front: {@code [start, end)} becomes {@code [offset, end)}. */
  void deleteRecordsBefore(long offset) throws IOException;

  /** Begins a segment at the end. */
  void roll() throws IOException;

  /** Every record from the log start to the log end, control records included. */
  List<KafkaRecord> readAll() throws IOException;

  long startOffset();

  long endOffset();

  List<Long> segmentBaseOffsets();

  /** The clock of the log, which the test moves. */
  KafkaClock clock();

  /** Stops in order. */
  @Override
  void close();
}
