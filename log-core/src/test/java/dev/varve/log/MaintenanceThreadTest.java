package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.MaintenanceThread.Part;
import dev.varve.log.error.LogClosedException;
import dev.varve.log.error.LogIOException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class MaintenanceThreadTest {
  private static final Path LOG = Path.of("log-0");

  private final ConcurrentLinkedQueue<Throwable> reported = new ConcurrentLinkedQueue<>();
  private final LogListener listener =
      new LogListener() {
        @Override
        public void maintenanceFailed(String task, Throwable cause) {
          assertThat(task).isEqualTo("part");
          reported.add(cause);
          throw new IllegalStateException("a listener that throws");
        }
      };

  private Part part(IntSupplier work) {
    return new Part("part", listener, work);
  }

  private static void fail(String how) {
    switch (how) {
      case "log" -> throw new LogIOException("failed", new IOException());
      case "bug" -> throw new IllegalStateException("failed");
      default -> throw new OutOfMemoryError("failed");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"log", "bug", "error"})
  void aPartThatFailsIsReportedAndTriedLessOftenUntilItSucceeds(String how) {
    AtomicBoolean failing = new AtomicBoolean(true);
    AtomicInteger tries = new AtomicInteger();
    Part part =
        part(() -> {
          tries.incrementAndGet();
          if (failing.get()) {
            fail(how);
          }
          return 7;
        });
    for (int step = 0; step < 3000; step++) {
      assertThat(part.step()).isZero();
    }
    assertThat(tries).hasValueBetween(10, 13);
    assertThat(reported).hasSize(tries.get()).allMatch(e -> "failed".equals(e.getMessage()));
    failing.set(false);
    int steps = 0;
    while (part.step() == 0) {
      steps++;
    }
    assertThat(steps).isLessThanOrEqualTo(1024);
    assertThat(part.step()).isEqualTo(7);
    failing.set(true);
    tries.set(0);
    for (int step = 0; step < 5; step++) {
      part.step();
    }
    assertThat(tries).as("the pauses are short again").hasValue(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"log", "bug", "error", "interrupt"})
  void nothingButTheEndOfTheLogEndsTheThread(String how) throws InterruptedException {
    Semaphore steps = new Semaphore(0);
    AtomicInteger tries = new AtomicInteger();
    IntSupplier work =
        () -> {
          steps.release();
          if (how.equals("interrupt")) {
            Thread.currentThread().interrupt();
          } else if (tries.getAndIncrement() % 2 == 0) {
            fail(how);
          }
          return 0;
        };
    try (MaintenanceThread _ = MaintenanceThread.start(LOG, part(work))) {
      steps.acquire(10);
    }
    steps.drainPermits();
    assertThat(steps.tryAcquire()).as("a step after the close").isFalse();
  }

  @Test
  void theEndOfTheLogEndsTheThread() throws InterruptedException {
    Thread[] thread = new Thread[1];
    CountDownLatch begun = new CountDownLatch(1);
    Part part =
        part(() -> {
          thread[0] = Thread.currentThread();
          begun.countDown();
          throw new LogClosedException("closed");
        });
    try (MaintenanceThread _ = MaintenanceThread.start(LOG, part)) {
      begun.await();
      thread[0].join();
    }
    assertThat(reported).isEmpty();
  }

  @Test
  void aPartThatFailsKeepsNoOtherFromItsWork() throws InterruptedException {
    Semaphore steps = new Semaphore(0);
    Part failing =
        part(() -> {
          throw new IllegalStateException("failed");
        });
    Part working =
        part(() -> {
          steps.release();
          return 1;
        });
    try (MaintenanceThread _ = MaintenanceThread.start(LOG, failing, working)) {
      steps.acquire(100);
    }
    assertThat(reported).isNotEmpty().hasSizeLessThan(100);
  }

  @Test
  void aCloseByAnInterruptedThreadWaitsForTheStepWithoutDisturbingIt() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch closing = new CountDownLatch(1);
    AtomicBoolean done = new AtomicBoolean();
    AtomicBoolean disturbed = new AtomicBoolean();
    Thread closer = Thread.currentThread();
    MaintenanceThread thread =
        MaintenanceThread.start(
            LOG,
            part(() -> {
              begun.countDown();
              while (closing.getCount() > 0) {
                Thread.onSpinWait();
              }
              while (closer.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
              }
              disturbed.set(Thread.currentThread().isInterrupted());
              done.set(true);
              return 1;
            }));
    begun.await();
    Thread.currentThread().interrupt();
    closing.countDown();
    thread.close();
    assertThat(Thread.interrupted()).as("the status is kept").isTrue();
    assertThat(done).isTrue();
    assertThat(disturbed).isFalse();
  }
}
