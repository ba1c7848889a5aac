package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.error.LogClosedException;
import dev.varve.log.error.OffsetOutOfRangeException;
import dev.varve.log.record.RecordCursor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Readers under which segments are rolled, settled, unmapped and deleted, and at last the log is
 * closed. They may be told that the start has passed them or that the log was closed; nothing else,
 * and what they read is what was written.
 */
@Timeout(120)
class UglyCloseTest {
  @TempDir Path root;

  @RepeatedTest(2)
  void readersSeeOnlyDocumentedExceptionsAndOnlyWhatWasWritten() throws Exception {
    LogOptions options = LogOptions.builder().segmentBytesMax(4000).indexIntervalBytes(500).build();
    ConcurrentLinkedQueue<Throwable> maintenanceFailures = new ConcurrentLinkedQueue<>();
    AtomicLong read = new AtomicLong();
    CommitLog log = CommitLog.open(root, withListener(options, maintenanceFailures));
    CountDownLatch warm = new CountDownLatch(4);
    try (var threads = Executors.newFixedThreadPool(4)) {
      List<Future<?>> readers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        boolean pinned = i % 2 == 0;
        readers.add(threads.submit(() -> readUntilClosed(log, pinned, read, warm)));
      }
      for (int i = 0; i < 800 || warm.getCount() > 0; i++) {
        log.append(("key " + i).getBytes(UTF_8), ("value of key " + i).getBytes(UTF_8));
        if (i % 200 == 199) {
          long end = log.offsets().endOffset();
          log.advanceStartOffset(end - 50);
        }
      }
      log.close();
      for (Future<?> reader : readers) {
        reader.get();
      }
    }
    assertThat(read).hasPositiveValue();
    assertThat(maintenanceFailures).isEmpty();
    try (CommitLog again = CommitLog.open(root, options)) {
      assertThat(again.offsets().endOffset()).isGreaterThanOrEqualTo(800);
    }
  }

  private static LogOptions withListener(
      LogOptions options, ConcurrentLinkedQueue<Throwable> failures) {
    return LogOptions.builder()
        .segmentBytesMax(options.segmentBytesMax())
        .indexIntervalBytes(500)
        .listener(
            new LogListener() {
              @Override
              public void maintenanceFailed(String task, Throwable cause) {
                failures.add(cause);
              }
            })
        .build();
  }

  private static void readUntilClosed(
      CommitLog log, boolean pinned, AtomicLong read, CountDownLatch warm) {
    RecordCursor cursor = new RecordCursor();
    while (true) {
      try {
        long start = log.offsets().startOffset();
        long before = read.get();
        if (pinned) {
          readPinned(log, start, cursor, read);
        } else {
          readOn(log, start, read);
        }
        if (read.get() > before) {
          warm.countDown();
        }
      } catch (OffsetOutOfRangeException e) {
        assertThat(e.offset()).isLessThan(e.startOffset());
      } catch (LogClosedException e) {
        return;
      }
    }
  }

  private static void readPinned(CommitLog log, long start, RecordCursor cursor, AtomicLong read) {
    try (PinnedBatches batches = log.read(start, 3000)) {
      while (batches.next()) {
        cursor.open(batches.batch());
        while (cursor.next()) {
          check(cursor.record());
          read.incrementAndGet();
        }
      }
    }
  }

  private static void readOn(CommitLog log, long start, AtomicLong read) {
    try (LogReader reader = log.reader(start)) {
      long expected = start;
      while (reader.next()) {
        assertThat(reader.record().offset()).isEqualTo(expected++);
        check(reader.record());
        read.incrementAndGet();
      }
    }
  }

  private static void check(dev.varve.log.record.Record record) {
    byte[] key = ("key " + record.offset()).getBytes(UTF_8);
    assertThat(record.copyKey()).isEqualTo(key);
    assertThat(record.copyValue()).isEqualTo(("value of key " + record.offset()).getBytes(UTF_8));
  }
}
