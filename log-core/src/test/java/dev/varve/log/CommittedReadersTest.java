package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Readers of committed records against writers, over many segments. */
@Timeout(120)
class CommittedReadersTest {
  private static final int PRODUCERS = 3;
  private static final int TRANSACTIONS = 1500;
  private static final int READERS = 2;

  @TempDir Path root;

  @Test
  void readersThatFollowSeeEachCommittedRecordOnceAndNoOther() throws Exception {
    LogOptions options = LogOptions.builder().segmentBytesMax(20_000).build();
    AtomicBoolean done = new AtomicBoolean();
    try (CommitLog log = CommitLog.open(root.resolve("log-0"), options);
        ExecutorService threads = Executors.newFixedThreadPool(READERS)) {
      List<Future<List<String>>> readers = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        readers.add(threads.submit(() -> follow(log, done)));
      }
      try {
        write(log);
      } finally {
        done.set(true);
      }
      List<String> committed = new ArrayList<>();
      try (LogReader all = log.reader(0)) {
        while (all.next()) {
          String key = LogFixture.keyOf(all);
          if (!key.startsWith("x")) {
            committed.add(key);
          }
        }
      }
      for (Future<List<String>> reader : readers) {
        assertThat(reader.get(1, TimeUnit.MINUTES)).isEqualTo(committed);
      }
    }
  }

  private static void write(CommitLog log) {
    Random random = new Random(1);
    List<Producer> producers = new ArrayList<>();
    String[] outcomes = new String[PRODUCERS]; // of the open transaction; empty if none is
    for (int i = 0; i < PRODUCERS; i++) {
      producers.add(log.producer("p" + i));
      outcomes[i] = "";
    }
    for (int n = 0; n < TRANSACTIONS; n++) {
      int p = random.nextInt(PRODUCERS);
      Producer producer = producers.get(p);
      String outcome = outcomes[p];
      if (outcome.isEmpty()) {
        outcomes[p] = random.nextBoolean() ? "x" : "c";
        producer.beginTransaction();
        producer.append((outcomes[p] + n).getBytes(UTF_8), new byte[50]);
      } else if (outcome.equals("x")) {
        producer.append((outcome + n).getBytes(UTF_8), new byte[50]);
        producer.abortTransaction();
        outcomes[p] = "";
      } else {
        producer.commitTransaction();
        outcomes[p] = "";
      }
    }
    for (int p = 0; p < PRODUCERS; p++) {
      if (outcomes[p].equals("c")) {
        producers.get(p).commitTransaction();
      }
      producers.get(p).close();
    }
  }

  private static List<String> follow(CommitLog log, AtomicBoolean done) {
    List<String> keys = new ArrayList<>();
    try (LogReader reader = log.reader(0, Visibility.COMMITTED)) {
      boolean last = false;
      while (true) {
        while (reader.next()) {
          keys.add(LogFixture.keyOf(reader));
        }
        if (last) {
          return keys;
        }
        last = done.get(); // then one more look sees all there is
        Thread.onSpinWait();
      }
    }
  }
}
