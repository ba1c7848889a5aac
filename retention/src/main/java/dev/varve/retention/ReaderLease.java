package dev.varve.retention;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/**
 * A reader's hold on what it has not read yet: retention leaves it alone as long as the reader
 * makes progress and keeps within the operator's {@link LeaseLimits}. An explicit {@link
 * dev.varve.log.CommitLog#advanceStartOffset} passes over it.
 *
 * {@snippet :
 * try (ReaderLease lease = leases.take("indexer", from);
 *     LogReader reader = log.reader(from)) { // after the lease, so that nothing goes in between
 *   boolean more = true;
 *   while (more) {
 *     more = reader.next();
 *     if (more) {
 *       use(reader.record());
 *     }
 *     lease.advanceTo(reader.nextOffset()); // past what is not shown, too
 *   }
 * }
 * }
 *
 * <p>Thread safety: safe for use by several threads.
 */
public final class ReaderLease implements AutoCloseable {
  private final ReaderLeases leases;
  private final String name;
  private final long takenMillis;

  @GuardedBy("this")
  private long offset;

  @GuardedBy("this")
  private long progressMillis;

  @GuardedBy("this")
  private long heldBytes;

  @GuardedBy("this")
  private String expired = "";

  ReaderLease(ReaderLeases leases, String name, long offset, long nowMillis) {
    this.leases = leases;
    this.name = name;
    this.offset = offset;
    this.takenMillis = nowMillis;
    this.progressMillis = nowMillis;
  }

  /** The name of the reader. */
  public String name() {
    return name;
  }

  /**
   * Lets go of what lies below an offset, which renews the lease; one that had expired holds again
   * what is left from there on, when this has returned, and waits for that while retention gives
   * something up. An offset that is not above the last changes nothing.
   */
  public void advanceTo(long nextOffset) {
    if (!advanceUnlessExpired(nextOffset)) {
      leases.undisturbed(() -> renew(nextOffset));
    }
  }

  private synchronized boolean advanceUnlessExpired(long nextOffset) {
    return !isExpired() && renew(nextOffset);
  }

  private synchronized boolean renew(long nextOffset) {
    if (nextOffset > offset) {
      offset = nextOffset;
      progressMillis = leases.nowMillis();
      expired = "";
    }
    return true;
  }

  /** Whether it holds nothing any more, for want of progress or for the bytes that it kept. */
  public synchronized boolean isExpired() {
    return !expired.isEmpty();
  }

  /** What it holds, and since when. */
  public synchronized LeaseInfo info() {
    return new LeaseInfo(name, offset, takenMillis, progressMillis, heldBytes, expired);
  }

  /**
   * Looks whether the limits are kept.
   *
   * @return whether the lease has expired just now
   */
  synchronized boolean review(LogFacts log, LeaseLimits limits) {
    if (offset >= log.offsets().lastStableOffset()) {
      // there may be nothing to progress to: not every reader may see what lies above
      progressMillis = Math.max(progressMillis, log.nowMillis());
    }
    heldBytes = log.sizeBytesHeldBy(offset);
    if (isExpired()) {
      return false;
    }
    long idleMillis = log.nowMillis() - progressMillis;
    if (idleMillis > limits.idleMillisMax()) {
      expired =
          "no progress for "
              + Amounts.age(idleMillis)
              + ", more than "
              + Amounts.age(limits.idleMillisMax());
    } else if (heldBytes > limits.bytesMax()) {
      expired =
          "it kept " + Amounts.bytes(heldBytes) + ", more than " + Amounts.bytes(limits.bytesMax());
    }
    return isExpired();
  }

  synchronized ReaderPosition position() {
    return new ReaderPosition(name, offset, !isExpired());
  }

  /** Lets go of everything. Doing it twice is harmless. */
  @Override
  public void close() {
    leases.release(this);
  }
}
