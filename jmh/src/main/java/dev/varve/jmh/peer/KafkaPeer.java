package dev.varve.jmh.peer;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.apache.kafka.server.storage.log.FetchIsolation;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/**
 * Apache Kafka's own log, the class that a broker keeps a partition in, called as the broker calls
 * it for a producer: {@code appendAsLeader}, which checks the batch and its CRC-32C and gives it
 * offsets. There is no network and no broker around it. Default options but for segments of 64 MiB.
 *
 * <p>The bytes are the same as Varve's. An append has reached the page cache when it returns; a
 * durable append calls {@code flush}, which all who wait share. Building the batch with Kafka's
 * builder is included everywhere, as it is for Varve; its buffers are reused. Reads go through
 * {@code UnifiedLog.read}, in pieces of 1 MiB, and check the checksum as a consumer does.
 */
final class KafkaPeer implements Peer {
  private static final int TRANSACTION_TIMEOUT_MILLIS = 15 * 60_000;
  private static final int PRODUCER_EXPIRATION_MILLIS = 24 * 60 * 60_000;
  private static final int PRODUCER_CHECK_MILLIS = 10 * 60_000;
  private static final int READ_BYTES_MAX = 1 << 20;

  private final KafkaScheduler scheduler = new KafkaScheduler(1);
  private final UnifiedLog log;
  private final Compression compression;
  private final GroupForce groupForce;

  KafkaPeer(PeerSettings settings) throws IOException {
    compression =
        Compression.of(
                CompressionType.forName(
                    settings.compression().codec().name().toLowerCase(Locale.ROOT)))
            .build();
    scheduler.startup();
    log = open(settings.directory().resolve("records-0"));
    groupForce = new GroupForce(() -> log.flush(false));
  }

  private UnifiedLog open(Path directory) throws IOException {
    boolean clean = !Files.exists(directory);
    Files.createDirectories(directory);
    Map<String, String> topicConfig =
        Map.of(
            TopicConfig.SEGMENT_BYTES_CONFIG,
            Integer.toString(PeerSettings.SEGMENT_BYTES_MAX),
            TopicConfig.RETENTION_MS_CONFIG,
            "-1");
    return UnifiedLog.create(
        directory.toFile(),
        new LogConfig(topicConfig),
        0,
        0,
        scheduler,
        new BrokerTopicStats(),
        Time.SYSTEM,
        TRANSACTION_TIMEOUT_MILLIS,
        new ProducerStateManagerConfig(PRODUCER_EXPIRATION_MILLIS, false),
        PRODUCER_CHECK_MILLIS,
        new LogDirFailureChannel(1),
        clean,
        Optional.empty());
  }

  @Override
  public Appender appender() {
    return new BatchAppender();
  }

  @Override
  public Reader reader() {
    return new FetchingReader();
  }

  @Override
  public void close() throws IOException {
    log.close();
    try {
      scheduler.shutdown();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private final class BatchAppender implements Appender {
    private ByteBuffer buffer = ByteBuffer.allocate(64 << 10);

    private MemoryRecordsBuilder builder() {
      buffer.clear();
      return MemoryRecords.builder(
          buffer, RecordBatch.CURRENT_MAGIC_VALUE, compression, TimestampType.CREATE_TIME, 0);
    }

    private void append(MemoryRecordsBuilder builder) throws IOException {
      MemoryRecords records = builder.build();
      if (records.buffer().capacity() > buffer.capacity()) {
        buffer = ByteBuffer.allocate(records.buffer().capacity());
      }
      log.appendAsLeader(records, 0);
    }

    @Override
    public void append(long timestamp, byte[] key, byte[] value) throws IOException {
      try (MemoryRecordsBuilder builder = builder()) {
        builder.append(timestamp, key, value);
        append(builder);
      }
    }

    @Override
    public void appendBatch(BenchmarkRecords records, int recordCount) throws IOException {
      try (MemoryRecordsBuilder builder = builder()) {
        for (int i = 0; i < recordCount; i++) {
          records.advance();
          builder.append(records.timestamp(), records.key(), records.value());
        }
        append(builder);
      }
    }

    @Override
    public void appendDurable(long timestamp, byte[] key, byte[] value) throws IOException {
      append(timestamp, key, value);
      groupForce.await();
    }
  }

  private final class FetchingReader implements Reader {
    private final BufferSupplier buffers = BufferSupplier.create();
    private long followed;
    private Iterator<? extends RecordBatch> fetched = Collections.emptyIterator();
    private Iterator<Record> following = Collections.emptyIterator();

    @Override
    public long readAll() throws IOException {
      return visit(false);
    }

    @Override
    public long readAllBytes() throws IOException {
      return visit(true);
    }

    private long visit(boolean bytes) throws IOException {
      long sum = 0;
      long end = log.logEndOffset();
      for (long offset = 0; offset < end; ) {
        for (RecordBatch batch : fetch(offset)) {
          batch.ensureValid();
          Iterator<Record> records = batch.streamingIterator(buffers);
          while (records.hasNext()) {
            Record record = records.next();
            sum += bytes ? sumOf(record) : record.keySize() + record.valueSize();
          }
          offset = batch.nextOffset();
        }
      }
      return sum;
    }

    private static long sumOf(Record record) {
      return ByteSum.of(MemorySegment.ofBuffer(record.key()), 0, record.keySize())
          + ByteSum.of(MemorySegment.ofBuffer(record.value()), 0, record.valueSize());
    }

    private Iterable<? extends RecordBatch> fetch(long offset) throws IOException {
      return log.read(offset, READ_BYTES_MAX, FetchIsolation.LOG_END, true).records.batches();
    }

    @Override
    public long read(long index) throws IOException {
      for (RecordBatch batch : log.read(index, 1, FetchIsolation.LOG_END, true).records.batches()) {
        batch.ensureValid();
        for (Record record : batch) {
          if (record.offset() == index) {
            return (long) record.keySize() + record.valueSize();
          }
        }
      }
      throw new IllegalStateException("no record with offset " + index);
    }

    @Override
    public long find(long timestamp) {
      return log.fetchOffsetByTimestamp(timestamp, Optional.empty())
          .timestampAndOffsetOpt()
          .orElseThrow()
          .offset;
    }

    @Override
    public long poll() throws IOException {
      while (!following.hasNext()) {
        if (!fetched.hasNext()) {
          if (followed >= log.logEndOffset()) {
            return -1;
          }
          fetched = fetch(followed).iterator();
        }
        RecordBatch batch = fetched.next();
        batch.ensureValid();
        following = batch.iterator();
        followed = batch.nextOffset();
      }
      return following.next().value().getLong(0);
    }

    @Override
    public void close() {
      buffers.close();
    }
  }
}
