package dev.varve.interop;

import dev.varve.interop.NewRecord.RecordHeader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Tuple;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.jspecify.annotations.Nullable;

/** What logs are filled with: records and batches of every lawful shape, odd ones often. */
final class BatchArbitraries {
  private static final int RECORDS_MAX = 60;
  private static final int LONG_VALUE_BYTES_MAX = 20_000;
  private static final int HEADERS_MAX = 4;
  private static final long NONE = RecordBatch.NO_TIMESTAMP;

  private BatchArbitraries() {}

  /** One to {@value #RECORDS_MAX} records without a producer, in any codec. */
  static Arbitrary<NewBatch> batches() {
    return recordLists()
        .flatMap(records ->
            Arbitraries.of(CompressionType.values())
                .map(codec -> new NewBatch(records, codec, NewBatch.Producer.NONE)));
  }

  /** Enough batches to fill several small segments now and then. */
  static Arbitrary<List<NewBatch>> batchLists() {
    return batches().list().ofMinSize(1).ofMaxSize(12);
  }

  static Arbitrary<List<NewRecord>> recordLists() {
    return Arbitraries.integers()
        .between(1, RECORDS_MAX)
        .withDistribution(RandomDistribution.biased())
        .flatMap(count ->
            Combinators.combine(timestamps(count), contents().list().ofSize(count))
                .as(BatchArbitraries::stamped));
  }

  /** Empty, short, and as long as to be cut by buffers of a few KiB. */
  static Arbitrary<Bytes> byteStrings() {
    return Arbitraries.frequencyOf(
        Tuple.of(2, Arbitraries.just(Bytes.of())),
        Tuple.of(8, bytes(40)),
        Tuple.of(4, repeated(400)),
        Tuple.of(1, bytes(LONG_VALUE_BYTES_MAX)),
        Tuple.of(1, repeated(LONG_VALUE_BYTES_MAX)));
  }

  /** Keys may be empty, may repeat within a record, and need not be ASCII. */
  static Arbitrary<List<RecordHeader>> headers() {
    Arbitrary<String> keys =
        Arbitraries.oneOf(
            Arbitraries.of("", "trace-id", "κλειδί", "\uD83D\uDD11"),
            Arbitraries.strings().alpha().ofMaxLength(12));
    Arbitrary<RecordHeader> header =
        Combinators.combine(keys, bytes(30).injectNull(0.2)).as(RecordHeader::new);
    return Arbitraries.frequencyOf(
        Tuple.of(2, Arbitraries.just(List.of())),
        Tuple.of(1, header.list().ofMaxSize(HEADERS_MAX)));
  }

  /** Timestamps in order, in none, all equal, absent throughout or here and there, and zero. */
  static Arbitrary<List<Long>> timestamps(int count) {
    Arbitrary<Long> moments = Arbitraries.longs().between(0, 4_102_444_800_000L);
    Arbitrary<Long> near = Arbitraries.longs().between(1_699_999_000_000L, 1_700_001_000_000L);
    return Arbitraries.oneOf(
        near.list().ofSize(count).map(BatchArbitraries::sorted),
        near.list().ofSize(count),
        moments.list().ofSize(count),
        moments.map(moment -> Collections.nCopies(count, moment)),
        Arbitraries.of(NONE, 0L).map(moment -> Collections.nCopies(count, moment)),
        Arbitraries.oneOf(Arbitraries.just(NONE), near).list().ofSize(count));
  }

  private static List<Long> sorted(List<Long> timestamps) {
    List<Long> sorted = new ArrayList<>(timestamps);
    Collections.sort(sorted);
    return sorted;
  }

  private static Arbitrary<Content> contents() {
    return Combinators.combine(
            byteStrings().injectNull(0.2), byteStrings().injectNull(0.1), headers())
        .as(Content::new);
  }

  private static List<NewRecord> stamped(List<Long> timestamps, List<Content> contents) {
    List<NewRecord> records = new ArrayList<>();
    for (int i = 0; i < contents.size(); i++) {
      Content content = contents.get(i);
      records.add(new NewRecord(timestamps.get(i), content.key, content.value, content.headers));
    }
    return records;
  }

  private static Arbitrary<Bytes> bytes(int sizeMax) {
    return Arbitraries.bytes().array(byte[].class).ofMaxSize(sizeMax).map(Bytes::of);
  }

  /** One byte over and over, which a codec makes short. */
  private static Arbitrary<Bytes> repeated(int sizeMax) {
    return Combinators.combine(Arbitraries.bytes(), Arbitraries.integers().between(1, sizeMax))
        .as((value, size) -> {
          byte[] bytes = new byte[size];
          Arrays.fill(bytes, value);
          return Bytes.of(bytes);
        });
  }

  /** A record but for its timestamp, which hangs on its neighbours. */
  private record Content(@Nullable Bytes key, @Nullable Bytes value, List<RecordHeader> headers) {}
}
