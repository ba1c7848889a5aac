package dev.varve.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.LogOffsets;
import java.lang.Thread.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who holds what against retention, and until when. */
class ReaderLeasesTest {
  private static final long BYTES_MAX = 250;
  private static final Duration IDLE_MAX = Duration.ofMinutes(10);
  private static final long TAKEN = Facts.NOW - IDLE_MAX.toMillis();

  private final AtomicLong nowMillis = new AtomicLong(TAKEN);
  private final List<LeaseInfo> expired = new ArrayList<>();
  private final ReaderLeases leases =
      new ReaderLeases(new LeaseLimits(BYTES_MAX, IDLE_MAX), nowMillis::get, expired::add);

  /** Four segments of ten offsets and 100 bytes. */
  private final LogFacts log = Facts.of("100B@0 100B@0 100B@0 100B@0");

  private List<ReaderPosition> positions() {
    LogFacts reviewed = leases.review(log);
    leases.tellExpired();
    return reviewed.readers();
  }

  @Test
  void aLeaseHoldsFromItsOffsetOn() {
    try (ReaderLease lease = leases.take("slow", 25)) {
      assertThat(positions()).containsExactly(new ReaderPosition("slow", 25, true));
      lease.advanceTo(37);
      assertThat(positions()).containsExactly(new ReaderPosition("slow", 37, true));
      lease.advanceTo(30);
      assertThat(lease.info().offset()).as("it does not go back").isEqualTo(37);
    }
    assertThat(positions()).isEmpty();
    assertThat(leases.list()).isEmpty();
  }

  @Test
  void whoHoldsWhatIsVisible() {
    try (ReaderLease b = leases.take("b", 20);
        ReaderLease a = leases.take("a", 31)) {
      nowMillis.addAndGet(1000);
      b.advanceTo(22);
      positions();
      assertThat(leases.list())
          .containsExactly(
              new LeaseInfo("a", 31, TAKEN, TAKEN, 100, ""),
              new LeaseInfo("b", 22, TAKEN, TAKEN + 1000, 200, ""));
      assertThat(a.isExpired()).isFalse();
    }
  }

  @Test
  void aLeaseThatKeepsTooManyBytesExpiresAndIsTold() {
    try (ReaderLease lease = leases.take("slow", 19)) {
      assertThat(positions()).isEmpty();
      assertThat(lease.isExpired()).isTrue();
      assertThat(positions()).isEmpty();
      assertThat(expired).as("told once").hasSize(1);
      assertThat(expired.getFirst().expired()).isEqualTo("it kept 300 bytes, more than 250 bytes");
      assertThat(leases.list()).containsExactlyElementsOf(expired);
    }
  }

  @Test
  void aLeaseWithoutProgressExpiresAfterItsTime() {
    try (ReaderLease lease = leases.take("slow", 25)) {
      positions();
      assertThat(lease.isExpired()).as("just in time").isFalse();
    }
    nowMillis.addAndGet(-1);
    try (ReaderLease lease = leases.take("slow", 25)) {
      positions();
      assertThat(lease.isExpired()).isTrue();
      assertThat(lease.info().expired()).isEqualTo("no progress for 10m, more than 10m");
      assertThat(expired).hasSize(1);
    }
  }

  @Test
  void progressRenewsALeaseAlsoOneThatHasExpired() {
    nowMillis.addAndGet(-1);
    try (ReaderLease lease = leases.take("slow", 25)) {
      positions();
      assertThat(lease.isExpired()).isTrue();
      nowMillis.set(Facts.NOW);
      lease.advanceTo(25);
      assertThat(lease.isExpired()).as("no progress").isTrue();
      lease.advanceTo(26);
      assertThat(positions()).containsExactly(new ReaderPosition("slow", 26, true));
      assertThat(lease.info().progressMillis()).isEqualTo(Facts.NOW);
    }
  }

  @Test
  void whoHasReadEverythingNeedsNoProgress() {
    nowMillis.addAndGet(-5000);
    try (ReaderLease lease = leases.take("at the end", 40)) {
      assertThat(positions()).containsExactly(new ReaderPosition("at the end", 40, true));
      assertThat(lease.info().progressMillis()).isEqualTo(Facts.NOW);
      assertThat(lease.info().heldBytes()).isZero();
    }
  }

  @Test
  void whoHasReadAllThatEveryReaderMaySeeNeedsNoProgress() {
    nowMillis.addAndGet(-5000);
    LogFacts undecided =
        new LogFacts(
            log.name(), new LogOffsets(0, 30, 40, 40, 40), log.segments(), List.of(), Facts.NOW);
    try (ReaderLease atTheEnd = leases.take("at the end", 30);
        ReaderLease slow = leases.take("slow", 29)) {
      leases.review(undecided);
      assertThat(atTheEnd.isExpired()).isFalse();
      assertThat(slow.isExpired()).isTrue();
    }
  }

  @Test
  void whoseLeaseHasExpiredIsNotWaitedFor() {
    RetentionPolicy policy = RetentionPolicy.of(RetentionRule.passedByAllReaders());
    try (ReaderLease dead = leases.take("dead", 5);
        ReaderLease alive = leases.take("alive", 20)) {
      assertThat(policy.plan(leases.review(log)).going()).hasSize(2);
      assertThat(dead.isExpired()).isTrue();
      assertThat(alive.isExpired()).isFalse();
    }
  }

  @Test
  @Timeout(60)
  void anExpiredLeaseIsNotRenewedWhileSomethingIsGivenUp() throws InterruptedException {
    try (ReaderLease lease = leases.take("slow", 19)) {
      positions();
      Thread reader = new Thread(() -> lease.advanceTo(25));
      boolean expiredMeanwhile =
          leases.undisturbed(() -> {
            reader.start();
            while (reader.getState() != State.BLOCKED && reader.getState() != State.TERMINATED) {
              Thread.onSpinWait();
            }
            return lease.isExpired();
          });
      reader.join();
      assertThat(expiredMeanwhile).isTrue();
      assertThat(positions()).containsExactly(new ReaderPosition("slow", 25, true));
    }
  }

  /** So no order of locks can be wrong between retention and whoever looks. */
  @Test
  @Timeout(60)
  void whoHoldsWhatIsVisibleAndLetGoOfWhileSomethingIsGivenUp() {
    ReaderLease lease = leases.take("slow", 25);
    List<LeaseInfo> seen =
        leases.undisturbed(() -> {
          List<LeaseInfo> listed = CompletableFuture.supplyAsync(leases::list).join();
          CompletableFuture.runAsync(lease::close).join();
          return listed;
        });
    assertThat(seen).hasSize(1);
    assertThat(leases.list()).isEmpty();
  }

  @Test
  void aNameIsTakenOnce() {
    ReaderLease first = leases.take("r", 5);
    assertThatThrownBy(() -> leases.take("r", 6))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("found a lease of r already, at offset 5");
    first.close();
    try (ReaderLease second = leases.take("r", 6)) {
      first.close();
      assertThat(leases.list()).as("of the second owner").containsExactly(second.info());
    }
  }

  @Test
  void negativeLimitsAreRefused() {
    assertThatThrownBy(() -> new LeaseLimits(-1, IDLE_MAX))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1 bytes");
    assertThatThrownBy(() -> new LeaseLimits(1, Duration.ofMillis(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected 0 or more");
  }
}
