package dev.varve.log.inspect;

import dev.varve.index.TransactionIndex;
import dev.varve.log.inspect.LogDirectory.State;
import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.producer.LeaderEpochs;
import dev.varve.log.producer.PartitionState;
import dev.varve.log.producer.ProducerEntry;
import dev.varve.log.producer.ProducerSnapshot;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.segment.SegmentFile.Stage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Comparator;
import java.util.List;

/**
 * Finds what a log remembers of its producers, as opening it does: from the newest sound snapshot
 * on, batch by batch. Idle producers that an open would forget are among them.
 */
final class ProducerWalk {
  private final PartitionState state = new PartitionState(LeaderEpochs.NONE);
  private final TransactionIndex aborted;
  private long fromOffset;

  private ProducerWalk(long firstBase) {
    aborted = TransactionIndex.growing(Arena.ofAuto(), firstBase);
  }

  /** Before the first batch of a log. */
  static ProducerWalk of(LogDirectory directory) throws IOException {
    List<Long> bases = directory.baseOffsets();
    ProducerWalk walk = new ProducerWalk(bases.isEmpty() ? 0 : bases.getFirst());
    long newest = bases.isEmpty() ? 0 : bases.getLast();
    if (directory.state() == State.CLOSED) {
      newest = Math.max(newest, directory.durableEnd());
    }
    for (String name : directory.names().reversed()) {
      SegmentFile file = SegmentFile.parse(name).orElse(null);
      if (file != null
          && file.kind() == Kind.PRODUCER_SNAPSHOT
          && file.stage() == Stage.CURRENT
          && file.baseOffset() <= newest
          && walk.load(directory, file)) {
        break;
      }
    }
    return walk;
  }

  private boolean load(LogDirectory directory, SegmentFile file) throws IOException {
    try {
      state
          .producers()
          .load(
              ProducerSnapshot.parse(
                  StateFile.read(directory.path().resolve(file.name())), file.baseOffset()));
      fromOffset = file.baseOffset();
      return true;
    } catch (InvalidStateFileException e) {
      return false; // told by StateFilesCheck
    }
  }

  /** Shows the next batch of the log, whole. */
  void onBatch(RecordBatch batch) {
    if (batch.baseOffset() < fromOffset) {
      return;
    }
    state.replay(batch, aborted); // of a marker that cannot be read, the check of records tells
  }

  /** The producers, the one that appended last first. */
  List<ProducerSummary> producers() {
    return state.producers().snapshot().producers().stream()
        .sorted(
            Comparator.comparingLong(ProducerEntry::lastOffset)
                .reversed()
                .thenComparingLong(ProducerEntry::producerId))
        .map(entry ->
            new ProducerSummary(
                entry.producerId(),
                entry.epoch(),
                entry.lastSequence(),
                entry.lastOffset(),
                entry.currentTxnFirstOffset(),
                entry.timestamp()))
        .toList();
  }
}
