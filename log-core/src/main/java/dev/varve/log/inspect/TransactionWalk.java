package dev.varve.log.inspect;

import dev.varve.index.AbortedTransaction;
import dev.varve.index.TransactionIndex;
import dev.varve.log.inspect.TransactionSummary.Aborted;
import dev.varve.log.inspect.TransactionSummary.Open;
import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.producer.LeaderEpochs;
import dev.varve.log.producer.PartitionState;
import dev.varve.log.producer.ProducerSnapshot;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.segment.SegmentFile.Kind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Finds the transactions of a log from its first batch on, all of them, batch by batch. */
final class TransactionWalk {
  private final PartitionState state = new PartitionState(LeaderEpochs.NONE);
  private final List<Aborted> aborted = new ArrayList<>();
  private final long startOffset;

  private TransactionWalk(long startOffset) {
    this.startOffset = startOffset;
  }

  /** Before the first batch of a log. */
  static TransactionWalk of(LogDirectory directory) throws IOException {
    TransactionWalk walk = new TransactionWalk(directory.startOffset());
    if (!directory.baseOffsets().isEmpty()) {
      long base = directory.baseOffsets().getFirst();
      walk.load(directory.file(base, Kind.PRODUCER_SNAPSHOT), base);
    }
    return walk;
  }

  /** What had begun below the first batch, if anything tells. */
  private void load(Path snapshot, long baseOffset) throws IOException {
    if (Files.isRegularFile(snapshot)) {
      try {
        state.producers().load(ProducerSnapshot.parse(StateFile.read(snapshot), baseOffset));
      } catch (InvalidStateFileException e) {
        // the check of state files tells
      }
    }
  }

  /** One segment of the walk. */
  final class Segment {
    private final TransactionIndex ended;

    private Segment(long base) {
      ended = TransactionIndex.growing(Arena.ofAuto(), base);
    }

    /** Shows the next batch of the segment, whole. */
    void onBatch(RecordBatch batch) {
      state.replay(batch, ended); // of a marker that cannot be read, the check of records tells
    }

    /** No batch of the segment follows. */
    void end() {
      for (int slot = 0; slot < ended.entryCount(); slot++) {
        AbortedTransaction entry = ended.transaction(slot);
        aborted.add(new Aborted(entry.producerId(), entry.firstOffset(), entry.lastOffset()));
      }
    }
  }

  /** Goes on to a segment. */
  Segment segment(long base) {
    return new Segment(base);
  }

  /**
   * What was found.
   *
   * @param end the end of the log
   */
  TransactionSummary summary(long end) {
    long stable = Math.max(startOffset, state.producers().lastStableOffset(end));
    List<Open> open = state.producers().openTransactions().stream().map(Open::of).toList();
    return new TransactionSummary(stable, open, aborted);
  }
}
