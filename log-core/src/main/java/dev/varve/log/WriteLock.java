package dev.varve.log;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;

/**
 * The lock of the writer, given back by a release store and nothing more.
 *
 * <p>Other locks end with a full fence, so as not to miss a thread that has just gone to sleep. A
 * fence waits until all stores have reached the cache, those of the batch among them: a sixth of
 * the writer's time in one-record appends (JDK 25, AMD EPYC, 2026). Without it some of the stores
 * drain while the next batch is built. So nobody is woken here: who waits looks again, at first at
 * once, then after ever longer sleeps, of a tenth of a millisecond at most.
 *
 * <p>Not fair, and not to be taken twice by one thread. An interrupt neither ends a wait nor is
 * lost.
 */
final class WriteLock implements Lock {
  private static final VarHandle HOLDER;

  private static final long NOBODY = 0; // no thread has this id

  private static final int SPINS = 100;
  private static final long SLEEP_NANOS_MIN = 1_000;
  private static final long SLEEP_NANOS_MAX = 100_000;

  static {
    try {
      HOLDER = MethodHandles.lookup().findVarHandle(WriteLock.class, "holder", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** The id of the thread that has the lock. */
  @SuppressWarnings("unused") // through HOLDER
  private long holder = NOBODY;

  /**
   * Takes the lock, waiting for it if need be.
   *
   * @throws IllegalMonitorStateException if the thread has it already
   */
  @Override
  public void lock() {
    long self = Thread.currentThread().threadId();
    if (!HOLDER.compareAndSet(this, NOBODY, self)) {
      await(self);
    }
  }

  private void await(long self) {
    if ((long) HOLDER.getOpaque(this) == self) {
      throw new IllegalMonitorStateException("the log was called from its own write lock");
    }
    long sleepNanos = SLEEP_NANOS_MIN;
    for (int attempt = 0; !tryLock(self); attempt++) {
      if (attempt < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(sleepNanos);
        sleepNanos = Math.min(2 * sleepNanos, SLEEP_NANOS_MAX);
      }
    }
  }

  /** Takes the lock if it is free. */
  @Override
  public boolean tryLock() {
    return tryLock(Thread.currentThread().threadId());
  }

  private boolean tryLock(long self) {
    return (long) HOLDER.getOpaque(this) == NOBODY && HOLDER.compareAndSet(this, NOBODY, self);
  }

  @Override
  public void unlock() {
    HOLDER.setRelease(this, NOBODY);
  }

  @Override
  public void lockInterruptibly() {
    throw new UnsupportedOperationException("a wait for the write lock cannot be interrupted");
  }

  @Override
  public boolean tryLock(long time, TimeUnit unit) {
    throw new UnsupportedOperationException("a wait for the write lock has no limit");
  }

  @Override
  public Condition newCondition() {
    throw new UnsupportedOperationException("the write lock has no conditions");
  }
}
