package dev.varve.interop;

import dev.varve.log.producer.ProducerEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a log has to answer to idempotent producers, in the plainest way: every batch that was taken
 * is kept in a list, and every answer is looked up there.
 */
final class ProducersModel {
  static final long EXPIRATION_MILLIS = 86_400_000;

  private static final int KEPT_BATCHES = 5;

  private final Map<Long, List<Taken>> batches = new TreeMap<>();
  private final Map<Long, List<NewBatch>> everTaken = new TreeMap<>();

  /** The offset that the next record gets. */
  long endOffset;

  enum Refusal {
    FENCED,
    OUT_OF_ORDER
  }

  /**
   * What the log says to an append.
   *
   * @param offset of the first record; -1 if there is none
   */
  record Answer(long offset, @Nullable Refusal refusal) {
    static Answer at(long offset) {
      return new Answer(offset, null);
    }

    static Answer refused(Refusal refusal) {
      return new Answer(-1, refusal);
    }
  }

  private record Taken(NewBatch batch, long baseOffset) {
    int epoch() {
      return batch.producer().epoch();
    }

    long lastSequence() {
      long unwrapped = (long) batch.producer().baseSequence() + batch.records().size() - 1;
      return unwrapped % (1L << 31);
    }

    boolean isAgain(NewBatch other) {
      return other.producer().equals(batch.producer())
          && other.records().size() == batch.records().size();
    }

    long timestamp() {
      return batch.records().stream().mapToLong(NewRecord::timestamp).max().orElseThrow();
    }
  }

  Answer append(NewBatch batch) {
    List<Taken> taken = taken(batch.producer().id());
    int epoch = batch.producer().epoch();
    if (!taken.isEmpty()) {
      int newest = taken.getLast().epoch();
      if (epoch < newest) {
        return Answer.refused(Refusal.FENCED);
      }
      for (Taken kept : lastFive(taken)) {
        if (kept.epoch() == epoch && kept.isAgain(batch)) {
          return Answer.at(kept.baseOffset());
        }
      }
      long expected = epoch > newest ? 0 : (taken.getLast().lastSequence() + 1) % (1L << 31);
      if (batch.producer().baseSequence() != expected) {
        return Answer.refused(Refusal.OUT_OF_ORDER);
      }
    }
    long offset = endOffset;
    endOffset += batch.records().size();
    taken.add(new Taken(batch, offset));
    everTaken.computeIfAbsent(batch.producer().id(), id -> new ArrayList<>()).add(batch);
    return Answer.at(offset);
  }

  private List<Taken> taken(long producerId) {
    return batches.computeIfAbsent(producerId, id -> new ArrayList<>());
  }

  private static List<Taken> lastFive(List<Taken> taken) {
    return taken.subList(Math.max(0, taken.size() - KEPT_BATCHES), taken.size());
  }

  /** Of each producer a stopped log keeps the last batch. */
  void reopen() {
    batches.values().forEach(taken -> taken.subList(0, Math.max(0, taken.size() - 1)).clear());
  }

  void forget(long nowMillis) {
    batches
        .values()
        .removeIf(taken ->
            taken.isEmpty() || nowMillis - taken.getLast().timestamp() >= EXPIRATION_MILLIS);
  }

  int epoch(long producerId) {
    List<Taken> taken = taken(producerId);
    return taken.isEmpty() ? 0 : taken.getLast().epoch();
  }

  int nextSequence(long producerId) {
    List<Taken> taken = taken(producerId);
    return taken.isEmpty() ? 0 : (int) ((taken.getLast().lastSequence() + 1) % (1L << 31));
  }

  /** A batch that the log took, so many before the last, also if it has forgotten it since. */
  @Nullable NewBatch earlier(long producerId, int back) {
    List<NewBatch> all = everTaken.getOrDefault(producerId, List.of());
    return back < all.size() ? all.get(all.size() - 1 - back) : null;
  }

  /** What a snapshot keeps of those that are not idle. */
  Map<Long, ProducerEntry> entries(long nowMillis) {
    Map<Long, ProducerEntry> entries = new TreeMap<>();
    batches.forEach((id, taken) -> {
      if (!taken.isEmpty() && nowMillis - taken.getLast().timestamp() < EXPIRATION_MILLIS) {
        Taken last = taken.getLast();
        int delta = last.batch().records().size() - 1;
        entries.put(
            id,
            new ProducerEntry(
                id,
                (short) last.epoch(),
                (int) last.lastSequence(),
                last.baseOffset() + delta,
                delta,
                last.timestamp(),
                -1,
                -1));
      }
    });
    return entries;
  }
}
