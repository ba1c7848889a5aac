package dev.varve.log;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.storage.DirectoryStorage;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.UnforcedStorage;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Threads that are interrupted before, in and between the calls of a log. */
@Timeout(120)
class InterruptTest {
  private static final int RECORDS = 30;

  @TempDir Path root;

  @AfterEach
  void clearStatus() {
    Thread.interrupted();
  }

  private static LogOptions options() {
    return LogOptions.builder().segmentBytesMax(1000).ownMaintenanceThreads(false).build();
  }

  private static byte[] valueOf(long offset) {
    return ("value " + offset).getBytes(US_ASCII);
  }

  private static void append(CommitLog log, int records) {
    for (int i = 0; i < records; i++) {
      long offset = log.offsets().endOffset();
      assertThat(log.append(offset, null, valueOf(offset))).isEqualTo(offset);
    }
  }

  private static void assertReads(CommitLog log, long start, long end) {
    try (LogReader reader = log.reader(start)) {
      for (long offset = start; offset < end; offset++) {
        assertThat(reader.next()).isTrue();
        assertThat(reader.record().offset()).isEqualTo(offset);
        assertThat(reader.record().copyValue()).isEqualTo(valueOf(offset));
      }
      assertThat(reader.next()).isFalse();
    }
  }

  private static void maintain(CommitLog log) {
    while (log.maintenance() > 0) {
      // until there is none
    }
  }

  /** Everything that can be done to a log; ends with records 20 to 59. */
  private static void useLog(Storage storage) {
    try (CommitLog log = CommitLog.open(storage, options())) {
      append(log, RECORDS);
      log.flush();
      maintain(log);
      append(log, RECORDS);
      log.awaitDurable(2 * RECORDS - 1);
      assertReads(log, 0, 2 * RECORDS);
      assertThat(log.offsetForTimestamp(50)).hasValue(50);
      log.advanceStartOffset(20);
      maintain(log);
      assertReads(log, 20, 2 * RECORDS);
      assertThat(log.segments()).isNotEmpty();
    }
  }

  @Test
  void aThreadThatWasInterruptedBeforeDoesEverything() {
    Path directory = root.resolve("log-0");
    Thread.currentThread().interrupt();
    useLog(DirectoryStorage.open(directory));
    assertThat(Thread.interrupted()).as("the status is kept").isTrue();
    assertHolds(directory);
  }

  @Test
  void anInterruptAtAnyOperationOfTheDiskChangesNothing() {
    int operation = 0;
    InterruptingStorage storage;
    do {
      Path directory = root.resolve("log-" + ++operation);
      storage = new InterruptingStorage(operation);
      useLog(storage.over(DirectoryStorage.open(directory)));
      boolean interrupted = storage.operations >= operation;
      assertThat(Thread.interrupted()).as("operation %d", operation).isEqualTo(interrupted);
      assertHolds(directory);
    } while (storage.operations >= operation);
    assertThat(operation).isGreaterThan(100);
  }

  private static void assertHolds(Path directory) {
    Storage storage = new UnforcedStorage(DirectoryStorage.open(directory));
    try (CommitLog log = CommitLog.open(storage, options())) {
      assertThat(log.openReport().closedInOrder()).isTrue();
      assertReads(log, 20, 2 * RECORDS);
    }
  }

  @Test
  void anInterruptedReaderThatWaitsReturnsAtOnceAndReadsOnLater() {
    try (CommitLog log = CommitLog.open(root, options());
        LogReader reader = log.reader(0)) {
      Thread.currentThread().interrupt();
      assertThat(reader.awaitNext(Duration.ofDays(1))).isFalse();
      append(log, 1);
      assertThat(reader.awaitNext(Duration.ofDays(1))).as("it is there already").isTrue();
      assertThat(Thread.interrupted()).isTrue();
      append(log, 1);
      assertThat(reader.next()).isTrue();
    }
  }

  @Test
  void anInterruptedTransferFailsAndTheBatchesCanBeSentAgainAlsoWhenDeletedMeanwhile()
      throws IOException {
    Path sent = root.resolve("sent");
    try (CommitLog log = CommitLog.open(root.resolve("log-0"), options())) {
      append(log, RECORDS);
      log.maintenance();
      try (PinnedBatches batches = log.read(0, Integer.MAX_VALUE);
          FileChannel target =
              FileChannel.open(sent, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        long bytes = batches.remainingBytes();
        byte[] expected = Files.readAllBytes(root.resolve("log-0/00000000000000000000.log"));
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> batches.transferTo(target))
            .isInstanceOf(ClosedByInterruptException.class);
        assertThat(Thread.interrupted()).as("the status is kept").isTrue();
        assertThat(batches.remainingBytes()).isEqualTo(bytes);

        log.advanceStartOffset(RECORDS);
        maintain(log);
        try (FileChannel next = FileChannel.open(sent, StandardOpenOption.WRITE)) {
          assertThat(batches.transferTo(next)).isEqualTo(bytes);
        }
        assertThat(Files.readAllBytes(sent)).isEqualTo(expected);
      }
      append(log, RECORDS);
      assertReads(log, RECORDS, 2 * RECORDS);
    }
  }

  @Test
  void anInterruptedThreadWaitsForTheLocksAllTheSame() throws Exception {
    BlockingStorage storage = new BlockingStorage();
    try (CommitLog log =
            CommitLog.open(storage.over(DirectoryStorage.open(root.resolve("log-0"))), options());
        var threads = Executors.newCachedThreadPool()) {
      append(log, 1);
      storage.block("force");
      Future<?> forces = threads.submit(log::flush);
      storage.awaitBlocked();
      Future<Boolean> waits = threads.submit(() -> interruptedAfter(log::flush));
      append(log, 1); // no append waits for a force
      storage.release();
      forces.get();
      assertThat(waits.get()).as("the status is kept").isTrue();

      storage.block("create");
      byte[] value = new byte[100];
      Future<?> rolls =
          threads.submit(() -> {
            for (int i = 0; i < RECORDS; i++) {
              log.append(null, value);
            }
          });
      storage.awaitBlocked();
      Future<Boolean> appends =
          threads.submit(() -> interruptedAfter(() -> log.append(null, value)));
      storage.release();
      rolls.get();
      assertThat(appends.get()).as("the status is kept").isTrue();
      assertThat(log.offsets().endOffset()).isEqualTo(RECORDS + 3);
      log.flush();
    }
  }

  private static boolean interruptedAfter(Runnable action) {
    Thread.currentThread().interrupt();
    action.run();
    return Thread.interrupted();
  }

  /**
   * Interrupts the calling thread at one operation. No other operation forces, for real forces
   * would take minutes.
   */
  private static final class InterruptingStorage extends WatchedStorage {
    private final int interruptAt;
    private int operations;

    InterruptingStorage(int interruptAt) {
      this.interruptAt = interruptAt;
    }

    @Override
    boolean before(String operation) {
      if (++operations == interruptAt) {
        Thread.currentThread().interrupt();
        return true;
      }
      return !operation.startsWith("force");
    }
  }

  /** Holds up one kind of operation until it is released. */
  private static final class BlockingStorage extends WatchedStorage {
    private volatile String blocked = "";
    private volatile CountDownLatch arrival = new CountDownLatch(1);
    private volatile CountDownLatch departure = new CountDownLatch(1);

    void block(String operation) {
      arrival = new CountDownLatch(1);
      departure = new CountDownLatch(1);
      blocked = operation;
    }

    void awaitBlocked() throws InterruptedException {
      arrival.await();
    }

    void release() {
      blocked = "";
      departure.countDown();
    }

    @Override
    boolean before(String operation) {
      if (operation.equals(blocked)) {
        arrival.countDown();
        while (departure.getCount() > 0) {
          Thread.onSpinWait();
        }
      }
      return true;
    }
  }
}
