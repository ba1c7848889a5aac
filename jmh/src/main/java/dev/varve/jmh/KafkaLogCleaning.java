package dev.varve.jmh;

import com.sun.management.ThreadMXBean;
import dev.varve.jmh.peer.PeerSettings;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.security.DigestException;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.storage.internals.log.Cleaner;
import org.apache.kafka.storage.internals.log.CleanerStats;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.LogToClean;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.internals.utils.Throttler;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/**
 * The cleaner of Apache Kafka, as a thread of its {@code LogCleaner} calls it, with the buffers and
 * the load factor that a broker has by default, and a throttler that never waits.
 */
final class KafkaLogCleaning implements LogCleaning {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int BUFFER_BYTES = 512 << 10 >> 1; // two of them, for one thread
  private static final int MESSAGE_BYTES_MAX = 1 << 20;
  private static final double LOAD_FACTOR = 0.9;
  private static final long THROTTLE_CHECK_MILLIS = 300;
  private static final int TRANSACTION_TIMEOUT_MILLIS = 15 * 60_000;
  private static final int PRODUCER_EXPIRATION_MILLIS = 24 * 60 * 60_000;
  private static final int PRODUCER_CHECK_MILLIS = 10 * 60_000;

  @Override
  public Figures clean(Path directory, int keyMapBytes) throws IOException {
    KafkaScheduler scheduler = new KafkaScheduler(1);
    scheduler.startup();
    UnifiedLog log = open(directory, scheduler);
    try {
      log.updateHighWatermark(log.logEndOffset());
      return clean(log, keyMapBytes);
    } catch (NoSuchAlgorithmException | DigestException e) {
      throw new IllegalStateException(e);
    } finally {
      log.close();
      shutDown(scheduler);
    }
  }

  private static Figures clean(UnifiedLog log, int keyMapBytes)
      throws IOException, NoSuchAlgorithmException, DigestException {
    long end = log.activeSegment().baseOffset();
    long bytes = new LogToClean(log, 0, end, false).cleanableBytes();
    Throttler throttler =
        new Throttler(Double.MAX_VALUE, THROTTLE_CHECK_MILLIS, "cleaner-io", "bytes", Time.SYSTEM);
    Cleaner cleaner =
        new Cleaner(
            0,
            new SkimpyOffsetMap(keyMapBytes),
            BUFFER_BYTES,
            MESSAGE_BYTES_MAX,
            LOAD_FACTOR,
            throttler,
            Time.SYSTEM,
            _ -> {});
    int passes = 0;
    long read = 0;
    long kept = 0;
    long allocated = THREADS.getCurrentThreadAllocatedBytes();
    long cpu = LogCleaning.processCpuNanos();
    long from = System.nanoTime();
    for (long dirty = 0; dirty < end; passes++) {
      Map.Entry<Long, CleanerStats> cleaned = cleaner.clean(new LogToClean(log, dirty, end, false));
      dirty = cleaned.getKey();
      read += cleaned.getValue().messagesRead();
      kept = cleaned.getValue().messagesWritten();
    }
    long nanos = System.nanoTime() - from;
    cpu = LogCleaning.processCpuNanos() - cpu;
    allocated = THREADS.getCurrentThreadAllocatedBytes() - allocated;
    return new Figures(passes, bytes, read, kept, nanos, cpu, allocated);
  }

  private static UnifiedLog open(Path directory, KafkaScheduler scheduler) throws IOException {
    Map<String, String> topicConfig =
        Map.of(
            TopicConfig.CLEANUP_POLICY_CONFIG,
            TopicConfig.CLEANUP_POLICY_COMPACT,
            TopicConfig.SEGMENT_BYTES_CONFIG,
            Integer.toString(PeerSettings.SEGMENT_BYTES_MAX));
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
        true,
        Optional.empty());
  }

  private static void shutDown(KafkaScheduler scheduler) {
    try {
      scheduler.shutdown();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
