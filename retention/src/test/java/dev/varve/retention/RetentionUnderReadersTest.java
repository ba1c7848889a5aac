package dev.varve.retention;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.AutoOffsetReset;
import dev.varve.log.CommitLog;
import dev.varve.log.LogListener;
import dev.varve.log.LogOffsets;
import dev.varve.log.LogOptions;
import dev.varve.log.LogReader;
import dev.varve.log.Visibility;
import dev.varve.log.error.CorruptLogException;
import dev.varve.log.error.LogClosedException;
import dev.varve.log.error.OffsetOutOfRangeException;
import dev.varve.log.storage.DirectoryStorage;
import dev.varve.log.storage.ForwardingStorage;
import dev.varve.log.storage.SimulatedDisk;
import dev.varve.log.storage.SimulatedDiskExtension;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.agrona.concurrent.SystemEpochClock;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Readers of a log that gives up its old segments all the time. Those that are left behind are told
 * so, and nothing else; those that hold a lease are not left behind; at the end nothing is held: no
 * mapping, file, descriptor or thread. (The extension counts mappings and files.)
 */
@Timeout(120)
@ExtendWith(SimulatedDiskExtension.class)
class RetentionUnderReadersTest {
  private static final boolean UNTIL_WARM = false;
  private static final boolean UNTIL_NOTICED = true;
  private static final int APPENDS_MIN = 1500;
  private static final int READERS = 4;
  private static final int RECORDS_AT_ONCE = 40;

  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final Queue<Long> deleted = new ConcurrentLinkedQueue<>();
  private final CountDownLatch warm = new CountDownLatch(READERS);
  private final ReaderLeases leases =
      new ReaderLeases(
          new LeaseLimits(Long.MAX_VALUE, Duration.ofDays(1)), SystemEpochClock.INSTANCE, _ -> {});

  private LogOptions options() {
    return LogOptions.builder()
        .segmentBytesMax(2000)
        .indexIntervalBytes(500)
        .listener(
            new LogListener() {
              @Override
              public void maintenanceFailed(String task, Throwable cause) {
                failures.add(cause);
              }

              @Override
              public void segmentDeleted(long baseOffset) {
                deleted.add(baseOffset);
              }
            })
        .build();
  }

  @RepeatedTest(2)
  void readersMeetWhatIsDocumentedAndNothingIsLeftOver(SimulatedDisk disk) throws Exception {
    run(disk, leases, UNTIL_WARM);
    assertThat(disk.afterKill().list())
        .noneMatch(name -> name.endsWith(".deleted") && isDeleted(name));
  }

  /** The same where descriptors and mappings are those of the system. */
  @Test
  void nothingOfARealDirectoryIsLeftOver(@TempDir Path directory) throws Exception {
    Path log = directory.resolve("orders-0");
    run(DirectoryStorage.open(log), leases, UNTIL_WARM);
    assertThat(descriptorsBelow(directory)).isEmpty();
    assertThat(Files.readAllLines(Path.of("/proc/self/maps"), ISO_8859_1))
        .noneMatch(line -> line.contains(directory.toString()));
    try (Stream<Path> files = Files.list(log)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.endsWith(".deleted") && isDeleted(name))
          .doesNotContain("varve.lock");
    }
    try (CommitLog open = CommitLog.open(log)) {
      assertThat(descriptorsBelow(directory)).as("what is counted").isNotEmpty();
      assertThat(open.openReport().closedInOrder()).isTrue();
    }
  }

  private static List<Path> descriptorsBelow(Path directory) throws IOException {
    Path real = directory.toRealPath();
    List<Path> found = new ArrayList<>();
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        try {
          Path file = Files.readSymbolicLink(descriptor);
          if (file.startsWith(real)) {
            found.add(file);
          }
        } catch (NoSuchFileException e) {
          // closed meanwhile
        }
      }
    }
    return found;
  }

  /** Null control: what if retention did not ask for leases. */
  @Test
  void thatALeaseIsOverlookedIsNoticed(SimulatedDisk disk) {
    ReaderLeases others =
        new ReaderLeases(
            new LeaseLimits(Long.MAX_VALUE, Duration.ofDays(1)),
            SystemEpochClock.INSTANCE,
            _ -> {});
    assertThatThrownBy(() -> run(disk, others, UNTIL_NOTICED))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(OffsetOutOfRangeException.class);
  }

  /** Null control: what if a file's room was given to others as soon as the file is given up. */
  @Test
  void thatAPinIsOverlookedIsNoticed(SimulatedDisk disk) {
    Storage overlooking =
        new ForwardingStorage(disk) {
          @Override
          public void rename(String from, String to) throws IOException {
            super.rename(from, to);
            if (to.endsWith(".log.deleted")) {
              try (StorageFile file = open(to)) {
                file.write(0, MemorySegment.ofArray(new byte[(int) file.size()]));
              }
            }
          }
        };
    assertThatThrownBy(() -> run(overlooking, leases, UNTIL_NOTICED))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(CorruptLogException.class);
  }

  private void run(Storage storage, ReaderLeases honored, boolean untilNoticed) throws Exception {
    CommitLog log = CommitLog.open(storage, options());
    LogRetention retention =
        new LogRetention(
            log, RetentionPolicy.of(RetentionRule.bytes(4000)), honored, SystemEpochClock.INSTANCE);
    try (var threads = Executors.newFixedThreadPool(READERS)) {
      List<Future<?>> readers = new ArrayList<>();
      readers.add(threads.submit(() -> untilClosed(() -> readOn(log))));
      readers.add(threads.submit(() -> untilClosed(() -> readWithReset(log))));
      readers.add(threads.submit(() -> untilClosed(() -> readLeased(log, "a"))));
      readers.add(threads.submit(() -> untilClosed(() -> readLeased(log, "b"))));
      try {
        BooleanSupplier enough =
            untilNoticed
                ? () -> readers.stream().anyMatch(Future::isDone)
                : () -> warm.getCount() == 0;
        appendAndRetain(log, retention, enough);
      } finally {
        log.close(); // ends the readers
      }
      for (Future<?> reader : readers) {
        reader.get();
      }
    } finally {
      log.close(); // again: what readers still had pinned, also those that failed
    }
    assertThat(failures).isEmpty();
    assertThat(deleted).isNotEmpty().doesNotHaveDuplicates();
    assertThat(leases.list()).isEmpty();
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().startsWith("varve-"));
  }

  private static void appendAndRetain(
      CommitLog log, LogRetention retention, BooleanSupplier enough) {
    for (int i = 0; i < APPENDS_MIN || !enough.getAsBoolean(); i++) {
      log.append(("key " + i).getBytes(US_ASCII), ("value of key " + i).getBytes(US_ASCII));
      if (i % 20 == 19) {
        retention.run();
      }
    }
    assertThat(log.offsets().startOffset()).isPositive();
  }

  /** A file of a segment that was said to be gone. */
  private boolean isDeleted(String name) {
    return deleted.contains(Long.parseLong(name.substring(0, name.indexOf('.'))));
  }

  private void untilClosed(Runnable reading) {
    try {
      try {
        reading.run();
      } finally {
        warm.countDown(); // also if it fails, which is told at the end
      }
      while (true) {
        reading.run();
      }
    } catch (LogClosedException e) {
      // the end of the test
    }
  }

  /** Follows the log until the start has passed it. */
  private static void readOn(CommitLog log) {
    try (LogReader reader = log.reader(log.offsets().startOffset())) {
      long expected = reader.nextOffset();
      for (int i = 0; i < RECORDS_AT_ONCE; i++) {
        if (reader.next()) {
          check(reader, expected++);
        }
      }
    } catch (OffsetOutOfRangeException e) {
      assertThat(e.offset()).isLessThan(e.startOffset());
    }
  }

  /** Is never told, and skips what is gone. */
  private static void readWithReset(CommitLog log) {
    try (LogReader reader = log.reader(0, Visibility.WRITTEN, AutoOffsetReset.EARLIEST)) {
      long last = -1;
      for (int i = 0; i < RECORDS_AT_ONCE; i++) {
        if (reader.next()) {
          assertThat(reader.record().offset()).isGreaterThan(last);
          last = reader.record().offset();
          check(reader, last);
        }
      }
    }
  }

  /** Is never left behind, once the lease holds what it begins with. */
  private void readLeased(CommitLog log, String name) {
    LogOffsets offsets = log.offsets();
    long from = (offsets.startOffset() + offsets.endOffset()) / 2; // or no start would ever move
    try (ReaderLease lease = leases.take(name, from)) {
      LogReader opened;
      try {
        opened = log.reader(from);
      } catch (OffsetOutOfRangeException e) {
        return; // it was given up before the lease was there
      }
      try (LogReader reader = opened) {
        for (int i = 0; i < RECORDS_AT_ONCE; i++) {
          if (reader.next()) {
            check(reader, from + i);
            lease.advanceTo(reader.nextOffset());
          } else {
            break;
          }
        }
      }
    }
  }

  private static void check(LogReader reader, long offset) {
    assertThat(reader.record().offset()).isEqualTo(offset);
    assertThat(reader.record().copyKey()).isEqualTo(("key " + offset).getBytes(US_ASCII));
    assertThat(reader.record().copyValue())
        .isEqualTo(("value of key " + offset).getBytes(US_ASCII));
  }
}
