package dev.varve.log;

import dev.varve.log.record.Codec;
import dev.varve.log.record.Compression;
import dev.varve.log.record.RecordCursor;
import dev.varve.log.record.TimestampType;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads Kafka's topic configuration. Names, ranges and defaults are those of Apache Kafka 4.4's
 * topic-level configuration reference; {@code producer.id.expiration.ms}, which a broker has for
 * all of its topics, is taken for one of them.
 */
final class TopicConfig {
  /** Kafka refuses smaller ones under this name; its tests use {@code internal.segment.bytes}. */
  private static final int SEGMENT_BYTES_MIN = 1 << 20;

  /** Names that concern this module. */
  private static final Set<String> LOG_NAMES =
      Set.of(
          "cleanup.policy",
          "compression.gzip.level",
          "compression.lz4.level",
          "compression.type",
          "compression.zstd.level",
          "file.delete.delay.ms",
          "flush.messages",
          "flush.ms",
          "index.interval.bytes",
          "internal.segment.bytes",
          "max.compaction.lag.ms",
          "max.decompressed.message.bytes",
          "max.message.bytes",
          "message.timestamp.after.max.ms",
          "message.timestamp.before.max.ms",
          "message.timestamp.type",
          "producer.id.expiration.ms",
          "segment.bytes",
          "segment.index.bytes",
          "segment.jitter.ms",
          "segment.ms");

  /** Names of Kafka that concern other parts of a partition. */
  private static final Set<String> OTHER_NAMES =
      Set.of(
          "delete.retention.ms",
          "errors.deadletterqueue.group.enable",
          "follower.replication.throttled.replicas",
          "leader.replication.throttled.replicas",
          "local.retention.bytes",
          "local.retention.ms",
          "message.downconversion.enable",
          "min.cleanable.dirty.ratio",
          "min.compaction.lag.ms",
          "min.insync.replicas",
          "preallocate",
          "remote.copy.lag.bytes",
          "remote.copy.lag.ms",
          "remote.log.copy.disable",
          "remote.log.delete.on.disable",
          "remote.storage.enable",
          "retention.bytes",
          "retention.ms",
          "unclean.leader.election.enable");

  private TopicConfig() {}

  static boolean concernsLog(String name) {
    if (LOG_NAMES.contains(name)) {
      return true;
    }
    if (OTHER_NAMES.contains(name)) {
      return false;
    }
    TreeSet<String> known = new TreeSet<>(LOG_NAMES);
    known.addAll(OTHER_NAMES);
    throw new IllegalArgumentException(
        "found topic configuration " + name + ", expected one of " + known);
  }

  static LogOptions.Builder apply(Map<String, String> config, LogOptions.Builder builder) {
    Map<String, String> log = new HashMap<>(config);
    log.keySet().removeIf(name -> !concernsLog(name));
    compression(log, builder);
    durability(log, builder);
    String policy = log.remove("cleanup.policy");
    String compactionLag = log.remove("max.compaction.lag.ms");
    log.forEach((name, value) -> apply(name, value, builder));
    compaction(policy, compactionLag, builder);
    return builder;
  }

  private static void apply(String name, String value, LogOptions.Builder builder) {
    switch (name) {
      case "segment.bytes" ->
          builder.segmentBytesMax(integer(name, value, SEGMENT_BYTES_MIN, Integer.MAX_VALUE));
      case "internal.segment.bytes" ->
          builder.segmentBytesMax(integer(name, value, 64, Integer.MAX_VALUE));
      case "segment.ms" -> builder.segmentMillisMax(number(name, value, 1, Long.MAX_VALUE));
      case "segment.jitter.ms" ->
          builder.segmentJitterMillisMax(number(name, value, 0, Long.MAX_VALUE - 1));
      case "index.interval.bytes" ->
          builder.indexIntervalBytes(integer(name, value, 0, Integer.MAX_VALUE));
      case "segment.index.bytes" ->
          builder.indexBytesMax(integer(name, value, 24, Integer.MAX_VALUE));
      case "max.message.bytes" -> builder.batchBytesMax(integer(name, value, 0, Integer.MAX_VALUE));
      case "max.decompressed.message.bytes" ->
          builder.decompressedBytesMax(
              integer(name, value, 0, RecordCursor.DECOMPRESSED_BYTES_MAX));
      case "producer.id.expiration.ms" ->
          builder.producerExpirationMillis(integer(name, value, 1, Integer.MAX_VALUE));
      case "message.timestamp.before.max.ms" ->
          builder.timestampBeforeMaxMillis(number(name, value, 0, Long.MAX_VALUE));
      case "message.timestamp.after.max.ms" ->
          builder.timestampAfterMaxMillis(number(name, value, 0, Long.MAX_VALUE));
      case "file.delete.delay.ms" ->
          builder.fileDeleteDelayMillis(number(name, value, 0, Long.MAX_VALUE));
      case "message.timestamp.type" -> builder.timestampType(timestampType(name, value));
      default -> {
        // the compression levels, which are read together with the type
      }
    }
  }

  /** What has to be compacted in time may not stay for longer in the segment that takes appends. */
  private static void compaction(
      @Nullable String policy, @Nullable String lag, LogOptions.Builder builder) {
    long lagMillis =
        lag == null ? Long.MAX_VALUE : number("max.compaction.lag.ms", lag, 1, Long.MAX_VALUE);
    if (policy != null) {
      boolean compacted = Arrays.asList(policy.strip().split("\\s*,\\s*")).contains("compact");
      builder.compacted(compacted);
      if (compacted) {
        builder.segmentMillisAtMost(lagMillis);
      }
    }
  }

  private static void compression(Map<String, String> config, LogOptions.Builder builder) {
    String type = config.remove("compression.type");
    if (type == null || type.equals("producer")) {
      return;
    }
    if (type.equals("uncompressed")) {
      builder.compression(Compression.NONE);
      return;
    }
    Codec codec =
        switch (type) {
          case "gzip" -> Codec.GZIP;
          case "snappy" -> Codec.SNAPPY;
          case "lz4" -> Codec.LZ4;
          case "zstd" -> Codec.ZSTD;
          default ->
              throw new IllegalArgumentException(
                  "compression.type is "
                      + type
                      + ", expected uncompressed, producer, gzip, snappy, lz4 or zstd");
        };
    String level = config.get("compression." + type + ".level");
    builder.compression(
        level == null ? Compression.of(codec) : Compression.parse(type + ":" + level));
  }

  /** A force for each message goes before one by time; other counts of messages are not offered. */
  private static void durability(Map<String, String> config, LogOptions.Builder builder) {
    String messages = config.remove("flush.messages");
    String millis = config.remove("flush.ms");
    if (millis != null && number("flush.ms", millis, 0, Long.MAX_VALUE) < Long.MAX_VALUE) {
      long interval = Math.max(1, number("flush.ms", millis, 0, Long.MAX_VALUE));
      builder.durability(Durability.every(Duration.ofMillis(interval)));
    }
    if (messages != null) {
      long count = number("flush.messages", messages, 1, Long.MAX_VALUE);
      if (count != 1 && count != Long.MAX_VALUE) {
        throw new IllegalArgumentException(
            "flush.messages is " + count + ", expected 1 or " + Long.MAX_VALUE);
      }
      if (count == 1) {
        builder.durability(Durability.PER_APPEND);
      }
    }
  }

  private static TimestampType timestampType(String name, String value) {
    for (TimestampType type : TimestampType.values()) {
      if (type.toString().equals(value)) {
        return type;
      }
    }
    throw new IllegalArgumentException(
        name + " is " + value + ", expected CreateTime or LogAppendTime");
  }

  private static int integer(String name, String value, int min, int max) {
    return (int) number(name, value, min, max);
  }

  private static long number(String name, String value, long min, long max) {
    try {
      long number = Long.parseLong(value.strip());
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // told below, with the range
    }
    throw new IllegalArgumentException(
        name + " is " + value + ", expected a number from " + min + " to " + max);
  }
}
