package dev.varve.log.record;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.record.RecordArbitraries.BatchSpec;
import dev.varve.log.record.RecordArbitraries.RecordSpec;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.jspecify.annotations.Nullable;

/** Kafka's own classes write what we read, and read what we write. */
class KafkaRecordsProperties {

  private static final byte MAGIC = 2;
  private static final int BUFFER_BYTES = 1 << 20;

  private final RecordCursor cursor = new RecordCursor();

  @Provide
  Arbitrary<BatchSpec> batches() {
    return RecordArbitraries.batches();
  }

  @Property(tries = 500)
  void kafkaReadsWhatVarveWrites(@ForAll("batches") BatchSpec spec) {
    EncodedBatch ours = spec.build();
    MutableRecordBatch theirs = onlyBatch(ByteBuffer.wrap(RecordBatchProperties.bytesOf(ours)));

    theirs.ensureValid();
    assertSame(cursor.open(ours.batch()), theirs);
  }

  @Property(tries = 500)
  void varveReadsWhatKafkaWrites(@ForAll("batches") BatchSpec spec) {
    ByteBuffer written = writtenByKafka(spec);
    RecordBatch ours = new RecordBatch().wrap(MemorySegment.ofBuffer(written.duplicate()), 0);

    assertThat(ours.headerFault(written.remaining(), RecordBatch.BATCH_BYTES_MAX)).isNull();
    assertSame(cursor.open(ours), onlyBatch(written));
  }

  @Property(tries = 500)
  void uncompressedBatchesAreTheSameByteForByte(@ForAll("batches") BatchSpec any) {
    BatchSpec spec = any.with(Compression.NONE);
    assertThat(RecordBatchProperties.bytesOf(spec.build())).isEqualTo(bytes(writtenByKafka(spec)));
  }

  @Property(tries = 200)
  void streamsOfOneWriterAreReadByTheOther(@ForAll("batches") BatchSpec any, @ForAll boolean big) {
    // Records of several codec blocks, noise that is stored and layers that shrink.
    int sizeBytes = big ? 300_000 : 70_000;
    byte[] noise = RecordArbitraries.noise(sizeBytes);
    byte[] layers = new byte[sizeBytes];
    BatchSpec spec =
        any.with(
            Stream.of(noise, layers)
                .map(value -> new RecordSpec(1, 1_700_000_000_000L, null, value, List.of()))
                .toList());
    EncodedBatch ours = spec.build();
    assertSame(
        cursor.open(ours.batch()), onlyBatch(ByteBuffer.wrap(RecordBatchProperties.bytesOf(ours))));
    ByteBuffer written = writtenByKafka(spec);
    RecordBatch theirs = new RecordBatch().wrap(MemorySegment.ofBuffer(written.duplicate()), 0);
    assertSame(cursor.open(theirs), onlyBatch(written));
  }

  static void assertSame(RecordCursor ours, MutableRecordBatch theirs) {
    RecordBatch header = ours.batch();
    assertThat(header.baseOffset()).isEqualTo(theirs.baseOffset());
    assertThat(header.lastOffset()).isEqualTo(theirs.lastOffset());
    assertThat(header.nextOffset()).isEqualTo(theirs.nextOffset());
    assertThat(header.sizeBytes()).isEqualTo(theirs.sizeInBytes());
    assertThat(header.leaderEpoch()).isEqualTo(theirs.partitionLeaderEpoch());
    assertThat(Integer.toUnsignedLong(header.checksum())).isEqualTo(theirs.checksum());
    assertThat(header.codecId()).isEqualTo((int) theirs.compressionType().id);
    assertThat(header.timestampType()).hasToString(theirs.timestampType().toString());
    assertThat(header.maxTimestamp()).isEqualTo(theirs.maxTimestamp());
    assertThat(header.producerId()).isEqualTo(theirs.producerId());
    assertThat(header.producerEpoch()).isEqualTo(theirs.producerEpoch());
    assertThat(header.baseSequence()).isEqualTo(theirs.baseSequence());
    assertThat(header.lastSequence()).isEqualTo(theirs.lastSequence());
    assertThat(header.isTransactional()).isEqualTo(theirs.isTransactional());
    assertThat(header.isControl()).isEqualTo(theirs.isControlBatch());
    assertThat(header.hasDeleteHorizon()).isEqualTo(theirs.deleteHorizonMs().isPresent());
    assertThat(header.deleteHorizonMillis()).isEqualTo(theirs.deleteHorizonMs().orElse(-1));
    assertThat(header.recordCount()).isEqualTo(theirs.countOrNull());
    Iterator<org.apache.kafka.common.record.internal.Record> expected = theirs.iterator();
    while (ours.next()) {
      assertSame(ours.record(), expected.next());
    }
    assertThat(expected.hasNext()).isFalse();
  }

  private static void assertSame(
      Record ours, org.apache.kafka.common.record.internal.Record theirs) {
    assertThat(ours.offset()).isEqualTo(theirs.offset());
    assertThat(ours.timestamp()).isEqualTo(theirs.timestamp());
    assertThat(ours.sequence()).isEqualTo(theirs.sequence());
    assertThat(ours.keyBytes()).isEqualTo(theirs.keySize());
    assertThat(ours.valueBytes()).isEqualTo(theirs.valueSize());
    assertThat(ours.copyKey()).isEqualTo(bytes(theirs.key()));
    assertThat(ours.copyValue()).isEqualTo(bytes(theirs.value()));
    assertThat(ours.headers())
        .isEqualTo(
            Stream.of(theirs.headers())
                .map(header -> new Header(header.key(), header.value()))
                .toList());
  }

  static MutableRecordBatch onlyBatch(ByteBuffer bytes) {
    Iterator<MutableRecordBatch> batches =
        MemoryRecords.readableRecords(bytes).batches().iterator();
    MutableRecordBatch only = batches.next();
    assertThat(batches.hasNext()).isFalse();
    return only;
  }

  private static ByteBuffer writtenByKafka(BatchSpec spec) {
    boolean idempotent = spec.producerId() >= 0;
    try (MemoryRecordsBuilder builder =
        new MemoryRecordsBuilder(
            ByteBuffer.allocate(BUFFER_BYTES),
            MAGIC,
            theirs(spec.compression()),
            spec.logAppendTime() >= 0
                ? org.apache.kafka.common.record.TimestampType.LOG_APPEND_TIME
                : org.apache.kafka.common.record.TimestampType.CREATE_TIME,
            spec.baseOffset(),
            spec.logAppendTime(),
            spec.producerId(),
            idempotent ? spec.producerEpoch() : -1,
            idempotent ? spec.baseSequence() : -1,
            idempotent && spec.transactional(),
            false,
            spec.leaderEpoch(),
            BUFFER_BYTES)) {
      int delta = -1;
      for (RecordSpec record : spec.records()) {
        delta += record.offsetGap();
        builder.appendWithOffset(
            spec.baseOffset() + delta,
            record.timestamp(),
            record.key(),
            record.value(),
            record.headers().stream()
                .map(header -> new RecordHeader(header.key(), header.value()))
                .toArray(RecordHeader[]::new));
      }
      return builder.build().buffer();
    }
  }

  private static org.apache.kafka.common.compress.Compression theirs(Compression compression) {
    int level = compression.level();
    return switch (compression.codec()) {
      case NONE -> org.apache.kafka.common.compress.Compression.NONE;
      case GZIP -> org.apache.kafka.common.compress.Compression.gzip().level(level).build();
      case SNAPPY -> org.apache.kafka.common.compress.Compression.snappy().build();
      case LZ4 -> org.apache.kafka.common.compress.Compression.lz4().level(level).build();
      case ZSTD -> org.apache.kafka.common.compress.Compression.zstd().level(level).build();
    };
  }

  private static byte @Nullable [] bytes(@Nullable ByteBuffer buffer) {
    if (buffer == null) {
      return null;
    }
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }
}
