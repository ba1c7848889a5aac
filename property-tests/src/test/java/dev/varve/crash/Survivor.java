package dev.varve.crash;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.varve.crash.Promise.Batch;
import dev.varve.log.CommitLog;
import dev.varve.log.LogOffsets;
import dev.varve.log.LogReader;
import dev.varve.log.PinnedBatches;
import dev.varve.log.storage.SimulatedDisk;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A disk after a power loss, held against what was promised. Each check fails for one reason, with
 * the numbers.
 */
final class Survivor {
  private final SimulatedDisk disk;
  private final Promise promise;
  private final Defect defect;

  /** A record as it was read. */
  private record Read(long offset, long timestamp, String key, String value) {}

  Survivor(SimulatedDisk disk, Promise promise, Defect defect) {
    this.disk = disk;
    this.defect = defect;
    this.promise = promise;
  }

  /** Opens the log as recovery does, and checks everything. */
  void check() {
    CommitLog log = Workload.open(disk, defect);
    List<Read> records = readAll(log);
    checkOffsets(log.offsets());
    checkRecords(records, log.offsets());
    checkLookups(log, records);
    recoveringAgainChangesNothing(log);
    goesOn(log, records);
  }

  private void checkOffsets(LogOffsets offsets) {
    require(
        offsets.endOffset() >= promise.durableEnd(),
        "the log ends at " + offsets.endOffset() + ", below the durable " + promise.durableEnd());
    require(
        offsets.startOffset() >= promise.startOffset()
            && offsets.startOffset() <= Math.max(promise.startOffsetAsked(), 0),
        "the log starts at " + offsets.startOffset());
  }

  private void checkRecords(List<Read> records, LogOffsets offsets) {
    Map<String, Batch> expected = new HashMap<>();
    for (Batch batch : promise.batches()) {
      for (int i = 0; i < batch.records(); i++) {
        expected.put(batch.id() + "/" + i, batch);
      }
    }
    long next = offsets.startOffset();
    Map<Integer, Integer> found = new HashMap<>();
    for (Read record : records) {
      require(record.offset == next, "found offset " + record.offset + ", expected " + next);
      next++;
      Batch batch = expected.get(record.key);
      if (batch == null) {
        throw new Violation("found a record that nobody wrote: " + record.key);
      }
      int index = Integer.parseInt(record.key.substring(record.key.indexOf('/') + 1));
      require(
          record.offset == batch.baseOffset() + index,
          "found " + record.key + " at another offset than that of " + batch);
      require(
          record.value.equals(text(Workload.value(batch.id(), batch.valueBytes()))),
          "found another value at offset " + record.offset + " than was written");
      found.merge(batch.id(), 1, Integer::sum);
    }
    require(next == offsets.endOffset(), "records end at " + next + ", the log at " + offsets);
    checkBatchesAreWhole(found, offsets);
    checkDurableRecords(records);
  }

  private void checkBatchesAreWhole(Map<Integer, Integer> found, LogOffsets offsets) {
    found.forEach((id, records) -> {
      Batch batch = promise.batches().get(id);
      long cut = Math.max(0, offsets.startOffset() - batch.baseOffset());
      require(records == batch.records() - cut, "only " + records + " records of " + batch);
    });
  }

  /** What was durable is there, and is the last that was written at its offset. */
  private void checkDurableRecords(List<Read> records) {
    Map<Long, String> byOffset = new HashMap<>();
    records.forEach(record -> byOffset.put(record.offset, record.key));
    for (Batch batch : promise.batches()) {
      boolean durable = batch.endOffset() <= promise.durableEnd();
      for (int i = 0; durable && i < batch.records(); i++) {
        long offset = batch.baseOffset() + i;
        String key = batch.id() + "/" + i;
        require(
            offset < promise.startOffsetAsked() || key.equals(byOffset.get(offset)),
            "durable record " + key + " at " + offset + " is " + byOffset.get(offset));
      }
    }
  }

  private void checkLookups(CommitLog log, List<Read> records) {
    for (Read record : records) {
      try (PinnedBatches batches = log.read(record.offset, 1)) {
        require(batches.next(), "nothing found at offset " + record.offset);
        require(
            batches.batch().baseOffset() <= record.offset
                && batches.batch().lastOffset() >= record.offset,
            "offset " + record.offset + " led to " + batches.batch());
      }
      OptionalLong linear =
          records.stream()
              .filter(other -> other.timestamp >= record.timestamp)
              .mapToLong(Read::offset)
              .findFirst();
      OptionalLong looked = log.offsetForTimestamp(record.timestamp);
      require(
          linear.equals(looked),
          "time " + record.timestamp + " led to " + looked + ", expected " + linear);
    }
  }

  private void recoveringAgainChangesNothing(CommitLog log) {
    SimulatedDisk once = disk.afterKill();
    SimulatedDisk again = disk.afterKill();
    CommitLog reopened = Workload.open(again, defect);
    require(
        reopened.offsets().equals(log.offsets()),
        "recovered twice: " + reopened.offsets() + ", once: " + log.offsets());
    Map<String, byte[]> after = again.contents();
    once.contents()
        .forEach((name, bytes) ->
            require(
                Arrays.equals(bytes, after.get(name)),
                name + " was changed by the second recovery"));
    require(after.keySet().equals(once.contents().keySet()), "files " + after.keySet());
  }

  /** The log takes appends and an orderly close, and has all of it when it is opened again. */
  private void goesOn(CommitLog log, List<Read> records) {
    long offset = log.append(2000, "next".getBytes(US_ASCII), null);
    require(
        records.isEmpty() || offset == records.getLast().offset + 1,
        "the next record got offset " + offset);
    log.close();
    CommitLog reopened = Workload.open(disk, defect);
    require(reopened.openReport().closedInOrder(), "after the close: " + reopened.openReport());
    require(readAll(reopened).size() == records.size() + 1, "records are missing after the close");
  }

  private static List<Read> readAll(CommitLog log) {
    List<Read> records = new ArrayList<>();
    try (LogReader reader = log.reader(log.offsets().startOffset())) {
      while (reader.next()) {
        records.add(
            new Read(
                reader.record().offset(),
                reader.record().timestamp(),
                text(reader.record().copyKey()),
                text(reader.record().copyValue())));
      }
    }
    return records;
  }

  private static String text(byte @Nullable [] bytes) {
    return bytes == null ? "none" : new String(bytes, US_ASCII);
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new Violation(otherwise);
    }
  }

  /** A promise that was not kept. */
  static final class Violation extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Violation(String message) {
      super(message);
    }
  }
}
