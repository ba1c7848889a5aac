package dev.varve.log;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Where the earliest transaction begins of which it is not known how it ends. Readers of committed
 * records stop there.
 *
 * <p>It is moved back <em>before</em> the first batch of a transaction is published, and released
 * only <em>after</em> its marker is. So whoever sees a batch, and then looks here, either is held
 * back or sees the marker and what the transaction index says of it.
 *
 * <p>Thread safety: one thread at a time writes; all others read, without a lock.
 */
final class FirstUndecided {
  /** Stands for an offset, where no transaction is open. */
  static final long NONE = Long.MAX_VALUE;

  private static final VarHandle OFFSET;

  static {
    try {
      OFFSET = MethodHandles.lookup().findVarHandle(FirstUndecided.class, "offset", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private long offset;

  /** Starts at an offset, or {@link #NONE}. */
  FirstUndecided(long offset) {
    this.offset = offset;
  }

  /** The offset, or {@link #NONE}. */
  long get() {
    return (long) OFFSET.getAcquire(this);
  }

  /** Holds readers back at an offset, before the batch that begins there is published. */
  void holdBackAt(long first) {
    if (first < offset) {
      OFFSET.setRelease(this, first);
    }
  }

  /** Lets readers go on to an offset, after the marker of what held them back was published. */
  void releaseTo(long first) {
    if (first != offset) {
      OFFSET.setRelease(this, first);
    }
  }
}
