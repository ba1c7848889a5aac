package dev.varve.crash;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.AbortedTransaction;
import dev.varve.log.CommitLog;
import dev.varve.log.LogListener;
import dev.varve.log.LogOptions;
import dev.varve.log.LogReader;
import dev.varve.log.PinnedBatches;
import dev.varve.log.Producer;
import dev.varve.log.Visibility;
import dev.varve.log.error.LogException;
import dev.varve.log.error.ProducerFencedException;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordCursor;
import dev.varve.log.storage.SimulatedDisk;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Transactions of several producers, with time-outs, kills and restarts, and the power cut at each
 * operation: what recovery makes of it is what the surviving batches say, read one by one, and what
 * the log has promised before.
 */
class TransactionCrashTest {
  private static final int WORKLOADS = 25;
  private static final int STEPS = 30;
  private static final int CUTS_MAX = 40;
  private static final int PRODUCERS = 3;
  private static final int DEFECT_WORKLOADS = 60;

  @Test
  void transactionsSurviveAsTheirBatchesDo() {
    int states = 0;
    for (long seed = 0; seed < WORKLOADS; seed++) {
      states += explore(seed, Defect.none());
    }
    System.out.println("crash exploration of transactions: " + states + " states");
    assertThat(states).isGreaterThan(500);
  }

  @Test
  void everyDefectIsCaught() {
    List<String> missed = new ArrayList<>();
    for (Defect defect : TransactionDefects.bank()) {
      String found = null;
      for (long seed = 0; found == null && seed < DEFECT_WORKLOADS; seed++) {
        try {
          explore(seed, defect);
        } catch (AssertionError e) {
          found = "caught by workload " + seed;
        }
      }
      System.out.println(defect.name() + ": " + (found == null ? "NOT CAUGHT" : found));
      if (found == null) {
        missed.add(defect.name());
      }
    }
    assertThat(missed).isEmpty();
  }

  /** Returns how many states of the disk were looked at. */
  private static int explore(long seed, Defect defect) {
    SimulatedDisk whole = new SimulatedDisk(Path.of("simulated"));
    Run uncut = new Run(seed, whole, defect);
    uncut.run();
    check(whole.afterKill(), uncut, defect, "seed " + seed + " to its end");
    long operations = whole.faults().operations();
    long step = Math.max(1, operations / CUTS_MAX);
    int states = 1;
    for (long cut = 1 + seed % step; cut <= operations; cut += step) {
      SimulatedDisk disk = new SimulatedDisk(Path.of("simulated"));
      disk.faults().cutPowerAt(cut);
      Run run = new Run(seed, disk, defect);
      run.run();
      check(disk.afterPowerLoss(cut * 31 + seed), run, defect, "seed " + seed + " cut at " + cut);
      states++;
    }
    return states;
  }

  private static void check(SimulatedDisk disk, Run run, Defect defect, String where) {
    List<String> told = new ArrayList<>();
    PlainTransactions first;
    try (CommitLog log = open(disk, defect, told, 0)) {
      first = checkLog(log, run, where);
    }
    try (CommitLog log = open(disk, defect, told, 0)) { // closed in order
      assertThat(checkLog(log, run, where + ", reopened")).isEqualTo(first);
    }
    assertThat(told).as(where).isEmpty();
    Map<String, byte[]> before = transactionIndexes(disk);
    for (String name : disk.contents().keySet()) {
      if (!name.endsWith(".log")) {
        disk.lose(name);
      }
    }
    try (CommitLog log = open(disk, Defect.none(), told, 0)) {
      assertThat(checkLog(log, run, where + ", from nothing")).isEqualTo(first);
    }
    Map<String, byte[]> after = transactionIndexes(disk);
    assertThat(after.keySet()).as(where).isEqualTo(before.keySet());
    after.forEach((name, bytes) -> assertThat(bytes).as(where).isEqualTo(before.get(name)));
  }

  private static Map<String, byte[]> transactionIndexes(SimulatedDisk disk) {
    Map<String, byte[]> files = new TreeMap<>(disk.contents());
    files.entrySet().removeIf(file -> !file.getKey().endsWith(".txnindex"));
    files.values().removeIf(bytes -> bytes.length == 0);
    return files;
  }

  private static PlainTransactions checkLog(CommitLog log, Run run, String where) {
    PlainTransactions plain = PlainTransactions.of(log);
    assertThat(log.offsets().lastStableOffset()).as(where).isEqualTo(plain.lastStableOffset());
    List<String> committed = committed(log);
    assertThat(committed).as(where).isEqualTo(plain.committed());
    assertThat(asAClientOfFetches(log)).as(where + ", by fetches").isEqualTo(committed);
    List<String> kept = new ArrayList<>(committed);
    kept.addAll(plain.behind());
    assertThat(kept).as(where).containsAll(run.durable);
    assertThat(run.mayBeCommitted).as(where).containsAll(committed);
    return plain;
  }

  private static List<String> committed(CommitLog log) {
    List<String> keys = new ArrayList<>();
    try (LogReader reader = log.reader(0, Visibility.COMMITTED)) {
      while (reader.next()) {
        keys.add(key(reader.record().copyKey()));
      }
    }
    return keys;
  }

  /** Raw batches and the aborted list, treated as a consumer of Kafka does. */
  private static List<String> asAClientOfFetches(CommitLog log) {
    List<String> keys = new ArrayList<>();
    RecordCursor cursor = new RecordCursor();
    long next = 0;
    long end = log.offsets().lastStableOffset();
    while (next < end) {
      try (PinnedBatches batches = log.read(next, 700, Visibility.COMMITTED)) {
        Deque<AbortedTransaction> pending = new ArrayDeque<>(batches.abortedTransactions());
        Set<Long> aborted = new HashSet<>();
        while (batches.next()) {
          RecordBatch batch = batches.batch();
          while (!pending.isEmpty() && pending.getFirst().firstOffset() <= batch.lastOffset()) {
            aborted.add(pending.removeFirst().producerId());
          }
          if (batch.isControl()) {
            aborted.remove(batch.producerId()); // a COMMIT ends none that is in the set
          } else if (!(batch.isTransactional() && aborted.contains(batch.producerId()))) {
            batches.openIn(cursor);
            while (cursor.next()) {
              keys.add(key(cursor.record().copyKey()));
            }
          }
          next = batch.nextOffset();
        }
      }
    }
    return keys;
  }

  private static String key(byte @Nullable [] key) {
    return new String(Objects.requireNonNull(key), US_ASCII);
  }

  private static CommitLog open(
      SimulatedDisk disk, Defect defect, List<String> told, long nowMillis) {
    LogListener listener =
        new LogListener() {
          @Override
          public void transactionIndexRebuilt(String file, String found) {
            told.add(file + ": " + found);
          }
        };
    return CommitLog.open(
        defect.in().apply(disk),
        LogOptions.builder()
            .ownMaintenanceThreads(false)
            .segmentBytesMax(1500)
            .indexIntervalBytes(200)
            .clock(() -> nowMillis)
            .listener(listener)
            .build());
  }

  /** One workload, and what its user may rely on. */
  private static final class Run {
    private final Random random;
    private final SimulatedDisk disk;
    private final Defect defect;
    private final Set<String> durable = new HashSet<>();
    private final Set<String> mayBeCommitted = new HashSet<>();
    private final Set<String> counted = new HashSet<>();
    private final List<List<String>> underWay = new ArrayList<>();
    private final List<@Nullable Producer> producers = new ArrayList<>();
    private long nowMillis;
    private int keys;
    private @Nullable CommitLog log;

    Run(long seed, SimulatedDisk disk, Defect defect) {
      this.random = new Random(seed);
      this.disk = disk;
      this.defect = defect;
      for (int i = 0; i < PRODUCERS; i++) {
        underWay.add(new ArrayList<>());
        producers.add(null);
      }
    }

    void run() {
      try {
        reopen();
        for (int i = 0; i < STEPS; i++) {
          step(Objects.requireNonNull(log));
        }
      } catch (LogException e) {
        if (!disk.faults().powerIsOut()) {
          throw e;
        }
      } finally {
        die();
      }
    }

    private void step(CommitLog current) {
      int p = random.nextInt(PRODUCERS);
      switch (random.nextInt(20)) {
        case 0, 1, 2, 3, 4, 5, 6 -> inTransaction(current, p, random.nextInt(4) == 0 ? 600 : 10);
        case 7, 8, 9 -> end(p, true);
        case 10, 11, 12 -> end(p, false);
        case 13, 14 -> plain(current);
        case 15 -> {
          Set<String> now = Set.copyOf(counted);
          current.flush();
          durable.addAll(now);
        }
        case 16 -> maintain(current);
        case 17 -> nowMillis += 35_000;
        case 18 -> {
          die();
          reopen();
        }
        default -> {
          Set<String> now = Set.copyOf(counted);
          forgetProducers();
          log = null;
          current.close();
          durable.addAll(now);
          reopen();
        }
      }
    }

    private void maintain(CommitLog current) {
      while (current.maintenance() > 0) {
        // as often as there is something to do
      }
    }

    private void plain(CommitLog current) {
      String key = "n" + keys++;
      mayBeCommitted.add(key);
      current.append(nowMillis, key.getBytes(US_ASCII), new byte[10]);
      counted.add(key);
    }

    private void inTransaction(CommitLog current, int p, int valueBytes) {
      Producer producer = producers.get(p);
      if (producer == null) {
        underWay.get(p).clear();
        producer = current.producer("p" + p);
        producers.set(p, producer);
      }
      if (underWay.get(p).isEmpty()) {
        producer.beginTransaction();
      }
      String key = p + "-" + keys++;
      try {
        producer.append(nowMillis, key.getBytes(US_ASCII), new byte[valueBytes]);
        underWay.get(p).add(key);
      } catch (ProducerFencedException e) {
        fenced(p);
      }
    }

    private void end(int p, boolean commit) {
      Producer producer = producers.get(p);
      if (producer == null || underWay.get(p).isEmpty()) {
        return;
      }
      List<String> ended = List.copyOf(underWay.get(p));
      try {
        if (commit) {
          mayBeCommitted.addAll(ended);
          producer.commitTransaction();
          counted.addAll(ended);
        } else {
          producer.abortTransaction();
        }
        underWay.get(p).clear();
      } catch (ProducerFencedException e) {
        mayBeCommitted.removeAll(ended); // a time-out came first
        fenced(p);
      }
    }

    private void fenced(int p) {
      Objects.requireNonNull(producers.get(p)).close();
      producers.set(p, null);
      underWay.get(p).clear();
    }

    private void reopen() {
      long now = nowMillis;
      log = null;
      CommitLog opened =
          CommitLog.open(
              defect.in().apply(disk),
              LogOptions.builder()
                  .ownMaintenanceThreads(false)
                  .segmentBytesMax(1500)
                  .indexIntervalBytes(200)
                  .clock(() -> Math.max(now, nowMillis))
                  .build());
      log = opened;
    }

    private void forgetProducers() {
      for (int p = 0; p < PRODUCERS; p++) {
        producers.set(p, null); // as a process that dies forgets them
        underWay.get(p).clear();
      }
    }

    private void die() {
      forgetProducers();
      CommitLog dying = log;
      log = null;
      disk.faults().withoutPower(() -> Workload.abandon(dying, null));
    }
  }
}
