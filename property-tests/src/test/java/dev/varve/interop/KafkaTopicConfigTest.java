package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.LogOptions;
import dev.varve.log.record.Compression;
import dev.varve.log.record.TimestampType;
import dev.varve.retention.RetentionConfig;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Varve takes a topic's configuration as Kafka names it. */
class KafkaTopicConfigTest {

  @Test
  void everyNameThatKafkaHasIsKnown() {
    Set<String> names = Set.copyOf(LogConfig.configNames());
    assertThat(names).contains("segment.bytes", "retention.ms");
    for (String name : names) {
      assertThatCode(() -> LogOptions.concernsLog(name)).as(name).doesNotThrowAnyException();
    }
  }

  @Test
  void theDefaultsAreKafkas() {
    LogConfig kafka = new LogConfig(Map.of());
    LogOptions varve = LogOptions.fromTopicConfig(Map.of());
    assertThat(varve.segmentBytesMax()).isEqualTo(kafka.segmentSize());
    assertThat(varve.batchBytesMax()).isEqualTo(kafka.maxMessageSize());
    assertThat(varve.producerExpirationMillis()).as("a broker's own").isEqualTo(86_400_000);
    assertThat(varve.timestampType().toString()).isEqualTo(kafka.messageTimestampType.name);
    assertThat(varve.timestampBeforeMaxMillis()).isEqualTo(kafka.messageTimestampBeforeMaxMs);
    RetentionConfig retention = RetentionConfig.fromTopicConfig(Map.of());
    assertThat(retention.deletes()).isEqualTo(kafka.delete);
    assertThat(retention.retentionMillis()).isEqualTo(kafka.retentionMs);
    assertThat(retention.retentionBytes()).isEqualTo(kafka.retentionSize);
  }

  /** As the documentation says: one costs a look at the clock, the other room on a full disk. */
  @Test
  void twoDefaultsAreOthersOnPurpose() {
    LogConfig kafka = new LogConfig(Map.of());
    LogOptions varve = LogOptions.fromTopicConfig(Map.of());
    assertThat(kafka.messageTimestampAfterMaxMs).isEqualTo(3_600_000);
    assertThat(varve.timestampAfterMaxMillis()).isEqualTo(Long.MAX_VALUE);
    assertThat(kafka.fileDeleteDelayMs).isEqualTo(60_000);
    assertThat(varve.fileDeleteDelayMillis()).isZero();
  }

  @Test
  void aCompactedLogRollsInTimeAndTakesNoRecordsWithoutKeys() {
    Map<String, String> config =
        Map.of("cleanup.policy", "delete, compact", "max.compaction.lag.ms", "5000");
    LogOptions varve = LogOptions.fromTopicConfig(config);
    assertThat(varve.compacted()).isTrue();
    assertThat(new LogConfig(config).maxSegmentMs()).as("see LogRollTest").isEqualTo(5000);
    assertThat(LogOptions.fromTopicConfig(Map.of()).compacted()).isFalse();
  }

  @Test
  void valuesArriveWhereTheyAreMeant() {
    LogOptions options =
        LogOptions.fromTopicConfig(
            Map.of(
                "message.timestamp.before.max.ms", "17",
                "message.timestamp.after.max.ms", "18",
                "file.delete.delay.ms", "19",
                "segment.bytes", "1048576",
                "max.message.bytes", "1000",
                "compression.type", "zstd",
                "compression.zstd.level", "9",
                "message.timestamp.type", "LogAppendTime",
                "producer.id.expiration.ms", "1234"));
    assertThat(options.timestampBeforeMaxMillis()).isEqualTo(17);
    assertThat(options.timestampAfterMaxMillis()).isEqualTo(18);
    assertThat(options.fileDeleteDelayMillis()).isEqualTo(19);
    assertThat(options.segmentBytesMax()).isEqualTo(1_048_576);
    assertThat(options.batchBytesMax()).isEqualTo(1000);
    assertThat(options.compression()).isEqualTo(Compression.zstd(9));
    assertThat(options.producerExpirationMillis()).isEqualTo(1234);
    assertThat(options.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
  }

  @ParameterizedTest
  @CsvSource({
    "segment.byte,           1,        found topic configuration segment.byte",
    "segment.bytes,          1048575,  segment.bytes is 1048575",
    "segment.bytes,          1m,       segment.bytes is 1m",
    "segment.ms,             0,        segment.ms is 0",
    "max.message.bytes,      -1,       max.message.bytes is -1",
    "compression.type,       brotli,   compression.type is brotli",
    "producer.id.expiration.ms, 0,     producer.id.expiration.ms is 0",
    "file.delete.delay.ms,   -1,       file.delete.delay.ms is -1",
    "message.timestamp.after.max.ms,  -1, message.timestamp.after.max.ms is -1",
    "message.timestamp.before.max.ms, -1, message.timestamp.before.max.ms is -1",
    "message.timestamp.type, Wall,     message.timestamp.type is Wall",
  })
  void whatKafkaRefusesIsRefused(String name, String value, String message) {
    assertThatThrownBy(() -> LogOptions.fromTopicConfig(Map.of(name, value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("expected");
  }
}
