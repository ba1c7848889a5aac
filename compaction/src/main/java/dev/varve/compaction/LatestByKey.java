package dev.varve.compaction;

import dev.varve.log.CommitLog;
import dev.varve.log.LogReader;
import dev.varve.log.Visibility;
import dev.varve.log.record.Record;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Looks up the last value of a key: a log as a table. It remembers where each key is last, in
 * memory of a fixed size, and reads the value from the log.
 *
 * {@snippet :
 * try (LatestByKey latest = LatestByKey.of(log, 64 << 20)) {
 *   byte[] value = latest.get(key); // of now
 * }
 * }
 *
 * <p>A MiB remembers 160,000 keys, whatever their size; keys that were deleted count until it is
 * made anew. Only committed records count ({@link Visibility#COMMITTED}). Making it reads the log
 * once; each look-up first takes in what was appended since.
 *
 * <p>Thread safety: for one thread.
 */
public final class LatestByKey implements AutoCloseable {
  private final CommitLog log;
  private final Arena arena = Arena.ofShared();
  private final KeyMap keys;
  private final RecordsOfLog records;
  private final LogReader following;
  private final LogReader values;
  private boolean closed;

  private LatestByKey(CommitLog log, long memoryBytes) {
    this.log = log;
    long start = log.offsets().startOffset();
    this.records = RecordsOfLog.mayBeGone(log);
    this.following = log.reader(start, Visibility.COMMITTED);
    this.values = log.reader(start);
    boolean made = false;
    try {
      this.keys = KeyMap.sized(arena, memoryBytes, Long.MAX_VALUE);
      keys.clear(start, Long.MAX_VALUE, records);
      made = true;
    } finally {
      if (!made) {
        following.close();
        values.close();
        arena.close();
      }
    }
  }

  /**
   * Reads a log and remembers where its keys are. To be closed.
   *
   * @param memoryBytes how much memory it takes, all of it at once
   * @throws IllegalArgumentException if that is too little for a few keys
   * @throws IllegalStateException if that is too little for the keys of the log, or if the log
   *     spans more than 2^32 offsets
   */
  public static LatestByKey of(CommitLog log, long memoryBytes) {
    LatestByKey latest = new LatestByKey(log, memoryBytes);
    boolean read = false;
    try {
      latest.catchUp();
      read = true;
      return latest;
    } finally {
      if (!read) {
        latest.close();
      }
    }
  }

  /**
   * The last value of a key.
   *
   * @return null if the key has none, or was deleted
   * @throws IllegalStateException if there is no memory for the keys that were appended since
   * @throws dev.varve.log.error.LogException as {@link LogReader#next} does
   */
  public byte @Nullable [] get(byte[] key) {
    MemorySegment memory = MemorySegment.ofArray(key);
    long missing = -1;
    while (true) {
      catchUp();
      long offset = keys.latestOffset(memory, 0, key.length, -1);
      if (offset == missing || offset < log.offsets().startOffset()) {
        return null; // a deletion whose time has passed
      }
      values.seek(offset);
      if (values.next() && values.record().offset() == offset) {
        return values.record().copyValue();
      }
      missing = offset; // compaction took it, perhaps for one that was appended just now
    }
  }

  /** How many keys are remembered, those that were deleted among them. */
  public long size() {
    return keys.size();
  }

  private void catchUp() {
    if (following.nextOffset() < log.offsets().startOffset()) {
      following.seek(log.offsets().startOffset());
    }
    while (following.next()) {
      Record record = following.record();
      if (record.hasKey()
          && !keys.put(record.memory(), record.keyPosition(), record.keyBytes(), record.offset())) {
        long offset = record.offset();
        following.seek(offset); // so that the next call comes to it again
        throw new IllegalStateException(
            log.directory()
                + ": no memory for the key at offset "
                + offset
                + ": found "
                + keys.size()
                + " keys in "
                + keys.bytes()
                + " bytes, expected at most "
                + keys.keysMax()
                + ", within 2^32 offsets");
      }
    }
  }

  /** Gives the memory back. Doing it twice is harmless. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      following.close();
      values.close();
      records.close();
      arena.close();
    }
  }
}
