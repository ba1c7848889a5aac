package dev.varve.log.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class MaintenanceThreadTest {
  private static MaintenanceTask task(Work work) {
    return new MaintenanceTask() {
      @Override
      public int doWork() {
        return work.step();
      }

      @Override
      public String roleName() {
        return "task";
      }

      @Override
      public long idleMillisMax() {
        return 0;
      }
    };
  }

  private interface Work {
    int step();
  }

  private static void fail(String how) {
    switch (how) {
      case "bug" -> throw new IllegalStateException("failed");
      case "error" -> throw new OutOfMemoryError("failed");
      default -> Thread.currentThread().interrupt();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bug", "error", "interrupt"})
  void nothingButTheCloseEndsTheThread(String how) throws InterruptedException {
    Semaphore steps = new Semaphore(0);
    AtomicInteger tries = new AtomicInteger();
    try (Maintenance maintenance = Maintenance.onThread("test-maintenance")) {
      maintenance.add(
          task(() -> {
            steps.release();
            if (tries.getAndIncrement() % 2 == 0) {
              fail(how);
            }
            return 0;
          }));
      steps.acquire(10);
    }
    steps.drainPermits();
    assertThat(steps.tryAcquire()).as("a step after the close").isFalse();
  }

  /** A clock of an embedder's that fails, for example. */
  @ParameterizedTest
  @ValueSource(strings = {"bug", "error"})
  void aRoundThatFailsDoesNotEndTheThread(String how) throws InterruptedException {
    Semaphore rounds = new Semaphore(0);
    try (MaintenanceThread _ =
        MaintenanceThread.start(
            "test-maintenance",
            () -> {
              rounds.release();
              fail(how);
              return 1;
            })) {
      rounds.acquire(10);
    }
    assertThat(rounds.availablePermits()).isNotNegative();
  }

  @Test
  void aTaskIsTakenOutAfterTheStepThatIsUnderWay() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    AtomicBoolean done = new AtomicBoolean();
    Thread closer = Thread.currentThread();
    try (Maintenance maintenance = Maintenance.onThread("test-maintenance")) {
      ScheduledTask scheduled =
          maintenance.add(
              task(() -> {
                begun.countDown();
                while (closer.getState() != Thread.State.WAITING) {
                  Thread.onSpinWait();
                }
                done.set(true);
                return 1;
              }));
      begun.await();
      scheduled.close();
      assertThat(done).isTrue();
    }
  }

  /** And the status can be asked for meanwhile. */
  @Test
  void aCloseByAnInterruptedThreadWaitsForTheStepWithoutDisturbingIt() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch closing = new CountDownLatch(1);
    AtomicBoolean done = new AtomicBoolean();
    AtomicBoolean disturbed = new AtomicBoolean();
    Thread closer = Thread.currentThread();
    Maintenance maintenance = Maintenance.onThread("test-maintenance");
    maintenance.add(
        task(() -> {
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
    assertThat(maintenance.status().getFirst().steps()).isZero();
    Thread.currentThread().interrupt();
    closing.countDown();
    maintenance.close();
    assertThat(Thread.interrupted()).as("the status is kept").isTrue();
    assertThat(done).isTrue();
    assertThat(disturbed).isFalse();
  }
}
