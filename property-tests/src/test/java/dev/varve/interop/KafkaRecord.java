package dev.varve.interop;

import dev.varve.interop.NewRecord.RecordHeader;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.jspecify.annotations.Nullable;

/**
 * A record as it is read from a log, in Kafka's terms, with what its batch says of it.
 *
 * @param sequence -1 if the batch has none
 * @param leaderEpoch -1 if the batch has none
 */
record KafkaRecord(
    long offset,
    long timestamp,
    TimestampType timestampType,
    @Nullable Bytes key,
    @Nullable Bytes value,
    List<RecordHeader> headers,
    long producerId,
    short producerEpoch,
    int sequence,
    boolean transactional,
    boolean control,
    int leaderEpoch,
    CompressionType codec) {

  static KafkaRecord of(RecordBatch batch, Record record) {
    return new KafkaRecord(
        record.offset(),
        record.timestamp(),
        batch.timestampType(),
        Bytes.copyOf(record.key()),
        Bytes.copyOf(record.value()),
        Arrays.stream(record.headers())
            .map(header ->
                new RecordHeader(
                    header.key(), header.value() == null ? null : Bytes.of(header.value())))
            .toList(),
        batch.producerId(),
        batch.producerEpoch(),
        record.sequence(),
        batch.isTransactional(),
        batch.isControlBatch(),
        batch.partitionLeaderEpoch(),
        batch.compressionType());
  }

  /** The record that a reader of Varve stands before. */
  static KafkaRecord of(
      dev.varve.log.record.RecordBatch batch, dev.varve.log.record.Record record) {
    return new KafkaRecord(
        record.offset(),
        record.timestamp(),
        TimestampType.forName(batch.timestampType().toString()),
        Bytes.ofNullable(record.copyKey()),
        Bytes.ofNullable(record.copyValue()),
        record.headers().stream()
            .map(header -> new RecordHeader(header.key(), Bytes.ofNullable(header.value())))
            .toList(),
        batch.producerId(),
        batch.producerEpoch(),
        record.sequence(),
        batch.isTransactional(),
        batch.isControl(),
        batch.leaderEpoch(),
        CompressionType.forId(batch.codecId()));
  }

  /** What a producer had given: without all that the log added. */
  NewRecord asNew() {
    return new NewRecord(timestamp, key, value, headers);
  }

  /**
   * The line, without its end, that {@code varve cat --format hex} prints for this record: fields
   * between tabs, byte strings in hex, {@code null} for absent ones, {@code -} for no headers.
   */
  String toHexLine() {
    return String.join(
        "\t",
        Long.toString(offset),
        Long.toString(timestamp),
        timestampType.name,
        hex(key),
        hex(value),
        headers.isEmpty()
            ? "-"
            : headers.stream()
                .map(header -> Bytes.utf8(header.key()).toHex() + "=" + hex(header.value()))
                .collect(Collectors.joining(";")),
        Long.toString(producerId),
        Short.toString(producerEpoch),
        Integer.toString(sequence),
        Boolean.toString(transactional),
        Boolean.toString(control),
        Integer.toString(leaderEpoch),
        codec.name);
  }

  private static String hex(@Nullable Bytes bytes) {
    return bytes == null ? "null" : bytes.toHex();
  }
}
