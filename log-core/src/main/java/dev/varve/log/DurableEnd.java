package dev.varve.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.log.error.LogTruncatedException;
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
 * theirs. It only moves up, but for a truncation of the log.
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

  /** The end that the leader waits for. */
  @GuardedBy("this")
  private long leaderEndOffset;

  /** Whether what the leader waits for was truncated. */
  @GuardedBy("this")
  private @Nullable LogTruncatedException leaderCut;

  /** Why nothing will be forced any more. */
  @GuardedBy("this")
  private @Nullable RuntimeException failure;

  private record Waiter(long endOffset, CompletableFuture<Void> future) {}

  /** A thread that sleeps until it is released. */
  private static final class Follower {
    private final long endOffset;
    private final Thread thread = Thread.currentThread();
    private boolean leads;
    private @Nullable LogTruncatedException cut;
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
      if (cut != null) {
        throw cut;
      }
      return leads;
    }

    void release(boolean toLead, @Nullable LogTruncatedException truncated) {
      leads = toLead;
      cut = truncated;
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
   * @throws LogTruncatedException if the offset is truncated meanwhile
   */
  boolean leadOrAwait(long endOffset) {
    Follower follower;
    synchronized (this) {
      if (offset >= endOffset) {
        return false;
      }
      if (!led) {
        led = true;
        leaderEndOffset = endOffset;
        return true;
      }
      follower = new Follower(endOffset);
      followers.add(follower);
    }
    return follower.await();
  }

  /**
   * Hands the lead to the one who has waited longest of those that no force has covered yet.
   *
   * @return what the leader has to throw if its offset was truncated meanwhile; else null
   */
  @Nullable LogTruncatedException endLead() {
    Follower next;
    LogTruncatedException cut;
    synchronized (this) {
      cut = leaderCut;
      leaderCut = null;
      next = followers.poll();
      led = next != null;
      leaderEndOffset = next == null ? 0 : next.endOffset;
    }
    if (next != null) {
      next.release(true, null);
    }
    return cut;
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
    dueFollowers.forEach(follower -> follower.release(false, null));
    for (Waiter due : dueWaiters) {
      ForkJoinPool.commonPool().execute(() -> due.future.complete(null));
    }
  }

  /**
   * Moves the end down to that of a log that was truncated, and tells those who waited for more.
   */
  void truncate(String log, long endOffset) {
    List<Waiter> cutWaiters = new ArrayList<>();
    List<Follower> cutFollowers = new ArrayList<>();
    synchronized (this) {
      offset = Math.min(offset, endOffset);
      if (led && leaderEndOffset > endOffset) {
        leaderCut = new LogTruncatedException(log, leaderEndOffset, endOffset);
      }
      waiters.removeIf(next -> next.endOffset > endOffset && cutWaiters.add(next));
      followers.removeIf(next -> next.endOffset > endOffset && cutFollowers.add(next));
    }
    for (Follower cut : cutFollowers) {
      cut.release(false, new LogTruncatedException(log, cut.endOffset, endOffset));
    }
    for (Waiter cut : cutWaiters) {
      LogTruncatedException cause = new LogTruncatedException(log, cut.endOffset, endOffset);
      ForkJoinPool.commonPool().execute(() -> cut.future.completeExceptionally(cause));
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
