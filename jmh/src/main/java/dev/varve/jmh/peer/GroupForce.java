package dev.varve.jmh.peer;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Group commit for those that have none of their own: whoever comes first leads and forces for all
 * that was written by then; the others sleep until a force has covered them, or until it is their
 * turn to lead. The log does it in the same way, so that nobody is at a disadvantage.
 *
 * <p>Thread safety: safe.
 */
final class GroupForce {
  private final Force force;
  private final Queue<Follower> followers = new ArrayDeque<>();
  private long writes;
  private boolean led;

  GroupForce(Force force) {
    this.force = force;
  }

  /** Returns when all that the caller has written is forced. */
  void await() throws IOException {
    Follower follower = join();
    if (follower == null || follower.await()) {
      try {
        lead();
      } finally {
        endLead();
      }
    }
  }

  /** Returns null to the thread that leads. */
  private synchronized @Nullable Follower join() {
    writes++;
    if (!led) {
      led = true;
      return null;
    }
    Follower follower = new Follower(writes);
    followers.add(follower);
    return follower;
  }

  private void lead() throws IOException {
    long end = writes();
    force.force();
    covered(end).forEach(follower -> follower.release(false));
  }

  private synchronized long writes() {
    return writes;
  }

  private synchronized List<Follower> covered(long end) {
    List<Follower> covered = new ArrayList<>();
    followers.removeIf(next -> next.write <= end && covered.add(next));
    return covered;
  }

  private void endLead() {
    Follower next;
    synchronized (this) {
      next = followers.poll();
      led = next != null;
    }
    if (next != null) {
      next.release(true);
    }
  }

  private static final class Follower {
    private final long write;
    private final Thread thread = Thread.currentThread();
    private boolean leads;
    private volatile boolean released;

    Follower(long write) {
      this.write = write;
    }

    boolean await() {
      while (!released) {
        LockSupport.park(this);
      }
      return leads;
    }

    void release(boolean toLead) {
      leads = toLead;
      released = true;
      LockSupport.unpark(thread);
    }
  }

  /** Forces all that was written. */
  interface Force {
    void force() throws IOException;
  }
}
