package dev.varve.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinPool;
import org.jspecify.annotations.Nullable;

/**
 * The offset below which everything survives a power loss, and those who wait for it to pass
 * theirs. It only moves up.
 *
 * <p>Threads that wait have a leader, who forces for all of them: {@link #tryLead}. The others wake
 * together when it is done; those whose offset the force did not cover find a new leader.
 *
 * <p>Thread safety: safe for use by several threads. Futures complete on the common pool, so that
 * what hangs on them holds up neither the disk nor an append.
 */
final class DurableEnd {
  private volatile long offset;

  @GuardedBy("this")
  private final PriorityQueue<Waiter> waiters =
      new PriorityQueue<>(Comparator.comparingLong(Waiter::endOffset));

  /** Why nothing will be forced any more. */
  @GuardedBy("this")
  private @Nullable RuntimeException failure;

  /** Whether one of the waiting threads forces for all. */
  @GuardedBy("this")
  private boolean led;

  private record Waiter(long endOffset, CompletableFuture<Void> future) {}

  DurableEnd(long offset) {
    this.offset = offset;
  }

  /** The offset below which everything is durable. */
  long get() {
    return offset;
  }

  /** Makes the calling thread the leader, who must {@link #endLead}; false if there is one. */
  synchronized boolean tryLead() {
    if (led) {
      return false;
    }
    led = true;
    return true;
  }

  /** The leader has done what it could: the others look whether that was enough. */
  synchronized void endLead() {
    led = false;
    notifyAll();
  }

  /**
   * Waits until everything below an offset is durable, or a new leader is needed. An interrupt is
   * kept for later.
   */
  void awaitLeader(long endOffset) {
    boolean interrupted = false;
    synchronized (this) {
      while (led && offset < endOffset) {
        try {
          wait();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Completes when everything below an offset is durable. */
  CompletableFuture<Void> whenReached(long endOffset) {
    CompletableFuture<Void> future = new CompletableFuture<>();
    synchronized (this) {
      if (offset < endOffset) {
        if (failure != null) {
          return CompletableFuture.failedFuture(failure);
        }
        waiters.add(new Waiter(endOffset, future));
        return future;
      }
    }
    future.complete(null);
    return future;
  }

  /** Whether somebody waits for a force. */
  synchronized boolean isAwaited() {
    return !waiters.isEmpty();
  }

  /** Moves the end up, and tells those who waited for it. */
  void moveTo(long endOffset) {
    Waiter due = advance(endOffset);
    while (due != null) {
      completeLater(due.future);
      due = advance(endOffset);
    }
  }

  private static void completeLater(CompletableFuture<Void> future) {
    ForkJoinPool.commonPool().execute(() -> future.complete(null));
  }

  private synchronized @Nullable Waiter advance(long endOffset) {
    if (endOffset > offset) {
      offset = endOffset;
      notifyAll();
    }
    Waiter first = waiters.peek();
    return first != null && first.endOffset <= offset ? waiters.poll() : null;
  }

  /** Tells those who wait, now or later, that nothing will be forced any more. */
  void fail(RuntimeException cause) {
    synchronized (this) {
      failure = failure == null ? cause : failure;
    }
    Waiter waiter = takeAny();
    while (waiter != null) {
      CompletableFuture<Void> future = waiter.future;
      ForkJoinPool.commonPool().execute(() -> future.completeExceptionally(cause));
      waiter = takeAny();
    }
  }

  private synchronized @Nullable Waiter takeAny() {
    return waiters.poll();
  }
}
