package dev.varve.jmh;

import com.sun.management.ThreadMXBean;
import dev.varve.compaction.CompactionConfig;
import dev.varve.compaction.CompactionResult;
import dev.varve.compaction.CompactorOptions;
import dev.varve.compaction.LogCompaction;
import dev.varve.jmh.peer.PeerSettings;
import dev.varve.log.CommitLog;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.SystemEpochClock;

/** Varve's compaction, in the caller's thread and without a limit of I/O. */
final class VarveLogCleaning implements LogCleaning {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  static CompactionConfig config() {
    return CompactionConfig.fromTopicConfig(
        Map.of(
            "cleanup.policy",
            "compact",
            "segment.bytes",
            Integer.toString(PeerSettings.SEGMENT_BYTES_MAX)));
  }

  @Override
  public Figures clean(Path directory, int keyMapBytes) {
    CompactorOptions options = CompactorOptions.builder().keyMapBytes(keyMapBytes).build();
    try (CommitLog log = CommitLog.open(directory, CompactedRecords.options().build());
        LogCompaction compaction =
            new LogCompaction(log, config(), options, SystemEpochClock.INSTANCE)) {
      long bytes = compaction.plan().cleanableBytes();
      long allocated = THREADS.getCurrentThreadAllocatedBytes();
      long cpu = LogCleaning.processCpuNanos();
      long from = System.nanoTime();
      List<CompactionResult> results = compaction.run();
      long nanos = System.nanoTime() - from;
      cpu = LogCleaning.processCpuNanos() - cpu;
      allocated = THREADS.getCurrentThreadAllocatedBytes() - allocated;
      long read = results.stream().mapToLong(result -> result.stats().recordsRead()).sum();
      long kept = results.getLast().stats().recordsKept();
      return new Figures(results.size(), bytes, read, kept, nanos, cpu, allocated);
    }
  }
}
