package dev.varve.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetentionConfigTest {
  private static final long WEEK = Duration.ofDays(7).toMillis();

  @Test
  void theDefaultIsAWeekOfAnySize() {
    RetentionConfig config = RetentionConfig.fromTopicConfig(Map.of("segment.bytes", "1048576"));
    assertThat(config).isEqualTo(new RetentionConfig(true, WEEK, -1));
    assertThat(config).isEqualTo(RetentionConfig.defaults());
    assertThat(config.policy())
        .isEqualTo(
            RetentionPolicy.of(RetentionRule.startOffset(), RetentionRule.age(Duration.ofDays(7))));
  }

  @Test
  void bothLimitsAreRules() {
    Map<String, String> config = Map.of("retention.ms", " 0 ", "retention.bytes", "17");
    assertThat(RetentionConfig.fromTopicConfig(config).policy())
        .isEqualTo(
            RetentionPolicy.of(
                RetentionRule.startOffset(),
                RetentionRule.bytes(17),
                RetentionRule.age(Duration.ZERO)));
  }

  @ParameterizedTest
  @CsvSource({
    "delete          , true",
    "compact         , false",
    "'compact,delete', true",
    "'delete, compact', true",
    "''              , false",
  })
  void onlyDeleteDeletes(String policies, boolean deletes) {
    RetentionConfig config =
        RetentionConfig.fromTopicConfig(Map.of("cleanup.policy", policies.strip()));
    assertThat(config.deletes()).isEqualTo(deletes);
    if (!deletes) {
      assertThat(config.policy()).isEqualTo(RetentionPolicy.of(RetentionRule.startOffset()));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "cleanup.policy , keep           , 'cleanup.policy is keep, expected delete, compact'",
    "cleanup.policy , 'delete,'      , 'cleanup.policy is delete,'",
    "cleanup.policy , 'delete,delete', 'cleanup.policy is delete,delete'",
    "retention.ms   , -2             , 'retention.ms is -2, expected a number from -1'",
    "retention.ms   , 7d             , 'retention.ms is 7d, expected a number'",
    "retention.bytes, 1g             , 'retention.bytes is 1g, expected a number'",
  })
  void whatKafkaRefusesIsRefused(String name, String value, String message) {
    assertThatThrownBy(() -> RetentionConfig.fromTopicConfig(Map.of(name, value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}
