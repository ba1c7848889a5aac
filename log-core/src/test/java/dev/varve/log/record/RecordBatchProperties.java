package dev.varve.log.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.record.RecordArbitraries.BatchSpec;
import dev.varve.log.record.RecordArbitraries.RecordSpec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class RecordBatchProperties {

  private final RecordCursor cursor = new RecordCursor();

  @Provide
  Arbitrary<BatchSpec> batches() {
    return RecordArbitraries.batches();
  }

  @Property(tries = 1000)
  void decodingIsTheInverseOfEncoding(@ForAll("batches") BatchSpec spec) {
    EncodedBatch encoded = spec.build();
    RecordBatch header = encoded.batch();

    assertThat(header.headerFault(encoded.sizeBytes(), RecordBatch.BATCH_BYTES_MAX)).isNull();
    assertThat(header.codec()).isEqualTo(spec.compression().codec());
    assertThat(header.baseOffset()).isEqualTo(spec.baseOffset());
    assertThat(header.leaderEpoch()).isEqualTo(spec.leaderEpoch());
    assertThat(header.producerId()).isEqualTo(spec.producerId());
    assertThat(header.isTransactional()).isEqualTo(spec.producerId() >= 0 && spec.transactional());
    assertThat(header.recordCount()).isEqualTo(spec.records().size());
    assertRecords(cursor.open(header), spec);
  }

  private static void assertRecords(RecordCursor cursor, BatchSpec spec) {
    int delta = -1;
    for (RecordSpec expected : spec.records()) {
      delta += expected.offsetGap();
      assertThat(cursor.next()).isTrue();
      Record record = cursor.record();
      assertThat(record.offset()).isEqualTo(spec.baseOffset() + delta);
      assertThat(record.timestamp())
          .isEqualTo(spec.logAppendTime() >= 0 ? spec.logAppendTime() : expected.timestamp());
      assertThat(record.sequence())
          .isEqualTo(
              spec.producerId() < 0
                  ? -1
                  : (int) ((spec.baseSequence() + (long) delta) % (1L << 31)));
      assertThat(record.copyKey()).isEqualTo(expected.key());
      assertThat(record.copyValue()).isEqualTo(expected.value());
      assertThat(record.headers()).isEqualTo(expected.headers());
    }
    assertThat(cursor.next()).isFalse();
    assertThat(cursor.next()).isFalse();
  }

  @Property(tries = 300)
  void rewritingAllRecordsGivesTheSameBytesButForTheCodec(@ForAll("batches") BatchSpec spec) {
    byte[] once = bytesOf(spec.with(Compression.NONE).build());
    cursor.open(spec.build().batch());
    RecordBatchBuilder rewriter = RecordBatchBuilder.of(Compression.NONE);
    rewriter.clearToRewrite(cursor.batch());
    while (cursor.next()) {
      rewriter.append(cursor.record());
    }
    // Under log-append time records' own timestamps are gone, and so are their deltas.
    if (spec.logAppendTime() < 0) {
      assertThat(bytesOf(rewriter.build())).isEqualTo(once);
    } else {
      assertRecords(new RecordCursor().open(rewriter.build().batch()), spec);
    }
  }

  @Property(tries = 300)
  void oneBuilderAndOneCursorGiveWhatNewOnesGive(
      @ForAll("batches") BatchSpec first, @ForAll("batches") BatchSpec second) {
    RecordBatchBuilder builder = RecordBatchBuilder.of(second.compression());
    first.build(builder);
    assertThat(bytesOf(second.build(builder))).isEqualTo(bytesOf(second.build()));
    RecordCursor reused = new RecordCursor();
    reused.open(first.build().batch()).next();
    assertRecords(reused.open(second.build().batch()), second);
  }

  @Property(tries = 500)
  void aFlippedByteIsDetectedOrOutsideTheChecksum(
      @ForAll("batches") BatchSpec spec,
      @ForAll int at,
      @ForAll @IntRange(min = 1, max = 255) int flip) {
    byte[] bytes = bytesOf(spec.build());
    int position = Math.floorMod(at, bytes.length);
    bytes[position] ^= (byte) flip;
    RecordBatch damaged = new RecordBatch().wrap(MemorySegment.ofArray(bytes), 0);

    boolean offset = position < 8 && damaged.baseOffset() >= 0;
    boolean leaderEpoch = position >= 12 && position < 16;
    if (offset || leaderEpoch) {
      assertThat(damaged.checksum()).isEqualTo(spec.build().batch().checksum());
    } else {
      assertThatThrownBy(() -> cursor.open(damaged)).isInstanceOf(InvalidBatchException.class);
      assertThatThrownBy(() -> EncodedBatch.copyOf(damaged.memory()))
          .isInstanceOf(InvalidBatchException.class);
    }
  }

  @Property(tries = 500)
  void damageThatTheChecksumDoesNotSeeNeverEndsInAnythingElseThanAnInvalidBatch(
      @ForAll("batches") BatchSpec spec,
      @ForAll int at,
      @ForAll @IntRange(min = 1, max = 255) int flip) {
    byte[] bytes = bytesOf(spec.build());
    bytes[Math.floorMod(at, bytes.length)] ^= (byte) flip;
    RecordBatch damaged = new RecordBatch().wrap(MemorySegment.ofArray(bytes), 0);
    try {
      RecordCursor reader = new RecordCursor(8 << 20).openUnchecked(damaged);
      while (reader.next()) {
        assertThat(reader.record().headers()).hasSize(reader.record().headerCount());
        reader.record().copyKey();
        reader.record().copyValue();
      }
    } catch (InvalidBatchException e) {
      assertThat(e.fault().position()).isZero();
    }
  }

  @Property(tries = 300)
  void aCutBatchIsIncomplete(@ForAll("batches") BatchSpec spec, @ForAll int at) {
    byte[] bytes = bytesOf(spec.build());
    int left = Math.floorMod(at, bytes.length);
    MemorySegment cut = MemorySegment.ofArray(bytes).asSlice(0, left);
    BatchFault fault =
        new RecordBatch().wrap(cut, 0).headerFault(left, RecordBatch.BATCH_BYTES_MAX);
    assertThat(fault).extracting(BatchFault::kind).isEqualTo(BatchFault.Kind.INCOMPLETE);
  }

  static byte[] bytesOf(EncodedBatch batch) {
    return batch.memory().asSlice(0, batch.sizeBytes()).toArray(ValueLayout.JAVA_BYTE);
  }
}
