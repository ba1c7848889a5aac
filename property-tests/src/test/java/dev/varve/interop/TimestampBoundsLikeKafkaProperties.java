package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.error.InvalidTimestampException;
import java.io.IOException;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.storage.internals.log.RecordValidationException;

/** That the bounds for the timestamps of records are Kafka's. */
class TimestampBoundsLikeKafkaProperties {
  private static final long NOW_MILLIS = 1_700_000_000_000L;

  @Provide
  Arbitrary<Long> bounds() {
    return Arbitraries.of(0L, 10L, 1_000L, Long.MAX_VALUE);
  }

  @Provide
  Arbitrary<NewBatch> batches() {
    Arbitrary<Long> timestamps =
        Arbitraries.frequencyOf(
            Tuple.of(
                6, Arbitraries.longs().between(-12, 12).map(distance -> NOW_MILLIS + distance)),
            Tuple.of(1, Arbitraries.of(-1L, 0L, Long.MAX_VALUE / 2)));
    return Combinators.combine(
            timestamps.list().ofMinSize(1).ofMaxSize(3),
            Arbitraries.of(CompressionType.NONE, CompressionType.LZ4))
        .as((times, codec) ->
            NewBatch.of(
                codec,
                times.stream()
                    .map(timestamp -> NewRecord.of(timestamp, "key", "value"))
                    .toArray(NewRecord[]::new)));
  }

  @Property(tries = 20, edgeCases = EdgeCasesMode.NONE)
  void bothTakeTheSameBatches(
      @ForAll("bounds") long before,
      @ForAll("bounds") long after,
      @ForAll("batches") NewBatch batch)
      throws IOException {
    KafkaClock clock = new KafkaClock(NOW_MILLIS);
    LogOptions options =
        LogOptions.builder()
            .clock(clock::milliseconds)
            .ownMaintenanceThreads(false)
            .timestampBeforeMaxMillis(before)
            .timestampAfterMaxMillis(after)
            .build();
    try (LogDirectory ofKafka = LogDirectory.create();
        LogDirectory ofVarve = LogDirectory.create();
        KafkaLog kafka =
            KafkaLog.at(ofKafka.path())
                .clock(clock)
                .config(TopicConfig.MESSAGE_TIMESTAMP_BEFORE_MAX_MS_CONFIG, Long.toString(before))
                .config(TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG, Long.toString(after))
                .open();
        CommitLog varve = CommitLog.open(ofVarve.path(), options)) {
      boolean taken = isTakenBy(kafka, batch);
      assertThat(isTakenBy(varve, batch)).isEqualTo(taken);
      List<Long> ends = List.of(kafka.endOffset(), varve.offsets().endOffset());
      assertThat(ends).containsOnly(taken ? (long) batch.records().size() : 0L);
    }
  }

  private static boolean isTakenBy(KafkaLog kafka, NewBatch batch) throws IOException {
    try {
      kafka.append(batch);
      return true;
    } catch (RecordValidationException e) {
      assertThat(e.invalidException())
          .isInstanceOf(org.apache.kafka.common.errors.InvalidTimestampException.class);
      return false;
    }
  }

  private static boolean isTakenBy(CommitLog varve, NewBatch batch) {
    try {
      var _ = varve.append(VarveEncoding.KAFKA.encode(batch));
      return true;
    } catch (InvalidTimestampException e) {
      return false;
    }
  }
}
