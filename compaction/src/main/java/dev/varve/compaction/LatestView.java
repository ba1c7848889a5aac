package dev.varve.compaction;

import dev.varve.log.CommitLog;
import dev.varve.log.LogReader;
import dev.varve.log.Visibility;
import dev.varve.log.error.OffsetOutOfRangeException;
import dev.varve.log.record.Record;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The last value of each key of a log, and then all that follows: what a service wants that keeps
 * its state in a log, when it starts.
 *
 * {@snippet :
 * try (LatestView latest = LatestView.of(log, 64 << 20)) {
 *   while (latest.next()) {
 *     put(latest.record());
 *   }
 *   caughtUp();
 *   while (latest.awaitNext(timeout)) {
 *     apply(latest.record()); // a record without a value deletes its key
 *   }
 * }
 * }
 *
 * <p>First come the records that were the last of their key when the view was made, if they have a
 * value: each key once, whether or not the log was compacted. Only committed records count ({@link
 * Visibility#COMMITTED}). {@link #next} is false once between them and what was appended since,
 * which comes as it is. A key that was written again meanwhile may be missing in the first part, if
 * compaction has taken its old value, and comes in the second.
 *
 * <p>Memory is bounded: the log is gone through twice, and if there are more keys than the memory
 * can tell apart, as often as it takes, each time for a part of the keys. Within a part, records
 * come in the order of their offsets; usually there is one part.
 *
 * <p>Thread safety: for one thread.
 */
public final class LatestView implements AutoCloseable {
  private final CommitLog log;
  private final long asOf;
  private final Arena arena = Arena.ofShared();
  private final KeyHash partHash = KeyHash.random();
  private final KeyMap keys;
  private final RecordsOfLog records;
  private final LogReader reader;
  private long startOffset;

  /** The parts of the keys that are still to be shown, the first of them being shown now. */
  private final Deque<Part> parts = new ArrayDeque<>(List.of(new Part(1, 0)));

  /** Whether the map has what is to be known of the first part. */
  private boolean learnt;

  private boolean closed;

  /** The keys whose hash, divided by a power of two, leaves a remainder. */
  private record Part(long divisor, long remainder) {
    boolean has(long hash) {
      return (hash & (divisor - 1)) == remainder;
    }

    Part lower() {
      return new Part(2 * divisor, remainder);
    }

    Part upper() {
      return new Part(2 * divisor, remainder + divisor);
    }
  }

  private LatestView(CommitLog log, long memoryBytes) {
    this.log = log;
    this.asOf = log.offsets().lastStableOffset();
    this.startOffset = log.offsets().startOffset();
    this.records = RecordsOfLog.mayBeGone(log);
    this.reader = log.reader(startOffset, Visibility.COMMITTED);
    boolean made = false;
    try {
      this.keys = KeyMap.sized(arena, memoryBytes, Math.max(0, asOf - startOffset));
      made = true;
    } finally {
      if (!made) {
        reader.close();
        arena.close();
      }
    }
  }

  /**
   * A view as of now. To be closed.
   *
   * @param memoryBytes for what has to be remembered of keys: about 6 bytes each
   * @throws IllegalArgumentException if that is too little for a few keys
   */
  public static LatestView of(CommitLog log, long memoryBytes) {
    return new LatestView(log, memoryBytes);
  }

  /** The offset before which only the last record of each key is shown, and behind which all. */
  public long asOf() {
    return asOf;
  }

  /** Whether the last values of all keys were shown, so that what follows is shown as it comes. */
  public boolean isCaughtUp() {
    return parts.isEmpty();
  }

  /**
   * Moves to the next record.
   *
   * @return false once when the last values of all keys have been shown, and later whenever there
   *     is nothing more now
   * @throws IllegalStateException if the log spans more than 2^32 offsets
   * @throws dev.varve.log.error.LogException as {@link LogReader#next} does
   */
  public boolean next() {
    if (isCaughtUp()) {
      return nextWithKey();
    }
    while (true) {
      try {
        return nextLatest();
      } catch (OffsetOutOfRangeException e) {
        reader.seek(log.offsets().startOffset()); // it has moved past what is still to be shown
      }
    }
  }

  private boolean nextLatest() {
    while (true) {
      if (!learnt) {
        learn();
      }
      while (reader.nextOffset() < asOf && reader.next() && reader.record().offset() < asOf) {
        Record record = reader.record();
        if (record.hasValue() && record.hasKey() && isOfPart(record) && isLatest(record)) {
          return true;
        }
      }
      learnt = false;
      parts.removeFirst();
      if (isCaughtUp()) {
        reader.seek(Math.max(asOf, log.offsets().startOffset()));
        return false;
      }
    }
  }

  private boolean nextWithKey() {
    while (reader.next()) {
      if (reader.record().hasKey()) {
        return true;
      }
    }
    return false;
  }

  private boolean isLatest(Record record) {
    return keys.isLatest(record.memory(), record.keyPosition(), record.keyBytes(), record.offset());
  }

  private boolean isOfPart(Record record) {
    Part part = parts.getFirst();
    return part.divisor == 1
        || part.has(partHash.hash(record.memory(), record.keyPosition(), record.keyBytes()));
  }

  /** Learns where each key of the first part is last; one that is too large becomes two. */
  private void learn() {
    while (!tryLearn()) {
      Part tooLarge = parts.removeFirst();
      parts.addFirst(tooLarge.upper());
      parts.addFirst(tooLarge.lower());
    }
    learnt = true;
    rewind();
  }

  private boolean tryLearn() {
    rewind();
    if (asOf - startOffset > KeyMap.DELTA_MAX) {
      throw new IllegalStateException(
          log.directory()
              + ": found offsets from "
              + startOffset
              + " to "
              + asOf
              + ", expected at most 2^32 of them");
    }
    keys.clear(startOffset, Math.max(0, asOf - startOffset), records);
    while (reader.nextOffset() < asOf && reader.next() && reader.record().offset() < asOf) {
      Record record = reader.record();
      if (record.hasKey()
          && isOfPart(record)
          && !keys.put(record.memory(), record.keyPosition(), record.keyBytes(), record.offset())) {
        return false;
      }
    }
    return true;
  }

  private void rewind() {
    startOffset = log.offsets().startOffset();
    reader.seek(startOffset);
  }

  /**
   * Moves to the next record, waiting for one to be appended if need be.
   *
   * @param timeout how long to wait
   * @return false as {@link #next}, or if there was none within that time
   */
  public boolean awaitNext(Duration timeout) {
    if (!isCaughtUp() || nextWithKey()) {
      return isCaughtUp() || next();
    }
    return reader.awaitNext(timeout) && (reader.record().hasKey() || nextWithKey());
  }

  /** The record that was moved to: one view, always the same, moved along. */
  public Record record() {
    return reader.record();
  }

  /** Gives the memory back. Doing it twice is harmless. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      reader.close();
      records.close();
      arena.close();
    }
  }
}
