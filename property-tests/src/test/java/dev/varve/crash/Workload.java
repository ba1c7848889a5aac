package dev.varve.crash;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.error.LogException;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.storage.SimulatedDisk;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Steps that are done to a log on a simulated disk, until the last or until the power goes.
 *
 * <p>Segments are tiny, so that three steps come through every state that a segment has.
 */
final class Workload {
  private static final int SEGMENT_BYTES_MAX = 2048;

  /** Two do not fit into a segment, and each lies on several sectors, so that it can be torn. */
  private static final int LARGE_VALUE_BYTES = 1200;

  private static final LogOptions OPTIONS =
      LogOptions.builder()
          .segmentBytesMax(SEGMENT_BYTES_MAX)
          .indexIntervalBytes(100)
          .ownMaintenanceThreads(false)
          .clock(() -> 1_000_000)
          .build();

  private final List<Step> steps;
  private final Promise promise = new Promise();
  private final SimulatedDisk disk;
  private final Defect defect;
  private @Nullable CommitLog log;

  Workload(List<Step> steps, SimulatedDisk disk, Defect defect) {
    this.steps = steps;
    this.disk = disk;
    this.defect = defect;
  }

  static CommitLog open(SimulatedDisk disk, Defect defect) {
    return CommitLog.open(defect.in().apply(disk), OPTIONS);
  }

  /** Does the steps; a log that fails because the power is out ends it. */
  Promise run() {
    try {
      log = open(disk, defect);
      for (Step step : steps) {
        run(step);
      }
    } catch (LogException e) {
      if (!disk.faults().powerIsOut()) {
        throw e;
      }
    }
    return promise;
  }

  /** The disk that the workload left. */
  SimulatedDisk disk() {
    return disk;
  }

  private void run(Step step) {
    CommitLog current = openLog();
    switch (step) {
      case Step.Append append -> append(current, append.records(), 10);
      case Step.Roll _ -> append(current, 1, LARGE_VALUE_BYTES);
      case Step.Flush _ -> {
        long end = promise.endOffset();
        current.flush();
        promise.durable(end);
      }
      case Step.Maintain _ -> {
        var _ = current.maintenance();
      }
      case Step.Trim trim -> trim(current, trim.percent());
      case Step.Reopen _ -> {
        long end = promise.endOffset();
        current.close();
        promise.durable(end);
        log = open(disk, defect);
      }
      case Step.Kill _ ->
          log = open(disk, defect); // the dead process is not asked to close anything
    }
  }

  private CommitLog openLog() {
    if (log == null) {
      throw new IllegalStateException("the log is not open");
    }
    return log;
  }

  private void append(CommitLog current, int records, int valueBytes) {
    int id = promise.nextBatchId();
    RecordBatchBuilder builder = current.newBatch();
    for (int i = 0; i < records; i++) {
      builder.append(timestamp(id), key(id, i), value(id, valueBytes));
    }
    promise.appending(id, current.offsets().endOffset(), records, valueBytes);
    var _ = current.append(builder.build());
    promise.appended();
  }

  private void trim(CommitLog current, int percent) {
    long start = promise.startOffset();
    long offset = start + (promise.endOffset() - start) * percent / 100;
    promise.trimming(offset);
    current.advanceStartOffset(offset);
    promise.trimmed(offset);
  }

  static byte[] key(int batchId, int index) {
    return (batchId + "/" + index).getBytes(US_ASCII);
  }

  /** No byte of it is zero, so that none that was lost looks as if it were there. */
  static byte[] value(int batchId, int bytes) {
    byte[] value = new byte[bytes];
    Arrays.fill(value, (byte) (1 + batchId % 100));
    return value;
  }

  /** Goes up and down, so that the time index has something to say. */
  static long timestamp(int batchId) {
    return 1000 + (batchId % 3) * 100L - batchId;
  }
}
