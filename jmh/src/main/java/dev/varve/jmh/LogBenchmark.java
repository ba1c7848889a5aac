package dev.varve.jmh;

import dev.varve.jmh.peer.BenchmarkDirectory;
import dev.varve.jmh.peer.BenchmarkRecords;
import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * What a log does when it has more of something. There is no peer: one row, or one call, is what
 * the others are compared with.
 */
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the methods that set the fields
public abstract class LogBenchmark {
  private static final int VALUE_BYTES = 100;

  private final BenchmarkRecords records = new BenchmarkRecords(VALUE_BYTES);
  private int recordCount;
  private BenchmarkDirectory directory;
  private CommitLog log;

  /** Makes an empty directory. */
  void begin(BenchmarkParams params) {
    recordCount = params.getOpsPerInvocation();
    directory = BenchmarkDirectory.create();
  }

  /** Opens the log in the directory. */
  void open(LogOptions options) {
    log = CommitLog.open(directory.path(), options);
  }

  /** Closes the log and deletes the directory. */
  void end() {
    log.close();
    directory.close();
  }

  /** Appends the records of an invocation one by one; returns the last offset. */
  long appendAll() {
    long last = 0;
    for (int i = 0; i < recordCount; i++) {
      records.advance();
      last = log.append(records.timestamp(), records.key(), records.value());
    }
    return last;
  }

  BenchmarkRecords records() {
    return records;
  }

  int recordCount() {
    return recordCount;
  }

  BenchmarkDirectory directory() {
    return directory;
  }

  CommitLog log() {
    return log;
  }
}
