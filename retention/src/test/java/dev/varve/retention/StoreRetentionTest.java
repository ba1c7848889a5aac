package dev.varve.retention;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.maintenance.Maintenance;
import dev.varve.log.store.LogStore;
import dev.varve.log.store.LogStoreOptions;
import dev.varve.log.store.TopicPartition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Retention of the logs of a store. A segment has one record of 300 bytes and some. */
class StoreRetentionTest {
  private static final TopicPartition ORDERS = new TopicPartition("orders", 0);
  private static final TopicPartition PAYMENTS = new TopicPartition("payments", 0);
  private static final long HOUR = Duration.ofHours(1).toMillis();
  private static final LeaseLimits LIMITS = new LeaseLimits(1 << 20, Duration.ofDays(1));

  @TempDir private Path directory;

  private final AtomicLong nowMillis = new AtomicLong(Facts.NOW);
  private final Maintenance maintenance = Maintenance.byCaller(nowMillis::get);
  private final List<String> expired = new ArrayList<>();
  private long deleteDelayMillis;
  private LogStore store;

  @BeforeEach
  void open() {
    store =
        LogStore.open(
            directory,
            LogStoreOptions.builder()
                .maintenance(maintenance)
                .clock(nowMillis::get)
                .logs((_, options) -> small(options))
                .build());
  }

  @AfterEach
  void close() {
    store.close();
    maintenance.close();
  }

  private LogOptions.Builder small(LogOptions.Builder options) {
    return options
        .fileDeleteDelayMillis(deleteDelayMillis)
        .segmentBytesMax(500)
        .segmentMillisMax(Long.MAX_VALUE)
        .clock(nowMillis::get);
  }

  private void append(TopicPartition partition, long... ages) {
    CommitLog log =
        store.partitions().contains(partition) ? store.log(partition) : store.create(partition);
    for (long age : ages) {
      log.append(nowMillis.get() - age, "key".getBytes(US_ASCII), new byte[300]);
    }
  }

  private long start(TopicPartition partition) {
    return store.log(partition).offsets().startOffset();
  }

  private StoreRetention retention(StoreBudget budget) {
    return retention(budget, () -> 0);
  }

  private StoreRetention retention(StoreBudget budget, LongSupplier freeBytes) {
    return new StoreRetention(
        store,
        budget,
        freeBytes,
        LIMITS,
        (partition, lease) -> expired.add(partition + ": " + lease.expired()),
        nowMillis::get);
  }

  private void round(StoreRetention retention) {
    nowMillis.addAndGet(RetentionTask.CHECK_INTERVAL_DEFAULT.toMillis());
    int steps = 0;
    while (retention.doWork() > 0) {
      assertThat(++steps).as("a round ends").isLessThan(1000);
    }
  }

  @Test
  void eachLogKeepsWhatItsTopicIsConfiguredToKeep() {
    store.configure("orders", Map.of("retention.ms", Long.toString(HOUR)));
    append(ORDERS, 2 * HOUR, 2 * HOUR, 0);
    append(PAYMENTS, 2 * HOUR, 2 * HOUR, 0);
    StoreRetention retention = retention(StoreBudget.NONE);
    round(retention);
    assertThat(start(ORDERS)).isEqualTo(2);
    assertThat(start(PAYMENTS)).isZero();

    store.configure("payments", Map.of("retention.bytes", "0"));
    assertThat(retention.doWork()).as("before the next round").isZero();
    round(retention);
    assertThat(start(PAYMENTS)).isEqualTo(3);
    assertThat(retention.failures()).isEmpty();
  }

  @Test
  void aBudgetTakesFromTheOldest() {
    append(ORDERS, 50, 10, 5);
    append(PAYMENTS, 40, 30, 5);
    long bytes = store.log(ORDERS).segments().getFirst().sizeBytes();
    StoreRetention retention = retention(new StoreBudget(3 * bytes, -1));
    round(retention);
    assertThat(start(ORDERS)).isEqualTo(1);
    assertThat(start(PAYMENTS)).isEqualTo(2);
    assertThat(retention.bytesMissing()).isZero();

    StoreRetention stricter = retention(new StoreBudget(bytes, -1));
    round(stricter);
    assertThat(start(ORDERS)).isEqualTo(2);
    assertThat(stricter.bytesMissing()).as("what is written stays").isEqualTo(bytes);
  }

  @Test
  void aFloorOfFreeSpaceIsLookedUp() {
    append(ORDERS, 3, 2, 1);
    StoreRetention retention = retention(new StoreBudget(-1, 1));
    round(retention);
    assertThat(start(ORDERS)).as("a byte was missing").isEqualTo(1);
    round(retention);
    assertThat(start(ORDERS)).as("still").isEqualTo(2);
  }

  @Test
  void whatWasGivenUpCountsAsFreeBeforeItsFilesAreGone() {
    deleteDelayMillis = HOUR;
    append(ORDERS, 3, 2, 1);
    StoreRetention retention = retention(new StoreBudget(-1, 1));
    round(retention);
    assertThat(start(ORDERS)).isEqualTo(1);
    round(retention);
    assertThat(start(ORDERS)).as("the file is still there").isEqualTo(1);
    assertThat(retention.bytesMissing()).isZero();

    nowMillis.addAndGet(HOUR);
    while (maintenance.runOnce() > 0) {
      // until the file is gone
    }
    round(retention);
    assertThat(start(ORDERS)).as("it is gone, and a byte still missing").isEqualTo(2);
  }

  @Test
  void nothingGoesForAFloorIfNobodyKnowsWhatIsFree() {
    append(ORDERS, 3, 2, 1);
    UncheckedIOException unknown = new UncheckedIOException(new IOException("stale"));
    LongSupplier freeBytes =
        () -> {
          throw unknown;
        };
    long bytes = store.log(ORDERS).segments().getFirst().sizeBytes();
    StoreRetention retention = retention(new StoreBudget(2 * bytes, Long.MAX_VALUE), freeBytes);
    round(retention);
    assertThat(start(ORDERS)).as("the ceiling is kept").isEqualTo(1);
    assertThat(retention.failures()).isEqualTo(Map.of(ORDERS, unknown));
    assertThat(retention.bytesMissing()).isZero();
  }

  @Test
  void theFreeSpaceIsThatOfTheDiskOfTheStore() {
    append(ORDERS, 3, 2, 1);
    StoreRetention retention =
        new StoreRetention(store, new StoreBudget(-1, 1), LIMITS, (_, _) -> {}, nowMillis::get);
    round(retention);
    assertThat(start(ORDERS)).isZero();
    assertThat(retention.failures()).isEmpty();
  }

  @Test
  void aBudgetTakesNothingFromALogThatDoesNotDelete() {
    store.configure("orders", Map.of("cleanup.policy", "compact"));
    append(ORDERS, 50, 40, 30);
    append(PAYMENTS, 3, 2, 1);
    long bytes = store.log(ORDERS).segments().getFirst().sizeBytes();
    StoreRetention retention = retention(new StoreBudget(5 * bytes, -1));
    round(retention);
    assertThat(start(ORDERS)).isZero();
    assertThat(start(PAYMENTS)).as("all are counted").isEqualTo(1);

    StoreRetention stricter = retention(new StoreBudget(0, -1));
    round(stricter);
    assertThat(start(ORDERS)).isZero();
    assertThat(start(PAYMENTS)).isEqualTo(2);
    assertThat(stricter.bytesMissing()).isEqualTo(4 * bytes);
  }

  @Test
  void leasesThatWereAskedForEarlyHoldLater() {
    StoreRetention retention = retention(new StoreBudget(0, -1));
    ReaderLeases early = retention.leases(ORDERS);
    round(retention);
    append(ORDERS, 3, 2, 1);
    try (ReaderLease lease = early.take("slow", 0)) {
      round(retention);
      assertThat(start(ORDERS)).isEqualTo(lease.info().offset());
    }
  }

  @Test
  void theOwnerHearsOfLeasesThatExpire() {
    append(ORDERS, 3, 2, 1);
    StoreRetention retention = retention(StoreBudget.NONE);
    try (ReaderLease lease = retention.leases(ORDERS).take("slow", 0)) {
      nowMillis.addAndGet(Duration.ofDays(2).toMillis());
      round(retention);
      assertThat(lease.isExpired()).isTrue();
    }
    assertThat(expired).singleElement().asString().startsWith(ORDERS + ": no progress for 2d");
  }

  @Test
  @Timeout(60)
  void whoAsksDoesNotWaitForWhoWorks() throws InterruptedException {
    StoreRetention retention = retention(StoreBudget.NONE);
    Thread asks =
        new Thread(() -> {
          assertThat(retention.leases(ORDERS).list()).isEmpty();
          assertThat(retention.failures()).isEmpty();
          assertThat(retention.backlog() + retention.bytesMissing()).isZero();
        });
    synchronized (retention) {
      asks.start();
      asks.join();
    }
  }

  @Test
  void leasesHoldAgainstBoth() {
    store.configure("orders", Map.of("retention.bytes", "0"));
    append(ORDERS, 3, 2, 1);
    append(PAYMENTS, 3, 2, 1);
    StoreRetention retention = retention(new StoreBudget(0, -1));
    try (ReaderLease orders = retention.leases(ORDERS).take("slow", 1);
        ReaderLease payments = retention.leases(PAYMENTS).take("slow", 1)) {
      round(retention);
      assertThat(start(ORDERS)).isEqualTo(orders.info().offset());
      assertThat(start(PAYMENTS)).isEqualTo(payments.info().offset());
    }
    round(retention);
    assertThat(start(ORDERS)).isEqualTo(3);
    assertThat(start(PAYMENTS)).isEqualTo(2);
  }

  @Test
  void logsComeAndGoAndAreReopened() {
    store.configure("orders", Map.of("retention.ms", "0"));
    append(ORDERS, 9, 9);
    StoreRetention retention = retention(StoreBudget.NONE);
    round(retention);
    assertThat(start(ORDERS)).isEqualTo(2);
    store.reopen(ORDERS);
    append(ORDERS, 9);
    round(retention);
    assertThat(start(ORDERS)).isEqualTo(3);
    store.delete(ORDERS);
    append(PAYMENTS, 9);
    round(retention);
    assertThat(retention.failures()).isEmpty();
    assertThat(start(PAYMENTS)).isZero();
  }

  @Test
  void aLogThatWasClosedIsPassedOver() {
    store.configure("payments", Map.of("retention.ms", "0"));
    append(ORDERS, 9);
    append(PAYMENTS, 9);
    store.log(ORDERS).close();
    StoreRetention retention = retention(StoreBudget.NONE);
    round(retention);
    assertThat(start(PAYMENTS)).isEqualTo(1);
    assertThat(retention.failures()).isEmpty();
  }

  @Test
  void theMaintenanceOfTheStoreDoesIt() {
    store.configure("orders", Map.of("retention.ms", "0"));
    append(ORDERS, 9, 9);
    maintenance.add(retention(StoreBudget.NONE));
    for (int i = 0; i < 10; i++) {
      nowMillis.addAndGet(1000);
      maintenance.runOnce();
    }
    assertThat(start(ORDERS)).isEqualTo(2);
  }
}
