package dev.varve.log.producer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.index.AbortedTransaction;
import dev.varve.log.producer.BatchHeader.Kind;
import dev.varve.log.record.EndTransactionMarker;
import dev.varve.log.record.EndTransactionMarker.Outcome;
import dev.varve.log.record.RecordBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;

/** The state against answers that are looked up in the whole history, batch by batch. */
class ProducerStatesProperties {
  enum Step {
    PLAIN,
    DATA,
    TRANSACTIONAL,
    COMMIT,
    ABORT,
    EMPTY_DATA,
    EMPTY_CONTROL
  }

  record Move(Step step, int producerId, boolean bumpsEpoch) {}

  /** A batch as it lies in the log. */
  record Past(Step step, BatchHeader header) {
    boolean isMarker() {
      return step == Step.COMMIT || step == Step.ABORT;
    }

    boolean isOf(long producerId) {
      return header.producerId() == producerId;
    }
  }

  @Property(tries = 500)
  void theStateIsWhatTheHistorySays(@ForAll("histories") List<Move> moves) {
    ProducerStates states = new ProducerStates();
    List<Past> history = new ArrayList<>();
    for (Past next : batches(moves)) {
      AbortedTransaction aborted = feed(states, next);
      assertThat(aborted).isEqualTo(expectedAbort(history, next));
      history.add(next);
    }

    for (ProducerEntry entry : states.snapshot().producers()) {
      assertThat(entry).isEqualTo(expectedEntry(history, entry.producerId()));
    }
    long end = end(history);
    assertThat(states.lastStableOffset(end))
        .isEqualTo(openTransactions(history).stream().mapToLong(Long::longValue).min().orElse(end));
  }

  @Property(tries = 300)
  void goingOnFromASnapshotIsGoingOn(
      @ForAll("histories") List<Move> moves, @ForAll @IntRange(max = 60) int snapshotAt)
      throws Exception {
    ProducerStates straight = new ProducerStates();
    ProducerStates reopened = new ProducerStates();
    List<Past> batches = batches(moves);
    for (int i = 0; i < batches.size(); i++) {
      if (i == snapshotAt) {
        reopened.load(ProducerSnapshot.parse(straight.snapshot().format()));
      }
      AbortedTransaction expected = feed(straight, batches.get(i));
      if (i >= snapshotAt) {
        assertThat(feed(reopened, batches.get(i))).isEqualTo(expected);
      }
    }

    if (snapshotAt < batches.size()) {
      assertThat(reopened.snapshot().format()).isEqualTo(straight.snapshot().format());
      long end = end(batches);
      assertThat(reopened.lastStableOffset(end)).isEqualTo(straight.lastStableOffset(end));
    }
  }

  private static @Nullable AbortedTransaction feed(ProducerStates states, Past batch) {
    RecordBatch header = batch.header().wrap();
    return switch (batch.step()) {
      case COMMIT -> states.onMarker(header, new EndTransactionMarker(Outcome.COMMIT, 3));
      case ABORT -> states.onMarker(header, new EndTransactionMarker(Outcome.ABORT, 4));
      case PLAIN, DATA, TRANSACTIONAL, EMPTY_DATA, EMPTY_CONTROL -> {
        states.onBatch(header);
        yield null;
      }
    };
  }

  private static @Nullable AbortedTransaction expectedAbort(List<Past> history, Past next) {
    long producerId = next.header().producerId();
    Long firstOffset = openTransaction(history, producerId);
    if (next.step() != Step.ABORT || firstOffset == null) {
      return null;
    }
    long marker = next.header().baseOffset();
    long stable =
        openTransactions(history).stream()
            .filter(open -> !open.equals(firstOffset))
            .mapToLong(Long::longValue)
            .min()
            .orElse(marker + 1);
    return new AbortedTransaction(producerId, firstOffset, marker, stable);
  }

  /** The first transactional batch behind the producer's last marker. */
  private static @Nullable Long openTransaction(List<Past> history, long producerId) {
    Long firstOffset = null;
    for (Past past : history) {
      if (past.isOf(producerId) && past.isMarker()) {
        firstOffset = null;
      } else if (past.isOf(producerId)
          && past.header().kind() == Kind.TRANSACTIONAL
          && firstOffset == null) {
        firstOffset = past.header().baseOffset();
      }
    }
    return firstOffset;
  }

  private static List<Long> openTransactions(List<Past> history) {
    return history.stream()
        .map(past -> past.header().producerId())
        .distinct()
        .map(producerId -> openTransaction(history, producerId))
        .filter(Objects::nonNull)
        .toList();
  }

  private static ProducerEntry expectedEntry(List<Past> history, long producerId) {
    List<Past> own =
        history.stream()
            .filter(past -> past.isOf(producerId) && past.step() != Step.EMPTY_CONTROL)
            .toList();
    BatchHeader last = own.getLast().header();
    BatchHeader lastData =
        own.stream()
            .filter(past -> !past.isMarker())
            .map(Past::header)
            .reduce((earlier, later) -> later)
            .filter(header -> header.producerEpoch() == last.producerEpoch())
            .orElse(null);
    int coordinatorEpoch =
        own.stream()
            .filter(Past::isMarker)
            .reduce((earlier, later) -> later)
            .map(past -> past.step() == Step.COMMIT ? 3 : 4)
            .orElse(-1);
    Long open = openTransaction(history, producerId);
    return new ProducerEntry(
        producerId,
        last.producerEpoch(),
        lastData == null ? -1 : lastData.baseSequence() + lastData.lastOffsetDelta(),
        lastData == null ? -1 : lastData.baseOffset() + lastData.lastOffsetDelta(),
        lastData == null ? 0 : lastData.lastOffsetDelta(),
        last.maxTimestamp(),
        coordinatorEpoch,
        open == null ? -1 : open);
  }

  private static long end(List<Past> history) {
    if (history.isEmpty()) {
      return 0;
    }
    BatchHeader last = history.getLast().header();
    return last.baseOffset() + last.lastOffsetDelta() + 1;
  }

  /** Lays the moves out in a log: offsets, and an epoch for each producer that only rises. */
  private static List<Past> batches(List<Move> moves) {
    List<Past> batches = new ArrayList<>();
    int[] epochs = new int[4];
    long offset = 0;
    for (Move move : moves) {
      int producerId = move.producerId();
      if (move.bumpsEpoch()) {
        epochs[producerId]++;
      }
      int epoch = epochs[producerId];
      int sequence = batches.size() * 10;
      BatchHeader header =
          switch (move.step()) {
            case PLAIN -> BatchHeader.plain(offset);
            case DATA -> BatchHeader.data(offset, producerId, epoch, sequence);
            case TRANSACTIONAL -> BatchHeader.transactional(offset, producerId, epoch, sequence);
            case EMPTY_DATA -> BatchHeader.data(offset, producerId, epoch, sequence).emptied();
            case COMMIT, ABORT -> BatchHeader.marker(offset, producerId, epoch);
            case EMPTY_CONTROL -> BatchHeader.marker(offset, producerId, epoch).emptied();
          };
      batches.add(new Past(move.step(), header));
      offset += header.lastOffsetDelta() + 1;
    }
    return batches;
  }

  @Provide
  Arbitrary<List<Move>> histories() {
    return Combinators.combine(
            Arbitraries.of(Step.class),
            Arbitraries.integers().between(0, 3),
            Arbitraries.frequency(Tuple.of(4, false), Tuple.of(1, true)))
        .as(Move::new)
        .list()
        .ofMaxSize(60);
  }
}
