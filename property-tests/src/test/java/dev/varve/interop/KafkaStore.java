package dev.varve.interop;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.metadata.ConfigRepository;
import org.apache.kafka.storage.internals.log.CleanerConfig;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.LogManager;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/**
 * The oracle: a data directory under what a broker of Kafka 4.4 has for it, its lock and
 * checkpoints included. Only the replica manager is missing, which writes the high watermarks.
 */
final class KafkaStore implements AutoCloseable {
  private static final int PRODUCER_EXPIRATION_MILLIS = 24 * 60 * 60_000;

  private final LogManager manager;
  private final KafkaClock clock;

  private KafkaStore(LogManager manager, KafkaClock clock) {
    this.manager = manager;
    this.clock = clock;
  }

  static KafkaStore open(Path dataDirectory, KafkaClock clock) throws Exception {
    Map<String, String> config =
        Map.of(
            TopicConfig.RETENTION_MS_CONFIG,
            "-1",
            TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG,
            Long.toString(Long.MAX_VALUE),
            LogConfig.INTERNAL_SEGMENT_BYTES_CONFIG,
            "400");
    ConfigRepository noConfigs = _ -> new Properties();
    LogManager manager =
        new LogManager(
            List.of(dataDirectory.toFile()),
            List.of(),
            noConfigs,
            new LogConfig(config),
            new CleanerConfig(false),
            1,
            Long.MAX_VALUE,
            Long.MAX_VALUE,
            Long.MAX_VALUE,
            Long.MAX_VALUE,
            15 * 60_000,
            new ProducerStateManagerConfig(PRODUCER_EXPIRATION_MILLIS, false),
            10 * 60_000,
            clock.scheduler(),
            new BrokerTopicStats(),
            new LogDirFailureChannel(1),
            clock,
            false,
            0,
            (_, _, _, _, _) -> null);
    manager.loadLogs(new LogConfig(config), Map.of(), _ -> false);
    return new KafkaStore(manager, clock);
  }

  /** The logs that it found, by the names of their directories. */
  Set<TopicPartition> partitions() {
    return manager.allLogs().stream().map(UnifiedLog::topicPartition).collect(Collectors.toSet());
  }

  boolean isOnline() {
    return !manager.hasOfflineLogDirs();
  }

  UnifiedLog log(String topic, int partition) {
    return manager.getLog(new TopicPartition(topic, partition)).orElseThrow();
  }

  UnifiedLog create(String topic, int partition) throws IOException {
    return manager.getOrCreateLog(
        new TopicPartition(topic, partition), Optional.of(Uuid.randomUuid()));
  }

  long append(UnifiedLog log, NewBatch batch) throws IOException {
    return log.appendAsLeader(BatchEncoding.encode(batch), 0).firstOffset();
  }

  /** An orderly stop, after which the marker is there. */
  @Override
  public void close() throws IOException {
    clock.runWaiting();
    manager.allLogs().forEach(UnifiedLog::prepareActiveSegmentForClose);
    manager.shutdown();
    clock.runWaiting();
  }
}
