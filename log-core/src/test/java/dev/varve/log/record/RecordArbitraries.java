package dev.varve.log.record;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/** Generators of records and batches: the sizes, absences and times that matter to the format. */
public final class RecordArbitraries {

  private RecordArbitraries() {}

  /** A record as a value, with how far its offset is above that of the record before. */
  @SuppressWarnings("ArrayRecordComponent") // compared field by field, never as a whole
  public record RecordSpec(
      int offsetGap,
      long timestamp,
      byte @Nullable [] key,
      byte @Nullable [] value,
      List<Header> headers) {

    @Override
    public String toString() {
      return "+"
          + offsetGap
          + " @"
          + timestamp
          + " key "
          + size(key)
          + " value "
          + size(value)
          + " "
          + headers;
    }

    private static String size(byte @Nullable [] field) {
      return field == null ? "none" : field.length + " bytes";
    }
  }

  /** A batch as a value. */
  public record BatchSpec(
      Compression compression,
      long baseOffset,
      int leaderEpoch,
      long producerId,
      short producerEpoch,
      int baseSequence,
      boolean transactional,
      long logAppendTime,
      List<RecordSpec> records) {

    /** Returns the same batch with another codec. */
    public BatchSpec with(Compression other) {
      return new BatchSpec(
          other,
          baseOffset,
          leaderEpoch,
          producerId,
          producerEpoch,
          baseSequence,
          transactional,
          logAppendTime,
          records);
    }

    /** Returns the same batch with other records. */
    public BatchSpec with(List<RecordSpec> others) {
      return new BatchSpec(
          compression,
          baseOffset,
          leaderEpoch,
          producerId,
          producerEpoch,
          baseSequence,
          transactional,
          logAppendTime,
          others);
    }

    /** Builds the batch with {@code builder}, which has this compression. */
    public EncodedBatch build(RecordBatchBuilder builder) {
      builder.clear().baseOffset(baseOffset).leaderEpoch(leaderEpoch);
      if (producerId >= 0) {
        builder.producer(producerId, producerEpoch, baseSequence);
        if (transactional) {
          builder.transactional();
        }
      }
      if (logAppendTime >= 0) {
        builder.logAppendTime(logAppendTime);
      }
      int delta = -1;
      for (RecordSpec record : records) {
        delta += record.offsetGap();
        builder.appendAt(delta, record.timestamp(), record.key(), record.value(), record.headers());
      }
      return builder.build();
    }

    /** Builds the batch with a builder of its own. */
    public EncodedBatch build() {
      return build(RecordBatchBuilder.of(compression));
    }
  }

  /** Small, repetitive, noisy, empty and large byte strings. */
  public static Arbitrary<byte[]> bytes() {
    return Arbitraries.frequencyOf(
        Tuple.of(1, Arbitraries.just(new byte[0])),
        Tuple.of(8, Arbitraries.bytes().array(byte[].class).ofMinSize(1).ofMaxSize(80)),
        Tuple.of(4, Arbitraries.integers().between(60, 400).map(RecordArbitraries::layers)),
        Tuple.of(1, Arbitraries.integers().between(8_000, 40_000).map(RecordArbitraries::noise)));
  }

  private static byte[] layers(int count) {
    return "layer of sediment ".repeat(count).getBytes(US_ASCII);
  }

  /** Bytes that no codec makes smaller, the same ones for the same size. */
  public static byte[] noise(int sizeBytes) {
    byte[] noise = new byte[sizeBytes];
    new Random(sizeBytes).nextBytes(noise);
    return noise;
  }

  /** Timestamps near each other, at both ends of the lawful range, and none. */
  public static Arbitrary<Long> timestamps() {
    return Arbitraries.frequencyOf(
        Tuple.of(6, Arbitraries.longs().between(1_700_000_000_000L, 1_700_000_100_000L)),
        Tuple.of(1, Arbitraries.of(-1L, 0L, 1L)),
        Tuple.of(1, Arbitraries.longs().between(0, Long.MAX_VALUE)));
  }

  /** Headers with empty, repeated and non-ASCII keys, and absent values. */
  public static Arbitrary<Header> headers() {
    return Combinators.combine(
            Arbitraries.of("", "trace", "trace", "Schlüssel", "鍵🔑"),
            Arbitraries.bytes().array(byte[].class).ofMaxSize(20).injectNull(0.2))
        .as(Header::new);
  }

  /** Records; every fifth one, about, leaves a gap in the offsets before it. */
  public static Arbitrary<RecordSpec> records() {
    return Combinators.combine(
            Arbitraries.frequencyOf(
                Tuple.of(4, Arbitraries.just(1)),
                Tuple.of(1, Arbitraries.integers().between(2, 300))),
            timestamps(),
            bytes().injectNull(0.2),
            bytes().injectNull(0.2),
            headers().list().ofMaxSize(3))
        .as(RecordSpec::new);
  }

  /** All codecs, at levels of all kinds. */
  public static Arbitrary<Compression> compressions() {
    return Arbitraries.of(
        Compression.NONE,
        Compression.GZIP,
        Compression.gzip(1),
        Compression.SNAPPY,
        Compression.LZ4,
        Compression.lz4(3),
        Compression.ZSTD,
        Compression.zstd(-5),
        Compression.zstd(9));
  }

  /** Batches of 1 to 12 records. */
  public static Arbitrary<BatchSpec> batches() {
    return Combinators.combine(
            compressions(),
            Arbitraries.longs().between(0, Long.MAX_VALUE / 2),
            Arbitraries.integers().between(-1, 1000),
            Arbitraries.longs().between(-1, 100_000).injectDuplicates(0.5),
            Arbitraries.shorts().between((short) 0, Short.MAX_VALUE),
            Arbitraries.integers().between(0, Integer.MAX_VALUE),
            Arbitraries.of(true, false),
            records().list().ofMinSize(1).ofMaxSize(12))
        .as((compression, offset, leaderEpoch, id, epoch, sequence, transactional, records) ->
            new BatchSpec(
                compression,
                offset,
                leaderEpoch,
                id,
                epoch,
                sequence,
                transactional,
                sequence % 3 == 0 ? 1_700_000_000_000L + sequence : -1,
                records));
  }
}
