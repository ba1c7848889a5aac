package dev.varve.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The offset below which everything survives a power loss, and those who wait for it to pass
 * theirs. It only moves up.
 *
 * <p>Of the threads that wait, one leads and forces for all: {@link #leadOrAwait}. Each of the
 * others sleeps until a force has covered its offset, or until the lead is handed to it; nobody
 * wakes in vain.
 *
 * <p>Thread safety: safe for use by several threads. Futures complete on the common pool, so that
 * what hangs on them holds up neither the disk nor an append.
 */
final class DurableEnd {
  private volatile long offset;

  @GuardedBy("this")
  private final PriorityQueue<Waiter> waiters =
      new PriorityQueue<>(Comparator.comparingLong(Waiter::endOffset));

  /** In the order in which they came; none if nobody leads. */
  @GuardedBy("this")
  private final Queue<Follower> followers = new ArrayDeque<>();

  /** Whether one of the waiting threads forces for all. */
  @GuardedBy("this")
  private boolean led;

  /** Why nothing will be forced any more. */
  @GuardedBy("this")
  private @Nullable RuntimeException failure;

  private record Waiter(long endOffset, CompletableFuture<Void> future) {}

  /** A thread that sleeps until it is released. */
  private static final class Follower {
    private final long endOffset;
    private final Thread thread = Thread.currentThread();
    private boolean leads;
    private volatile boolean released;

    Follower(long endOffset) {
      this.endOffset = endOffset;
    }

    /** Returns whether this thread leads now. An interrupt is kept for later. */
    boolean await() {
      boolean interrupted = false;
      while (!released) {
        LockSupport.park(this);
        interrupted |= Thread.interrupted();
      }
      if (interrupted) {
        thread.interrupt();
      }
      return leads;
    }

    void release(boolean toLead) {
      leads = toLead;
      released = true;
      LockSupport.unpark(thread);
    }
  }

  DurableEnd(long offset) {
    this.offset = offset;
  }

  /** The offset below which everything is durable. */
  long get() {
    return offset;
  }

  /**
   * Makes the calling thread the leader if there is none, or else waits until everything below an
   * offset is durable or the lead is handed over.
   *
   * @return whether the calling thread leads now: it must {@link #endLead}, whatever happens
   */
  boolean leadOrAwait(long endOffset) {
    Follower follower;
    synchronized (this) {
      if (offset >= endOffset) {
        return false;
      }
      if (!led) {
        led = true;
        return true;
      }
      follower = new Follower(endOffset);
      followers.add(follower);
    }
    return follower.await();
  }

  /** Hands the lead to the one who has waited longest of those that no force has covered yet. */
  void endLead() {
    Follower next;
    synchronized (this) {
      next = followers.poll();
      led = next != null;
    }
    if (next != null) {
      next.release(true);
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
    List<Waiter> dueWaiters = new ArrayList<>();
    List<Follower> dueFollowers = new ArrayList<>();
    synchronized (this) {
      offset = Math.max(offset, endOffset);
      while (!waiters.isEmpty() && waiters.element().endOffset <= offset) {
        dueWaiters.add(waiters.remove());
      }
      followers.removeIf(next -> next.endOffset <= offset && dueFollowers.add(next));
    }
    dueFollowers.forEach(follower -> follower.release(false));
    for (Waiter due : dueWaiters) {
      ForkJoinPool.commonPool().execute(() -> due.future.complete(null));
    }
  }

  /** Tells those who wait, now or later, that nothing will be forced any more. */
  void fail(RuntimeException cause) {
    List<Waiter> left;
    synchronized (this) {
      failure = failure == null ? cause : failure;
      left = List.copyOf(waiters);
      waiters.clear();
    }
    for (Waiter waiter : left) {
      ForkJoinPool.commonPool().execute(() -> waiter.future.completeExceptionally(cause));
    }
  }
}
