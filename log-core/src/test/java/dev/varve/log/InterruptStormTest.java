package dev.varve.log;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Threads that write, read, force, send and trim while somebody interrupts them without pause. None
 * of them is told of anything but its own interrupted transfer, and a reader that nobody interrupts
 * sees every record.
 */
@Timeout(120)
class InterruptStormTest {
  private static final int RECORDS_MIN = 20_000;
  private static final int INTERRUPTS_MIN = 5_000;
  private static final int KEPT_RECORDS = 5_000;

  @TempDir Path root;

  private final AtomicBoolean done = new AtomicBoolean();
  private final AtomicLong interrupts = new AtomicLong();
  private final AtomicLong cutTransfers = new AtomicLong();

  /** The end of what the reader has seen that nobody interrupts. */
  private final AtomicLong readCleanlyEnd = new AtomicLong();

  private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();

  @Test
  void nobodyIsDisturbedAndNothingIsLost() throws Exception {
    LogOptions options =
        LogOptions.builder()
            .segmentBytesMax(20_000)
            .listener(
                new LogListener() {
                  @Override
                  public void maintenanceFailed(String task, Throwable cause) {
                    failures.add(cause);
                  }
                })
            .build();
    long end;
    try (CommitLog log = CommitLog.open(root, options)) {
      append(log); // so that there is a last record to send
      List<Thread> victims = new ArrayList<>();
      victims.add(victim(() -> append(log)));
      victims.add(victim(() -> append(log)));
      victims.add(victim(log::flush));
      victims.add(victim(() -> readTail(log)));
      victims.add(victim(() -> send(log)));
      victims.add(victim(() -> trim(log)));
      Thread disturber = Thread.ofPlatform().start(() -> interruptAll(victims));
      readCleanly(log);
      done.set(true);
      disturber.join();
      for (Thread victim : victims) {
        victim.join();
      }
      end = log.offsets().endOffset();
    }
    assertThat(failures).isEmpty();
    assertThat(interrupts).hasValueGreaterThanOrEqualTo(INTERRUPTS_MIN);
    assertThat(cutTransfers).hasPositiveValue();
    try (CommitLog log = CommitLog.open(root, options)) {
      assertThat(log.openReport().closedInOrder()).isTrue();
      assertThat(log.offsets().endOffset()).isEqualTo(end);
    }
  }

  /** A step of a victim. */
  @FunctionalInterface
  private interface Step {
    void run() throws IOException;
  }

  private Thread victim(Step step) {
    return Thread.ofPlatform()
        .start(() -> {
          try {
            while (!done.get()) {
              step.run();
              Thread.interrupted();
            }
          } catch (Throwable e) {
            failures.add(e);
            done.set(true);
          }
        });
  }

  private void interruptAll(List<Thread> victims) {
    while (!done.get()) {
      victims.forEach(Thread::interrupt);
      interrupts.addAndGet(victims.size());
      LockSupport.parkNanos(20_000);
    }
  }

  private static void append(CommitLog log) {
    log.append(null, "value".getBytes(US_ASCII));
  }

  /** Never past the reader that nobody interrupts, however slow it is. */
  private void trim(CommitLog log) {
    LogOffsets offsets = log.offsets();
    if (offsets.endOffset() - offsets.startOffset() > 2 * KEPT_RECORDS) {
      log.advanceStartOffset(Math.min(offsets.endOffset() - KEPT_RECORDS, readCleanlyEnd.get()));
    }
    LockSupport.parkNanos(1_000_000);
  }

  private static void readTail(CommitLog log) {
    long from = Math.max(log.offsets().startOffset(), log.offsets().endOffset() - 500);
    try (LogReader reader = log.reader(from)) {
      long expected = from;
      while (reader.next()) {
        assertThat(reader.record().offset()).isEqualTo(expected++);
      }
      log.offsetForTimestamp(reader.nextOffset());
    }
  }

  /** Sends a batch or more; a transfer that is cut off goes on to another channel. */
  private void send(CommitLog log) throws IOException {
    try (PinnedBatches batches = log.read(log.offsets().endOffset() - 1, 10_000)) {
      while (batches.remainingBytes() > 0) {
        try {
          batches.transferTo(Channels.newChannel(OutputStream.nullOutputStream()));
        } catch (ClosedByInterruptException e) {
          // An interrupt sets the status first and closes the channel then: in between, the step
          // before may have taken the status down.
          Thread.interrupted();
          cutTransfers.incrementAndGet();
        }
      }
    }
  }

  private void readCleanly(CommitLog log) {
    long expected = 0;
    try (LogReader reader = log.reader(0)) {
      while (!done.get() && (expected < RECORDS_MIN || interrupts.get() < INTERRUPTS_MIN)) {
        if (reader.next()) {
          assertThat(reader.record().offset()).isEqualTo(expected++);
          assertThat(reader.record().copyValue()).isEqualTo("value".getBytes(US_ASCII));
          readCleanlyEnd.set(expected);
        }
      }
    }
  }
}
