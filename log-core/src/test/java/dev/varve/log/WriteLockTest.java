package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
@SuppressWarnings("LockNotBeforeTry") // the lock itself is looked at
class WriteLockTest {
  private static final int THREADS = 4;
  private static final int ROUNDS = 20_000;

  private final WriteLock lock = new WriteLock();
  private long counter;

  @Test
  void oneThreadAtATimeHasIt() throws Exception {
    List<Future<?>> running = new ArrayList<>();
    try (var threads = Executors.newFixedThreadPool(THREADS)) {
      for (int i = 0; i < THREADS; i++) {
        running.add(threads.submit(this::count));
      }
    }
    for (Future<?> thread : running) {
      thread.get();
    }

    assertThat(counter).isEqualTo((long) THREADS * ROUNDS);
  }

  private void count() {
    for (int i = 0; i < ROUNDS; i++) {
      lock.lock();
      try {
        counter++;
      } finally {
        lock.unlock();
      }
    }
  }

  @Test
  void whoHasItMayNotTakeItAgain() {
    lock.lock();

    assertThatThrownBy(lock::lock).isInstanceOf(IllegalMonitorStateException.class);
    assertThat(lock.tryLock()).isFalse();
    lock.unlock();
    assertThat(lock.tryLock()).isTrue();
  }

  @Test
  void anInterruptNeitherEndsAWaitNorIsLost() throws Exception {
    lock.lock();
    CountDownLatch begun = new CountDownLatch(1);
    try (var thread = Executors.newSingleThreadExecutor()) {
      Future<Boolean> waiting =
          thread.submit(() -> {
            Thread.currentThread().interrupt();
            begun.countDown();
            lock.lock();
            boolean free = counter == 1;
            lock.unlock();
            return free && Thread.interrupted();
          });
      begun.await();
      counter = 1;
      lock.unlock();

      assertThat(waiting.get()).isTrue();
    }
  }

  @Test
  void whatItCannotDoItRefuses() {
    assertThatThrownBy(lock::newCondition).isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(lock::lockInterruptibly).isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> lock.tryLock(1, TimeUnit.SECONDS))
        .isInstanceOf(UnsupportedOperationException.class);
  }
}
