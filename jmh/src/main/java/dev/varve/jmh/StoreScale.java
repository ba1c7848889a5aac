package dev.varve.jmh;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.varve.jmh.peer.BenchmarkDirectory;
import dev.varve.log.CommitLog;
import dev.varve.log.maintenance.Maintenance;
import dev.varve.log.maintenance.TaskStatus;
import dev.varve.log.store.LogStore;
import dev.varve.log.store.LogStoreOptions;
import dev.varve.log.store.TopicPartition;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.agrona.concurrent.SystemEpochClock;

/**
 * What a log of a store costs as their number grows: time to create, close and open it, memory,
 * descriptors and mappings while it is idle, and what the background work of idle logs takes; then
 * what retention takes that keeps a budget of them all together.
 *
 * <pre>
 *   java -cp jmh/target/benchmarks.jar dev.varve.jmh.StoreScale 10 100 1000
 * </pre>
 *
 * <p>No benchmark of JMH's: most of it happens once.
 */
public final class StoreScale {
  private static final long IDLE_NANOS = Duration.ofSeconds(3).toNanos();
  private static final long PAUSE_NANOS = 1_000_000;
  private static final int SPINS_MAX = 100_000;

  private StoreScale() {}

  /** Prints a line for each number of logs. */
  public static void main(String[] args) throws IOException {
    int[] counts =
        args.length == 0
            ? new int[] {10, 100, 1000}
            : Arrays.stream(args).mapToInt(Integer::parseInt).toArray();
    PrintStream out = System.out;
    measure(10, Duration.ofMillis(100).toNanos()); // so that classes are loaded and compiled
    out.println(
        "logs  create/log  close all  open all  open/log  heap/log  descriptors  mappings"
            + "  idle CPU  idle round  longest step");
    List<BudgetScale.Figures> budgets = new ArrayList<>();
    for (int logs : counts) {
      Figures figures = measure(logs, IDLE_NANOS);
      out.println(figures);
      budgets.add(figures.budget);
    }
    out.println();
    out.println(BudgetScale.Figures.TITLE);
    budgets.forEach(out::println);
  }

  /** Figures of one store. */
  record Figures(
      int logs,
      long createNanos,
      long closeNanos,
      long openNanos,
      long heapBytes,
      long descriptors,
      long mappings,
      long idleNanos,
      long busyNanos,
      long rounds,
      long longestStepNanos,
      BudgetScale.Figures budget) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%4d  %7.2f ms  %6.0f ms  %5.0f ms  %5.2f ms  %4.1f KiB  %11d  %8d  %6.2f %%  %7.1f µs"
              + "  %9.2f ms",
          logs,
          createNanos / 1e6 / logs,
          closeNanos / 1e6,
          openNanos / 1e6,
          openNanos / 1e6 / logs,
          heapBytes / 1024.0 / logs,
          descriptors,
          mappings,
          100.0 * busyNanos / idleNanos,
          busyNanos / 1e3 / rounds,
          longestStepNanos / 1e6);
    }
  }

  static Figures measure(int logs, long idleForNanos) throws IOException {
    try (BenchmarkDirectory directory = BenchmarkDirectory.create()) {
      Path data = directory.path().resolve("data");
      long begin = System.nanoTime();
      LogStore made = LogStore.open(data);
      for (int i = 0; i < logs; i++) {
        CommitLog log = made.create(new TopicPartition("topic-" + i % 10, i / 10));
        log.append(null, new byte[100]);
      }
      long created = System.nanoTime();
      made.close();
      long closed = System.nanoTime();

      long heapBefore = heapBytes();
      try (Maintenance maintenance = Maintenance.byCaller(SystemEpochClock.INSTANCE)) {
        long opening = System.nanoTime();
        LogStore store =
            LogStore.open(data, LogStoreOptions.builder().maintenance(maintenance).build());
        long opened = System.nanoTime();
        long heap = heapBytes() - heapBefore;
        long descriptors = entries("/proc/self/fd", data);
        long mappings = mappings(data);
        settle(maintenance);
        idle(maintenance, idleForNanos); // until the pauses are as long as they get
        Idle idle = idle(maintenance, idleForNanos);
        long longest =
            maintenance.status().stream().mapToLong(TaskStatus::longestStepNanos).max().orElse(0);
        BudgetScale.Figures budget = new BudgetScale(store, maintenance).measure();
        store.close();
        return new Figures(
            logs,
            created - begin,
            closed - created,
            opened - opening,
            heap,
            descriptors,
            mappings,
            idle.nanos,
            idle.busyNanos,
            idle.rounds,
            longest,
            budget);
      }
    }
  }

  private record Idle(long nanos, long busyNanos, long rounds) {}

  /** Goes round every millisecond, as a thread for maintenance does. */
  @CanIgnoreReturnValue
  private static Idle idle(Maintenance maintenance, long forNanos) {
    ThreadMXBean cpu = ManagementFactory.getThreadMXBean();
    long from = System.nanoTime();
    long busy = 0;
    long rounds = 0;
    while (System.nanoTime() - from < forNanos) {
      long round = cpu.getCurrentThreadCpuTime();
      maintenance.runOnce();
      busy += cpu.getCurrentThreadCpuTime() - round;
      rounds++;
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    return new Idle(System.nanoTime() - from, busy, rounds);
  }

  /** Until nothing is left to do. */
  private static void settle(Maintenance maintenance) {
    int spins = 0;
    while (maintenance.runOnce() > 0 && spins < SPINS_MAX) {
      spins++;
    }
  }

  private static long heapBytes() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private static long entries(String directory, Path below) throws IOException {
    try (Stream<Path> entries = Files.list(Path.of(directory))) {
      return entries.filter(entry -> leadsTo(entry, below)).count();
    }
  }

  private static boolean leadsTo(Path link, Path below) {
    try {
      return Files.readSymbolicLink(link).startsWith(below);
    } catch (IOException e) {
      return false; // closed meanwhile
    }
  }

  private static long mappings(Path below) throws IOException {
    try (Stream<String> lines =
        Files.lines(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1)) {
      return lines.filter(line -> line.contains(below.toString())).count();
    }
  }
}
