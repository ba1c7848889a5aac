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

  private record Waiter(long endOffset, CompletableFuture<Void> future) {}

  DurableEnd(long offset) {
    this.offset = offset;
  }

  /** The offset below which everything is durable. */
  long get() {
    return offset;
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
    offset = Math.max(offset, endOffset);
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
