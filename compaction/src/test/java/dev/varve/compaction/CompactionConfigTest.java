package dev.varve.compaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompactionConfigTest {

  @Test
  void defaultsAreThoseOfKafka() {
    CompactionConfig ours = CompactionConfig.defaults();
    LogConfig theirs = new LogConfig(Map.of());
    assertThat(ours)
        .isEqualTo(
            new CompactionConfig(
                theirs.compact,
                theirs.minCleanableRatio,
                theirs.compactionLagMs,
                theirs.maxCompactionLagMs,
                theirs.deleteRetentionMs,
                theirs.segmentSize(),
                theirs.maxIndexSize));
    assertThat(ours.hasMaxCompactionLag()).isFalse();
  }

  @Test
  void eachNameIsRead() {
    Map<String, String> config =
        Map.of(
            "cleanup.policy", "compact",
            "min.cleanable.dirty.ratio", " 0.25 ",
            "min.compaction.lag.ms", "11",
            "max.compaction.lag.ms", "12",
            "delete.retention.ms", "13",
            "segment.bytes", "2000000",
            "segment.index.bytes", "15",
            "retention.ms", "not looked at");
    assertThat(CompactionConfig.fromTopicConfig(config))
        .isEqualTo(new CompactionConfig(true, 0.25, 11, 12, 13, 2_000_000, 15));
    assertThat(CompactionConfig.fromTopicConfig(config).hasMaxCompactionLag()).isTrue();
  }

  @Test
  void theInternalSizeGoesBeforeTheOther() {
    Map<String, String> config =
        Map.of("segment.bytes", "2000000", "internal.segment.bytes", "100");
    assertThat(CompactionConfig.fromTopicConfig(config).segmentBytesMax()).isEqualTo(100);
  }

  @ParameterizedTest
  @CsvSource({
    "delete          , false",
    "compact         , true",
    "'compact,delete', true",
    "'delete, compact', true",
    "''              , false",
  })
  void onlyCompactCompacts(String policies, boolean compacts) {
    Map<String, String> config = Map.of("cleanup.policy", policies.strip());
    assertThat(CompactionConfig.fromTopicConfig(config).isCompacted()).isEqualTo(compacts);
  }

  @ParameterizedTest
  @CsvSource({
    "cleanup.policy           , keep      , 'cleanup.policy is keep, expected delete, compact'",
    "cleanup.policy           , 'compact,', 'cleanup.policy is compact,'",
    "min.cleanable.dirty.ratio, 1.1       , 'is 1.1, expected a number from 0 to 1'",
    "min.cleanable.dirty.ratio, -0.1      , 'is -0.1, expected a number from 0 to 1'",
    "min.cleanable.dirty.ratio, half      , 'is half, expected a number from 0 to 1'",
    "min.compaction.lag.ms    , -1        , 'is -1, expected a number from 0'",
    "max.compaction.lag.ms    , 0         , 'is 0, expected a number from 1'",
    "delete.retention.ms      , -1        , 'is -1, expected a number from 0'",
    "delete.retention.ms      , 1d        , 'is 1d, expected a number from 0'",
    "segment.bytes            , 1000      , 'is 1000, expected a number from 1048576'",
    "segment.index.bytes      , 3         , 'is 3, expected a number from 4'",
  })
  void whatKafkaRefusesIsRefused(String name, String value, String message) {
    Map<String, String> config = Map.of(name, value);
    assertThatThrownBy(() -> CompactionConfig.fromTopicConfig(config))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(name)
        .hasMessageContaining(message);
    assertThatThrownBy(() -> LogConfig.validate(config)).isNotNull();
  }

  /** Which Kafka does not refuse, and then never compacts. */
  @Test
  void aRatioThatIsNoNumberIsRefused() {
    Map<String, String> config = Map.of("min.cleanable.dirty.ratio", "NaN");
    assertThatThrownBy(() -> CompactionConfig.fromTopicConfig(config))
        .hasMessageContaining("expected a number from 0 to 1");
  }

  @Test
  void lagsThatCrossAreRefused() {
    Map<String, String> config = Map.of("min.compaction.lag.ms", "2", "max.compaction.lag.ms", "1");
    assertThatThrownBy(() -> CompactionConfig.fromTopicConfig(config))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "min.compaction.lag.ms is 2, expected at most max.compaction.lag.ms, which is 1");
    assertThatThrownBy(() -> LogConfig.validate(config))
        .isInstanceOf(InvalidConfigurationException.class);
  }

  @Test
  void optionsHaveTheDefaultsOfKafkasCleaner() {
    CompactorOptions options = CompactorOptions.defaults();
    assertThat(options.keyMapBytes()).isEqualTo(128 << 20);
    assertThat(options.isThrottled()).isFalse();
    assertThat(options.backoffMillis()).isEqualTo(15_000);
  }

  @Test
  void optionsAreWhatWasSet() {
    CompactorOptions options =
        CompactorOptions.builder()
            .keyMapBytes(1)
            .ioBytesPerSecondMax(2)
            .backoff(Duration.ofMillis(3))
            .build();
    assertThat(options)
        .hasToString(
            "CompactorOptions[key map 1 bytes, I/O at most 2 bytes a second, backoff 3 ms]");
    assertThat(CompactorOptions.builder().backoff(Duration.ofSeconds(Long.MAX_VALUE)).build())
        .extracting(CompactorOptions::backoffMillis)
        .isEqualTo(Long.MAX_VALUE / 3);
  }

  @Test
  void optionsThatMakeNoSenseAreRefused() {
    CompactorOptions.Builder builder = CompactorOptions.builder();
    for (Runnable setting :
        List.<Runnable>of(
            () -> builder.keyMapBytes(0),
            () -> builder.ioBytesPerSecondMax(0),
            () -> builder.backoff(Duration.ofMillis(-1)))) {
      assertThatThrownBy(setting::run)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("or more");
    }
  }
}
