package dev.varve.crash;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.varve.crash.Promise.Batch;
import dev.varve.log.CommitLog;
import dev.varve.log.LogOffsets;
import dev.varve.log.LogReader;
import dev.varve.log.PinnedBatches;
import dev.varve.log.Producer;
import dev.varve.log.Visibility;
import dev.varve.log.error.CorruptLogException;
import dev.varve.log.record.LeaderEpoch;
import dev.varve.log.storage.SimulatedDisk;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A disk after a power loss, held against what was promised. Each check fails for one reason, with
 * the numbers.
 */
final class Survivor {
  private final SimulatedDisk disk;
  private final Promise promise;
  private final Defect defect;

  /** Whether the truncation that was under way is done. */
  private boolean truncated;

  /** A record as it was read. */
  record Read(long offset, long timestamp, String key, String value) {}

  Survivor(SimulatedDisk disk, Promise promise, Defect defect) {
    this.disk = disk;
    this.defect = defect;
    this.promise = promise;
  }

  /**
   * Opens the log as recovery does, and checks everything.
   *
   * @return how many operations opening took
   */
  long check() {
    CommitLog log = Workload.open(disk, defect, promise.isReplicated());
    try {
      long operations = disk.faults().operations();
      List<Read> records = readAll(log, Visibility.WRITTEN);
      checkOffsets(log.offsets());
      checkEpochs(log);
      checkRecords(records, log.offsets());
      checkSeen(log, records);
      checkLookups(log, records);
      recoveringAgainChangesNothing(log);
      checkProducer(log, records);
      goesOn(log, records);
      return operations;
    } finally {
      disk.faults().withoutPower(() -> Workload.abandon(log, null));
    }
  }

  /**
   * Opens the log after its disk has lied: it may say that records are damaged or missing, and
   * shows none that was not written.
   */
  void checkTold() {
    CommitLog log = Workload.open(disk, defect, promise.isReplicated());
    try {
      for (Read record : readAll(log, Visibility.WRITTEN)) {
        checkRecord(record, expected().get(record.key));
      }
    } catch (CorruptLogException e) {
      // says what is damaged
    } finally {
      disk.faults().withoutPower(() -> Workload.abandon(log, null));
    }
  }

  private void checkOffsets(LogOffsets offsets) {
    truncated = offsets.endOffset() == promise.truncationAsked();
    require(
        truncated || offsets.endOffset() >= promise.durableEnd(),
        "the log ends at " + offsets.endOffset() + ", below the durable " + promise.durableEnd());
    require(
        promise.mayStartAt(offsets.startOffset()), "the log starts at " + offsets.startOffset());
  }

  /** All epochs that have begun are there, and no other: least of all one that was cut. */
  private void checkEpochs(CommitLog log) {
    List<LeaderEpoch> epochs = log.replica().leaderEpochs();
    for (LeaderEpoch epoch : epochs) {
      boolean moved = epoch.startOffset() == log.offsets().startOffset();
      require(moved || promise.mayHave(epoch), "found " + epoch + ", which never began");
      require(epoch.startOffset() <= log.offsets().endOffset(), epoch + " of " + log.offsets());
    }
    for (LeaderEpoch epoch : promise.epochs()) {
      boolean gone =
          epoch.startOffset() <= log.offsets().startOffset()
              || epochs.stream().anyMatch(found -> replaces(found, epoch))
              || (promise.isOfBatch(epoch) && epoch.startOffset() >= promise.durableEnd())
              || (truncated && epoch.startOffset() >= promise.truncationAsked());
      require(gone || epochs.contains(epoch), "lost " + epoch + ", found " + epochs);
    }
  }

  /** A leader that begins where another one has written nothing takes its place. */
  private static boolean replaces(LeaderEpoch later, LeaderEpoch earlier) {
    return later.epoch() > earlier.epoch() && later.startOffset() <= earlier.startOffset();
  }

  /** The batch of each record that was ever handed to the log, by the record's key. */
  private Map<String, Batch> expected() {
    Map<String, Batch> expected = new HashMap<>();
    for (Batch batch : promise.batches()) {
      for (int i = 0; i < batch.records(); i++) {
        expected.put(batch.id() + "/" + i, batch);
      }
    }
    return expected;
  }

  private void checkRecords(List<Read> records, LogOffsets offsets) {
    Map<String, Batch> expected = expected();
    long next = offsets.startOffset();
    Map<Integer, Integer> found = new HashMap<>();
    for (Read record : records) {
      next = promise.behindGap(next, record.offset);
      require(record.offset == next, "found offset " + record.offset + ", expected " + next);
      next++;
      Batch batch = expected.get(record.key);
      checkRecord(record, batch);
      found.merge(batch == null ? -1 : batch.id(), 1, Integer::sum);
    }
    next = promise.behindGap(next, offsets.endOffset());
    require(next == offsets.endOffset(), "records end at " + next + ", the log at " + offsets);
    checkBatchesAreWhole(found, offsets);
    checkDurableRecords(records);
  }

  private void checkRecord(Read record, @Nullable Batch batch) {
    if (batch == null) {
      throw new Violation("found a record that nobody wrote: " + record.key);
    }
    require(!promise.isCut(batch), "found a record that was truncated: " + record.key);
    int index = Integer.parseInt(record.key.substring(record.key.indexOf('/') + 1));
    require(
        record.offset == batch.baseOffset() + index,
        "found " + record.key + " at another offset than that of " + batch);
    require(
        record.timestamp == batch.timestamp(),
        "found another timestamp at offset " + record.offset + " than was written");
    require(
        record.value.equals(text(Workload.value(batch.id(), batch.valueBytes()))),
        "found another value at offset " + record.offset + " than was written");
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
      boolean durable =
          batch.endOffset() <= promise.durableEnd()
              && !promise.isLost(batch)
              && !promise.isCut(batch)
              && !(truncated && batch.endOffset() > promise.truncationAsked());
      for (int i = 0; durable && i < batch.records(); i++) {
        long offset = batch.baseOffset() + i;
        String key = batch.id() + "/" + i;
        require(
            offset < promise.startOffsetAsked() || key.equals(byOffset.get(offset)),
            "durable record " + key + " at " + offset + " is " + byOffset.get(offset));
      }
    }
  }

  /** What a reader saw that is shown only what is durable is there, under the same offset. */
  private void checkSeen(CommitLog log, List<Read> records) {
    Map<Long, String> byOffset = new HashMap<>();
    records.forEach(record -> byOffset.put(record.offset, record.key));
    promise
        .seen()
        .tailMap(promise.startOffsetAsked(), true)
        .forEach((offset, key) ->
            require(
                key.equals(byOffset.get(offset))
                    || (truncated && offset >= promise.truncationAsked()),
                "a reader saw " + key + " at " + offset + ", now it is " + byOffset.get(offset)));
    List<Read> durable = readAll(log, Visibility.DURABLE);
    require(
        durable.equals(records.subList(0, durable.size())),
        "what is shown as durable is not a prefix: " + durable);
    long end = log.offsets().durableEnd();
    require(
        durable.isEmpty() || durable.getLast().offset < end,
        "shown as durable, though the durable end is " + end + ": " + durable);
  }

  private void checkLookups(CommitLog log, List<Read> records) {
    checkTime(log, records, Long.MAX_VALUE);
    checkTime(log, records, 0);
    for (Read record : records) {
      try (PinnedBatches batches = log.read(record.offset, 1)) {
        require(batches.next(), "nothing found at offset " + record.offset);
        require(
            batches.batch().baseOffset() <= record.offset
                && batches.batch().lastOffset() >= record.offset,
            "offset " + record.offset + " led to " + batches.batch());
      }
      checkTime(log, records, record.timestamp);
      checkTime(log, records, record.timestamp + 1);
    }
  }

  /** The lookup by time finds what a linear scan finds. */
  private static void checkTime(CommitLog log, List<Read> records, long timestamp) {
    OptionalLong linear =
        records.stream()
            .filter(other -> other.timestamp >= timestamp)
            .mapToLong(Read::offset)
            .findFirst();
    OptionalLong looked = log.offsetForTimestamp(timestamp);
    require(
        linear.equals(looked), "time " + timestamp + " led to " + looked + ", expected " + linear);
  }

  private void recoveringAgainChangesNothing(CommitLog log) {
    SimulatedDisk once = disk.afterKill();
    SimulatedDisk again = disk.afterKill();
    CommitLog reopened = Workload.open(again, defect, promise.isReplicated());
    again.faults().withoutPower(() -> Workload.abandon(reopened, null));
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

  /**
   * The producer goes on behind its last batch that is there, or that was durable before the start
   * passed it; and that batch is known when it comes again.
   */
  private void checkProducer(CommitLog log, List<Read> records) {
    Set<String> keys = records.stream().map(Read::key).collect(Collectors.toSet());
    Batch last = null;
    for (Batch batch : promise.batches()) {
      boolean durable = batch.endOffset() <= promise.durableEnd() && !promise.isLost(batch);
      boolean there = keys.contains(batch.id() + "/" + (batch.records() - 1));
      if (batch.sequence() >= 0 && (there || durable)) {
        last = batch;
      }
    }
    if (last == null) {
      return;
    }
    long end = log.offsets().endOffset();
    try (Producer producer = log.producer(Workload.PRODUCER)) {
      int next = last.sequence() + last.records();
      require(producer.epoch() == 0, "the producer goes on in epoch " + producer.epoch());
      require(
          producer.nextSequence() == next,
          "the producer goes on with " + producer.nextSequence() + ", expected " + next);
      long offset = producer.appendAs(last.sequence(), Workload.builder(log, last).build());
      require(offset == last.baseOffset(), last + " has offset " + offset + " when it comes again");
    }
    require(log.offsets().endOffset() == end, "the log took " + last + " again");
  }

  /** The log takes appends and an orderly close, and has all of it when it is opened again. */
  private void goesOn(CommitLog log, List<Read> records) {
    long end = log.offsets().endOffset();
    long offset = log.append(2000, "next".getBytes(US_ASCII), null);
    require(offset == end, "the next record got offset " + offset + ", expected " + end);
    log.close();
    checkNothingIsHeld(disk);
    CommitLog reopened = Workload.open(disk, defect, promise.isReplicated());
    try {
      require(reopened.openReport().closedInOrder(), "after the close: " + reopened.openReport());
      require(
          readAll(reopened, Visibility.WRITTEN).size() == records.size() + 1,
          "records are missing after the close");
    } finally {
      disk.faults().withoutPower(() -> Workload.abandon(reopened, null));
    }
  }

  /** After a close, however it went, the process holds nothing of the disk. */
  static void checkNothingIsHeld(SimulatedDisk disk) {
    require(disk.mappings() == 0, "a closed log holds " + disk.mappings() + " mappings");
    require(disk.openFiles() == 0, "a closed log holds " + disk.openFiles() + " open files");
    require(!disk.isLocked(), "a closed log holds its directory");
  }

  static List<Read> readAll(CommitLog log, Visibility visibility) {
    List<Read> records = new ArrayList<>();
    try (LogReader reader = log.reader(log.offsets().startOffset(), visibility)) {
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

  static String text(byte @Nullable [] bytes) {
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
