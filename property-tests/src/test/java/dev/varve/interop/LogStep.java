package dev.varve.interop;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** One thing that happens to a log while it is open. */
sealed interface LogStep {
  void applyTo(PartitionLog log) throws IOException;

  static void applyAll(List<LogStep> steps, PartitionLog log) throws IOException {
    for (LogStep step : steps) {
      step.applyTo(log);
    }
  }

  /** The batches that steps append, markers left out. */
  static Stream<NewBatch> batches(List<LogStep> steps) {
    return steps.stream()
        .flatMap(step -> step instanceof Append append ? Stream.of(append.batch) : Stream.empty());
  }

  /** Steps in as many parts, about as long as each other; the last are empty if steps are few. */
  static List<List<LogStep>> split(List<LogStep> steps, int parts) {
    List<List<LogStep>> split = new ArrayList<>();
    for (int i = 0; i < parts; i++) {
      split.add(
          steps.subList(
              Math.ceilDiv(steps.size() * i, parts), Math.ceilDiv(steps.size() * (i + 1), parts)));
    }
    return split;
  }

  /** A producer sends a batch. */
  record Append(NewBatch batch) implements LogStep {
    @Override
    public void applyTo(PartitionLog log) throws IOException {
      log.append(batch);
    }
  }

  /** The coordinator ends a transaction, or one that had no data here. */
  record EndTransaction(
      NewBatch.Producer producer, boolean commit, int coordinatorEpoch, int transactionVersion)
      implements LogStep {
    @Override
    public void applyTo(PartitionLog log) {
      log.endTransaction(producer, commit, coordinatorEpoch, transactionVersion);
    }
  }

  /** A segment begins. */
  record Roll() implements LogStep {
    @Override
    public void applyTo(PartitionLog log) throws IOException {
      log.roll();
    }
  }

  /** Time passes on the clock of the log. */
  record PassTime(long millis) implements LogStep {
    @Override
    public void applyTo(PartitionLog log) {
      log.clock().advance(millis);
    }
  }

  /**
   * Records are deleted from the front.
   *
   * @param percent how much of the log's range of offsets goes
   */
  record DeleteRecords(int percent) implements LogStep {
    @Override
    public void applyTo(PartitionLog log) throws IOException {
      long span = log.endOffset() - log.startOffset();
      log.deleteRecordsBefore(log.startOffset() + span * percent / 100);
    }
  }
}
