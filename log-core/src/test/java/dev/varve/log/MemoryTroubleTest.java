package dev.varve.log;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.storage.SimulatedDisk;
import dev.varve.log.storage.Storage;
import java.nio.file.Path;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

/**
 * What a log does in a process that has no memory left for a moment: each call of its storage is
 * once the one at which an {@link OutOfMemoryError} comes.
 */
class MemoryTroubleTest {
  private static final int RECORDS = 30;
  private static final Path DIRECTORY = Path.of("starved");

  /** Throws at one of the calls of the thread that made it; a close needs no memory. */
  private static final class StarvedStorage extends WatchedStorage {
    private final Thread thread = Thread.currentThread();
    private int callsLeft;

    /** Does something with one of its calls starved; returns whether it has so many. */
    boolean starves(int call, Runnable action) {
      callsLeft = call;
      try {
        action.run();
        return false;
      } catch (OutOfMemoryError e) {
        return true;
      } finally {
        callsLeft = 0;
      }
    }

    @Override
    boolean before(String operation) {
      boolean counts = Thread.currentThread().equals(thread) && !operation.equals("close");
      if (counts && callsLeft > 0 && --callsLeft == 0) {
        throw new OutOfMemoryError("Java heap space");
      }
      return true;
    }
  }

  private static SimulatedDisk disk() {
    return new SimulatedDisk(DIRECTORY);
  }

  private static LogOptions.Builder options() {
    return LogOptions.builder().segmentBytesMax(10_000).ownMaintenanceThreads(false);
  }

  private static CommitLog open(Storage storage) {
    return CommitLog.open(storage, options().build());
  }

  /** Tries the calls from the first on until there is no such call. */
  private static void forEachCall(IntPredicate starves) {
    int call = 1;
    while (starves.test(call)) {
      call++;
    }
    assertThat(call).isGreaterThan(5);
  }

  private static void assertNothingIsHeld(SimulatedDisk disk, int call) {
    assertThat(disk.mappings()).as("mappings, starved at call %d", call).isZero();
    assertThat(disk.openFiles()).as("open files, starved at call %d", call).isZero();
    assertThat(disk.isLocked()).as("locked, starved at call %d", call).isFalse();
  }

  private static void assertEndsAt(SimulatedDisk disk, long end, int call) {
    try (CommitLog found = open(disk)) {
      assertThat(found.offsets().endOffset()).as("starved at call %d", call).isEqualTo(end);
    }
  }

  @Test
  void aRollThatStarvesIsDoneAgainBeforeAnythingElseIsAppended() {
    forEachCall(call -> {
      SimulatedDisk disk = disk();
      StarvedStorage storage = new StarvedStorage();
      boolean starved;
      try (CommitLog log = open(storage.over(disk))) {
        log.append(null, new byte[9000]);
        starved = storage.starves(call, () -> log.append(null, new byte[5000]));
        log.append(null, new byte[10]); // still fits in the first segment
        log.append(null, new byte[9900]);
        log.flush();
        assertEndsAt(disk.afterKill(), starved ? 3 : 4, call);
      }
      assertNothingIsHeld(disk, call);
      assertEndsAt(disk, starved ? 3 : 4, call);
      return starved;
    });
  }

  @Test
  void aCloseThatStarvesGivesEverythingBackAndLosesNothing() {
    forEachCall(call -> {
      SimulatedDisk disk = disk();
      StarvedStorage storage = new StarvedStorage();
      CommitLog log = open(storage.over(disk));
      for (int i = 0; i < RECORDS; i++) {
        log.append("key".getBytes(US_ASCII), new byte[1000]);
      }
      boolean starved = storage.starves(call, log::close);
      assertNothingIsHeld(disk, call);
      assertEndsAt(disk, RECORDS, call);
      return starved;
    });
  }

  @Test
  void anOpenThatStarvesGivesEverythingBackAndLeavesNoThread() {
    LogOptions options = options().ownMaintenanceThreads(true).build();
    forEachCall(call -> {
      SimulatedDisk disk = disk();
      try (CommitLog log = open(disk)) {
        for (int i = 0; i < RECORDS; i++) {
          log.append("key".getBytes(US_ASCII), new byte[1000]);
        }
      }
      StarvedStorage storage = new StarvedStorage();
      boolean starved =
          storage.starves(call, () -> CommitLog.open(storage.over(disk), options).close());
      assertNothingIsHeld(disk, call);
      assertThat(Thread.getAllStackTraces().keySet())
          .extracting(Thread::getName)
          .noneMatch(name -> name.endsWith(DIRECTORY.toString()));
      assertEndsAt(disk, RECORDS, call);
      return starved;
    });
  }
}
