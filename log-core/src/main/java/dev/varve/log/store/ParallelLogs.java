package dev.varve.log.store;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Does the same for many logs, some at a time: opening one waits for the disk most of the time. */
final class ParallelLogs {
  private ParallelLogs() {}

  /**
   * Does something for each; returns when all is done. An interrupt is kept for later.
   *
   * @param threads how many to do at a time, one of them on the caller's thread
   * @param job should not throw; if it does, the others are done all the same, and the first that
   *     was thrown is thrown at the end
   */
  static <T> void forEach(Collection<T> all, int threads, Consumer<T> job) {
    Queue<T> left = new ConcurrentLinkedQueue<>(all);
    AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
    Runnable work = () -> work(left, job, thrown);
    List<Thread> others = new ArrayList<>();
    try {
      for (int i = 1; i < Math.min(threads, all.size()); i++) {
        Thread thread = new Thread(work, "varve-store-" + i);
        thread.setDaemon(true);
        thread.start();
        others.add(thread);
      }
    } catch (OutOfMemoryError e) {
      // The system has no thread for us: those that there are do it.
    }
    work.run();
    others.forEach(ParallelLogs::join);
    switch (thrown.get()) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
  }

  private static <T> void work(
      Queue<T> left, Consumer<T> job, AtomicReference<@Nullable Throwable> thrown) {
    for (T next = left.poll(); next != null; next = left.poll()) {
      try {
        job.accept(next);
      } catch (Throwable e) {
        thrown.compareAndSet(null, e);
      }
    }
  }

  private static void join(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
