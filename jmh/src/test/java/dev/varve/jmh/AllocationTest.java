package dev.varve.jmh;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.varve.jmh.peer.BenchmarkRecords;
import dev.varve.log.CommitLog;
import dev.varve.log.LogReader;
import dev.varve.log.Producer;
import dev.varve.log.Visibility;
import dev.varve.log.record.Record;
import dev.varve.log.record.RecordBatchBuilder;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The hot paths make no garbage. That they do is the work of the compiler, which takes its time: a
 * path passes as soon as one round stays below the bound, and fails if none of many does.
 */
class AllocationTest {
  private static final int ROUNDS_MAX = 60;
  private static final int ROUND_OPERATIONS = 20_000;
  private static final int BATCH_RECORDS = 100;
  private static final int VALUE_BYTES = 100;

  /** What asking for the figure costs, spread over a round, and the index of a new segment. */
  private static final double BYTES_PER_OPERATION_MAX = 0.05;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final BenchmarkRecords records = new BenchmarkRecords(VALUE_BYTES);

  @TempDir Path directory;
  private CommitLog log;

  @BeforeEach
  void open() {
    log = CommitLog.open(directory);
  }

  @AfterEach
  void close() {
    log.close();
  }

  @Test
  void anAppendOfOneRecordMakesNoGarbage() {
    assertNoGarbage(() -> {
      for (int i = 0; i < ROUND_OPERATIONS; i++) {
        records.advance();
        log.append(records.timestamp(), records.key(), records.value());
      }
    });
  }

  @Test
  void anIdempotentAppendOfOneRecordMakesNoGarbage() {
    try (Producer producer = log.producer("one")) {
      assertNoGarbage(() -> {
        for (int i = 0; i < ROUND_OPERATIONS; i++) {
          records.advance();
          producer.append(records.timestamp(), records.key(), records.value());
        }
      });
    }
  }

  @Test
  void anIdempotentAppendOfABatchMakesNoGarbage() {
    RecordBatchBuilder builder = log.newBatch();
    try (Producer producer = log.producer("one")) {
      assertNoGarbage(() -> {
        for (int i = 0; i < ROUND_OPERATIONS; i += BATCH_RECORDS) {
          fill(builder);
          producer.append(builder);
        }
      });
    }
  }

  @Test
  void buildingAndAppendingABatchMakesNoGarbage() {
    RecordBatchBuilder builder = log.newBatch();
    assertNoGarbage(() -> {
      for (int i = 0; i < ROUND_OPERATIONS; i += BATCH_RECORDS) {
        appendBatch(builder);
      }
    });
  }

  @Test
  void readingMakesNoGarbage() {
    RecordBatchBuilder builder = log.newBatch();
    for (int i = 0; i < ROUND_OPERATIONS; i += BATCH_RECORDS) {
      appendBatch(builder);
    }
    try (LogReader reader = log.reader(0)) {
      assertNoGarbage(() -> {
        long sum = 0;
        reader.seek(0);
        while (reader.next()) {
          Record record = reader.record();
          sum += record.offset() + record.keyBytes() + record.valueBytes();
        }
        assertThat(sum).isPositive();
      });
    }
  }

  @Test
  void readingWhatIsCommittedMakesNoGarbage() {
    RecordBatchBuilder builder = log.newBatch();
    try (Producer producer = log.producer("one")) {
      for (int i = 0; i < ROUND_OPERATIONS; i += BATCH_RECORDS) {
        producer.beginTransaction();
        builder.clear();
        for (int r = 0; r < BATCH_RECORDS; r++) {
          records.advance();
          builder.append(records.timestamp(), records.key(), records.value());
        }
        producer.append(builder);
        if (i % (8 * BATCH_RECORDS) == 0) {
          producer.abortTransaction();
        } else {
          producer.commitTransaction();
        }
      }
    }
    try (LogReader reader = log.reader(0, Visibility.COMMITTED)) {
      assertNoGarbage(() -> {
        long sum = 0;
        reader.seek(0);
        while (reader.next()) {
          sum += reader.record().offset();
        }
        assertThat(sum).isPositive();
      });
    }
  }

  private void appendBatch(RecordBatchBuilder builder) {
    fill(builder);
    log.append(builder.build());
  }

  private void fill(RecordBatchBuilder builder) {
    builder.clear();
    for (int i = 0; i < BATCH_RECORDS; i++) {
      records.advance();
      builder.append(records.timestamp(), records.key(), records.value());
    }
  }

  private void assertNoGarbage(Runnable round) {
    double least = Double.MAX_VALUE;
    for (int i = 0; i < ROUNDS_MAX && least > BYTES_PER_OPERATION_MAX; i++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      round.run();
      long allocated = threads.getCurrentThreadAllocatedBytes() - before;
      least = Math.min(least, (double) allocated / ROUND_OPERATIONS);
    }
    assertThat(least).as("bytes of garbage a record").isLessThanOrEqualTo(BYTES_PER_OPERATION_MAX);
  }
}
