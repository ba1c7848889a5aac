package dev.varve.interop;

import java.util.OptionalLong;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.Cleaner;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.internals.utils.Throttler;

/** The oracle: a pass of Apache Kafka's own cleaner over a log, as its cleaner threads do it. */
final class KafkaCleaning {
  private static final int MAP_BYTES = 1 << 18;
  private static final int BUFFER_BYTES = 1 << 14;
  private static final int BUFFER_BYTES_MAX = 1 << 22;
  private static final double LOAD_FACTOR = 0.9;

  private KafkaCleaning() {}

  /**
   * Cleans a log as far as it goes, whether or not that is worth it.
   *
   * @param kept where the last pass ended, as the checkpoint has it
   * @return where this one ended; what was kept if there is nothing to clean
   */
  static OptionalLong clean(UnifiedLog log, OptionalLong kept, long nowMillis) throws Exception {
    KafkaCleanerPlan plan = KafkaCleanerPlan.of(log, kept, nowMillis);
    if (plan.toClean().cleanableBytes() == 0) {
      return kept;
    }
    Throttler unthrottled = new Throttler(Double.MAX_VALUE, 300, "io", "bytes", Time.SYSTEM);
    Cleaner cleaner =
        new Cleaner(
            0,
            new SkimpyOffsetMap(MAP_BYTES),
            BUFFER_BYTES,
            BUFFER_BYTES_MAX,
            LOAD_FACTOR,
            unthrottled,
            Time.SYSTEM,
            partition -> {});
    return OptionalLong.of(cleaner.doClean(plan.toClean(), nowMillis).getKey());
  }
}
