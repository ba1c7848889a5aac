package dev.varve.retention;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.agrona.concurrent.EpochClock;

/**
 * The leases of the readers of one log. They live in the process, as the readers do: who comes back
 * in another process takes a new one, at the position that it has stored wherever it stores what it
 * makes of the records. The log does not store positions: they would be no older and no newer than
 * that only by luck.
 *
 * <p>The limits are looked at whenever retention is about to decide, not in between: a lease that
 * keeps nothing from anybody does not expire for it.
 *
 * <p>Thread safety: safe for use by several threads. To take a lease waits while retention gives
 * something up, and so does to advance one that has expired; nothing else waits.
 */
public final class ReaderLeases {
  private final LeaseLimits limits;
  private final EpochClock clock;
  private final Consumer<LeaseInfo> onExpired;

  /** Only {@link #undisturbed} keeps others from putting leases in. */
  private final ConcurrentNavigableMap<String, ReaderLease> leases = new ConcurrentSkipListMap<>();

  private final Queue<LeaseInfo> untold = new ConcurrentLinkedQueue<>();

  /**
   * Of one log.
   *
   * @param onExpired is told of each lease that expires, on the thread of retention, which it must
   *     not keep waiting for long; no lock is held then
   */
  public ReaderLeases(LeaseLimits limits, EpochClock clock, Consumer<LeaseInfo> onExpired) {
    this.limits = limits;
    this.clock = clock;
    this.onExpired = onExpired;
  }

  /**
   * Holds what lies at or behind an offset for a reader. Take it first and open the reader then:
   * what is there when this has returned stays. It waits while retention gives something up.
   *
   * @param name of the reader, for whoever asks who holds what
   * @param offset where it begins to read
   * @throws IllegalStateException if there is a lease of that name
   */
  public synchronized ReaderLease take(String name, long offset) {
    ReaderLease present = leases.get(name);
    if (present != null) {
      throw new IllegalStateException(
          "found a lease of " + name + " already, at offset " + present.info().offset());
    }
    ReaderLease lease = new ReaderLease(this, name, offset, clock.time());
    leases.put(name, lease);
    return lease;
  }

  /** Who holds what, and for how long, by name; those that have expired among them. */
  public List<LeaseInfo> list() {
    return leases.values().stream().map(ReaderLease::info).toList();
  }

  /**
   * Does something while no lease is taken, and none that has expired holds again. Leases may be
   * given back meanwhile, which lets go of no more than is asked for.
   */
  synchronized <T> T undisturbed(Supplier<T> action) {
    return action.get();
  }

  /**
   * Looks at all leases, and adds to the facts of the log how far their readers are. Those whose
   * lease has expired are no longer waited for, which is told by {@link #tellExpired}.
   */
  LogFacts review(LogFacts log) {
    List<ReaderPosition> positions = new ArrayList<>(log.readers());
    for (ReaderLease lease : leases.values()) {
      if (lease.review(log, limits)) {
        untold.add(lease.info());
      }
      if (!lease.isExpired()) {
        positions.add(lease.position());
      }
    }
    return log.withReaders(positions);
  }

  /** Tells of leases that have expired, for whoever holds no lock. */
  void tellExpired() {
    for (LeaseInfo expired = untold.poll(); expired != null; expired = untold.poll()) {
      onExpired.accept(expired);
    }
  }

  long nowMillis() {
    return clock.time();
  }

  void release(ReaderLease lease) {
    leases.remove(lease.name(), lease);
  }
}
