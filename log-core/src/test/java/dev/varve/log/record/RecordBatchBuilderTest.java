package dev.varve.log.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.storage.DirectoryStorage;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import dev.varve.log.storage.StorageFile.Access;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecordBatchBuilderTest {

  private static final byte[] KEY = {1};
  private static final byte[] VALUE = {2, 3};

  private final RecordBatchBuilder builder = RecordBatchBuilder.of(Compression.NONE);

  @ParameterizedTest
  @EnumSource
  void aBatchWithoutRecordsHas61BytesAndNoCodec(Codec codec) {
    EncodedBatch empty = RecordBatchBuilder.of(Compression.of(codec)).build();
    assertThat(empty.sizeBytes()).isEqualTo(61);
    assertThat(empty.recordCount()).isZero();
    assertThat(empty.maxTimestamp()).isEqualTo(-1);
    assertThat(empty.batch().codec()).isEqualTo(Codec.NONE);
    assertThat(new RecordCursor().open(empty.batch()).next()).isFalse();
  }

  @Test
  void aBatchThatLosesAllItsRecordsHasTheBytesThatKafkaGivesIt() {
    EncodedBatch full =
        RecordBatchBuilder.of(Compression.LZ4)
            .baseOffset(100)
            .leaderEpoch(4)
            .producer(42, (short) 3, 17)
            .transactional()
            .append(1000, KEY, VALUE)
            .append(2000, KEY, null)
            .build();
    ByteBuffer theirs = ByteBuffer.allocate(61);
    DefaultRecordBatch.writeEmptyHeader(
        theirs,
        (byte) 2,
        42,
        (short) 3,
        17,
        100,
        101,
        4,
        org.apache.kafka.common.record.TimestampType.CREATE_TIME,
        2000,
        true,
        false);

    EncodedBatch empty = builder.clearToRewrite(full.batch()).build();
    assertThat(RecordBatchProperties.bytesOf(empty)).isEqualTo(theirs.array());
  }

  @Test
  void aDeleteHorizonIsWhatTimestampsAreCountedFrom() {
    EncodedBatch ours =
        builder.deleteHorizon(5000).append(1000, KEY, null).append(9000, KEY, VALUE).build();
    ByteBufferOutputStream out = new ByteBufferOutputStream(1000);
    MemoryRecordsBuilder theirs =
        new MemoryRecordsBuilder(
            out,
            (byte) 2,
            org.apache.kafka.common.compress.Compression.NONE,
            org.apache.kafka.common.record.TimestampType.CREATE_TIME,
            0,
            -1,
            -1,
            (short) -1,
            -1,
            false,
            false,
            -1,
            1000,
            5000);
    theirs.append(1000, KEY, (byte[]) null);
    theirs.append(9000, KEY, VALUE);

    assertThat(ByteBuffer.wrap(RecordBatchProperties.bytesOf(ours)))
        .isEqualTo(theirs.build().buffer());
    assertThat(ours.batch().deleteHorizonMillis()).isEqualTo(5000);
    theirs.close();
  }

  @Test
  void stampingOffsetAndEpochLeavesTheChecksum() {
    EncodedBatch batch = builder.append(1000, KEY, VALUE).build();
    int checksum = batch.batch().checksum();
    batch.stamp(1234, 5);
    assertThat(batch.batch().checksum()).isEqualTo(checksum);
    assertThat(batch.batch().lastOffset()).isEqualTo(1234);
    assertThat(batch.batch().leaderEpoch()).isEqualTo(5);
    assertThat(new RecordCursor().open(batch.batch()).next()).isTrue();
  }

  @Test
  void stampingTheAppendTimeIsWhatKafkaDoes() {
    EncodedBatch batch = builder.append(1000, KEY, VALUE).build();
    ByteBuffer bytes = ByteBuffer.wrap(RecordBatchProperties.bytesOf(batch));
    MutableRecordBatch theirs = KafkaRecordsProperties.onlyBatch(bytes);
    theirs.setMaxTimestamp(org.apache.kafka.common.record.TimestampType.LOG_APPEND_TIME, 7777);

    batch.stampLogAppendTime(7777);
    assertThat(ByteBuffer.wrap(RecordBatchProperties.bytesOf(batch))).isEqualTo(bytes);
    KafkaRecordsProperties.assertSame(new RecordCursor().open(batch.batch()), theirs);
  }

  @Test
  void batchesFromElsewhereAreCopiedOrWrappedOnceTheyAreChecked() {
    byte[] bytes = RecordBatchProperties.bytesOf(builder.append(1000, KEY, VALUE).build());
    assertThat(RecordBatchProperties.bytesOf(EncodedBatch.copyOf(MemorySegment.ofArray(bytes))))
        .isEqualTo(bytes);
    EncodedBatch.wrap(bytes).stamp(77, 0);
    assertThat(new RecordBatch().wrap(MemorySegment.ofArray(bytes), 0).baseOffset()).isEqualTo(77);

    byte[] longer = java.util.Arrays.copyOf(bytes, bytes.length + 1);
    assertThatThrownBy(() -> EncodedBatch.copyOf(MemorySegment.ofArray(longer)))
        .isInstanceOf(InvalidBatchException.class)
        .hasMessageContaining("expected one batch of " + longer.length + " bytes");
    bytes[bytes.length - 1] ^= 1;
    assertThatThrownBy(() -> EncodedBatch.wrap(bytes)).isInstanceOf(InvalidBatchException.class);
  }

  @Test
  void bytesFromMemoryAreThoseFromArrays() {
    byte[] fromArrays =
        RecordBatchProperties.bytesOf(
            builder.append(5, KEY, VALUE, List.of(new Header("h", KEY))).build());
    byte[] fromMemory =
        RecordBatchProperties.bytesOf(
            builder
                .clear()
                .append(
                    5,
                    MemorySegment.ofArray(KEY),
                    MemorySegment.ofArray(VALUE),
                    List.of(new Header("h", KEY)))
                .build());
    assertThat(fromMemory).isEqualTo(fromArrays);
  }

  @Test
  void aBuiltBatchIsNotChangedButClearedFirst() {
    EncodedBatch batch = builder.append(1, KEY, VALUE).build();
    assertThat(builder.build()).isSameAs(batch);
    assertThatThrownBy(() -> builder.append(1, KEY, VALUE))
        .isInstanceOf(IllegalStateException.class);
    assertThat(builder.clear().append(1, null, VALUE).build().recordCount()).isEqualTo(1);
  }

  @Test
  void whatNoBatchMayHoldIsRefusedAndLeavesNothingBehind() {
    builder.appendAt(3, 10, KEY, VALUE, List.of());
    int sizeBytes = builder.sizeBytes();
    assertThatThrownBy(() -> builder.append(-2, KEY, VALUE))
        .hasMessage("timestamp -2, expected -1 or more");
    assertThatThrownBy(() -> builder.appendAt(3, 10, KEY, VALUE, List.of()))
        .hasMessage("offset delta 3, expected more than 3");
    assertThatThrownBy(() -> builder.deleteHorizon(5)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> builder.producer(-1, (short) 0, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> builder.lastOffsetDelta(-1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(builder.sizeBytes()).isEqualTo(sizeBytes);
    assertThat(builder.build().recordCount()).isEqualTo(1);
  }

  @Test
  void aTransactionNeedsAProducer() {
    builder.transactional().append(1, KEY, VALUE);
    assertThatThrownBy(builder::build).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aRecordPastTheFormatsLimitIsRefusedBeforeABytesIsCopied(@TempDir Path folder)
      throws IOException {
    // A sparse file: three gibibytes of nothing.
    try (Arena arena = Arena.ofConfined();
        Storage storage = DirectoryStorage.open(folder);
        StorageFile sparse = storage.create("sparse")) {
      MemorySegment huge = sparse.map(Access.READ_WRITE, 3L << 30, arena);
      assertThatThrownBy(() -> builder.append(1, null, huge))
          .isInstanceOf(RecordTooLargeException.class);
      MemorySegment large = huge.asSlice(0, 1_100_000_000);
      assertThatThrownBy(() -> builder.append(1, large, large))
          .isInstanceOf(RecordTooLargeException.class);
    }
    assertThat(builder.recordCount()).isZero();
  }

  @Test
  void roomIsCountedWithEverythingARecordCanNeed() {
    assertThat(builder.hasRoomFor(1, 2, 61 + 10)).isFalse();
    assertThat(builder.hasRoomFor(1, 2, 61 + 27)).isTrue();
    int before = builder.sizeBytes();
    builder.appendAt(Integer.MAX_VALUE, Long.MAX_VALUE, KEY, VALUE, List.of());
    assertThat(builder.sizeBytes() - before).isLessThanOrEqualTo(27);
  }
}
