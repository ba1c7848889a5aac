package dev.varve.interop;

import dev.varve.compaction.CompactionFacts;
import dev.varve.compaction.CompactionFacts.IndexBytes;
import dev.varve.log.LogOffsets;
import dev.varve.log.SegmentInfo;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.Cleaner;
import org.apache.kafka.storage.internals.log.LogCleanerManager;
import org.apache.kafka.storage.internals.log.LogSegment;
import org.apache.kafka.storage.internals.log.LogToClean;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.apache.kafka.storage.internals.log.UnifiedLog;

/**
 * The oracle: what Apache Kafka's cleaner would do with a log, as it finds out before it begins.
 *
 * @param toClean the offsets and bytes
 * @param isDue whether it would clean the log
 * @param groups the base offsets of the segments that become one each
 */
record KafkaCleanerPlan(LogToClean toClean, boolean isDue, List<List<Long>> groups) {

  static KafkaCleanerPlan of(UnifiedLog log, OptionalLong kept, long nowMillis) throws Exception {
    Optional<Long> checkpoint = kept.isPresent() ? Optional.of(kept.getAsLong()) : Optional.empty();
    Object offsets = call("cleanableOffsets", log, checkpoint, nowMillis);
    long firstDirty = field(offsets, "firstDirtyOffset");
    long delay = (Long) call("maxCompactionDelay", log, firstDirty, nowMillis);
    LogToClean toClean =
        new LogToClean(log, firstDirty, field(offsets, "firstUncleanableDirtyOffset"), delay > 0);
    boolean overdue = delay > 0 && toClean.cleanableBytes() > 0;
    boolean dirty = toClean.cleanableRatio() > log.config().minCleanableRatio;
    boolean due = toClean.totalBytes() > 0 && (overdue || dirty); // as in grabFilthiestCompactedLog
    return new KafkaCleanerPlan(toClean, due, groups(log, toClean));
  }

  private static List<List<Long>> groups(UnifiedLog log, LogToClean toClean) throws Exception {
    Cleaner cleaner =
        new Cleaner(
            0, new SkimpyOffsetMap(1 << 12), 64, 64, 0.9, null, Time.SYSTEM, partition -> {});
    long end = toClean.firstUncleanableOffset();
    List<List<Long>> groups = new ArrayList<>();
    for (List<LogSegment> group :
        cleaner.groupSegmentsBySize(
            log.logSegments(0, end), log.config().segmentSize(), log.config().maxIndexSize, end)) {
      groups.add(group.stream().map(LogSegment::baseOffset).toList());
    }
    return groups;
  }

  private static Object call(String name, Object... arguments) throws ReflectiveOperationException {
    for (Method method : LogCleanerManager.class.getDeclaredMethods()) {
      if (method.getName().equals(name)) {
        method.setAccessible(true);
        return method.invoke(null, arguments);
      }
    }
    throw new NoSuchMethodException(name);
  }

  private static long field(Object object, String name) throws ReflectiveOperationException {
    Field field = object.getClass().getDeclaredField(name);
    field.setAccessible(true);
    return field.getLong(object);
  }

  /** What Varve would know of the same log. */
  static CompactionFacts facts(UnifiedLog log, OptionalLong kept, long nowMillis)
      throws IOException {
    List<LogSegment> segments = log.logSegments();
    List<SegmentInfo> infos = new ArrayList<>();
    Map<Long, Long> firstTimestamps = new HashMap<>();
    Map<Long, IndexBytes> indexBytes = new HashMap<>();
    for (int i = 0; i < segments.size(); i++) {
      LogSegment segment = segments.get(i);
      boolean active = i == segments.size() - 1;
      long end = active ? log.logEndOffset() : segments.get(i + 1).baseOffset();
      infos.add(
          new SegmentInfo(
              segment.baseOffset(),
              end,
              segment.size(),
              active,
              segment.largestRecordTimestamp().orElse(-1),
              segment.lastModified()));
      firstTimestamps.put(segment.baseOffset(), segment.getFirstBatchTimestamp());
      indexBytes.put(
          segment.baseOffset(),
          new IndexBytes(segment.offsetIndex().sizeInBytes(), segment.timeIndex().sizeInBytes()));
    }
    LogOffsets offsets =
        new LogOffsets(
            log.logStartOffset(),
            Math.max(log.logStartOffset(), log.lastStableOffset()), // Kafka may have it below
            log.highWatermark(),
            log.logEndOffset(),
            log.logEndOffset());
    CompactionFacts facts =
        CompactionFacts.of(log.name(), offsets, infos, nowMillis)
            .withFirstTimestamps(firstTimestamps)
            .withIndexBytes(indexBytes);
    return kept.isPresent() ? facts.withFirstDirtyOffset(kept.getAsLong()) : facts;
  }
}
