package dev.varve.interop;

import java.nio.ByteBuffer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;

/** Plain batches into record batches of format version 2, by Kafka's own builder. */
final class BatchEncoding {
  private static final int BUFFER_BYTES_INITIAL = 1024;

  private BatchEncoding() {}

  /** A batch as a producer sends it: its offsets begin at 0 and it has no leader epoch. */
  static MemoryRecords encode(NewBatch batch) {
    return encode(0, RecordBatch.NO_PARTITION_LEADER_EPOCH, batch);
  }

  /** Batches one behind the other, without gaps between their offsets. */
  static MemoryRecords encode(long baseOffset, int leaderEpoch, NewBatch... batches) {
    ByteBufferOutputStream out = new ByteBufferOutputStream(BUFFER_BYTES_INITIAL);
    long nextOffset = baseOffset;
    for (NewBatch batch : batches) {
      nextOffset = encodeOne(batch, nextOffset, leaderEpoch, out);
    }
    ByteBuffer bytes = out.buffer();
    bytes.flip();
    return MemoryRecords.readableRecords(bytes);
  }

  /** Puts a batch behind what the stream holds and returns the offset after it. */
  private static long encodeOne(
      NewBatch batch, long baseOffset, int leaderEpoch, ByteBufferOutputStream out) {
    NewBatch.Producer producer = batch.producer();
    long nextOffset = baseOffset;
    try (MemoryRecordsBuilder builder =
        new MemoryRecordsBuilder(
            out,
            RecordBatch.CURRENT_MAGIC_VALUE,
            Compression.of(batch.codec()).build(),
            TimestampType.CREATE_TIME,
            baseOffset,
            RecordBatch.NO_TIMESTAMP,
            producer.id(),
            producer.epoch(),
            producer.baseSequence(),
            producer.transactional(),
            false,
            leaderEpoch,
            Integer.MAX_VALUE)) {
      for (NewRecord record : batch.records()) {
        builder.appendWithOffset(
            nextOffset++,
            record.timestamp(),
            Bytes.toArray(record.key()),
            Bytes.toArray(record.value()),
            headersOf(record));
      }
    }
    return nextOffset;
  }

  private static Header[] headersOf(NewRecord record) {
    return record.headers().stream()
        .map(header ->
            new org.apache.kafka.common.header.internals.RecordHeader(
                header.key(), Bytes.toArray(header.value())))
        .toArray(Header[]::new);
  }
}
