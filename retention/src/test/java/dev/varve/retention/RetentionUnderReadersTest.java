package dev.varve.retention;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.AutoOffsetReset;
import dev.varve.log.CommitLog;
import dev.varve.log.LogListener;
import dev.varve.log.LogOffsets;
import dev.varve.log.LogOptions;
import dev.varve.log.LogReader;
import dev.varve.log.Visibility;
import dev.varve.log.error.LogClosedException;
import dev.varve.log.error.OffsetOutOfRangeException;
import dev.varve.log.storage.SimulatedDisk;
import dev.varve.log.storage.SimulatedDiskExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.agrona.concurrent.SystemEpochClock;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Readers of a log that gives up its old segments all the time. Those that are left behind are told
 * so, and nothing else; those that hold a lease are not left behind; at the end nothing is held: no
 * mapping, file, descriptor or thread. (The extension counts mappings and files.)
 */
@Timeout(120)
@ExtendWith(SimulatedDiskExtension.class)
class RetentionUnderReadersTest {
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
    CommitLog log = CommitLog.open(disk, options());
    LogRetention retention =
        new LogRetention(
            log, RetentionPolicy.of(RetentionRule.bytes(4000)), leases, SystemEpochClock.INSTANCE);
    try (var threads = Executors.newFixedThreadPool(READERS)) {
      List<Future<?>> readers = new ArrayList<>();
      readers.add(threads.submit(() -> untilClosed(() -> readOn(log))));
      readers.add(threads.submit(() -> untilClosed(() -> readWithReset(log))));
      readers.add(threads.submit(() -> untilClosed(() -> readLeased(log, "a"))));
      readers.add(threads.submit(() -> untilClosed(() -> readLeased(log, "b"))));
      try {
        appendAndRetain(log, retention);
      } finally {
        log.close(); // ends the readers
      }
      for (Future<?> reader : readers) {
        reader.get();
      }
    }
    log.close(); // what readers still had pinned
    assertThat(failures).isEmpty();
    assertThat(deleted).isNotEmpty().doesNotHaveDuplicates();
    assertThat(leases.list()).isEmpty();
    assertThat(disk.afterKill().list())
        .noneMatch(name -> name.endsWith(".deleted") && isDeleted(name));
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().startsWith("varve-"));
  }

  private void appendAndRetain(CommitLog log, LogRetention retention) {
    for (int i = 0; i < APPENDS_MIN || warm.getCount() > 0; i++) {
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
      reading.run();
      warm.countDown();
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
