package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.LogOptions;
import dev.varve.log.record.Compression;
import dev.varve.log.record.TimestampType;
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
  }

  @Test
  void valuesArriveWhereTheyAreMeant() {
    LogOptions options =
        LogOptions.fromTopicConfig(
            Map.of(
                "segment.bytes", "1048576",
                "max.message.bytes", "1000",
                "compression.type", "zstd",
                "compression.zstd.level", "9",
                "message.timestamp.type", "LogAppendTime",
                "producer.id.expiration.ms", "1234",
                "retention.ms", "1"));
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
    "message.timestamp.type, Wall,     message.timestamp.type is Wall",
  })
  void whatKafkaRefusesIsRefused(String name, String value, String message) {
    assertThatThrownBy(() -> LogOptions.fromTopicConfig(Map.of(name, value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("expected");
  }
}
