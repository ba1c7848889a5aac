package dev.varve.compaction;

import dev.varve.log.record.Record;
import dev.varve.log.record.RecordCursor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * What compaction has to know of the records of one batch, in columns: found once, asked for
 * several times, and for all records at once.
 *
 * <p>Makes no garbage once it has grown to the largest batch. For one thread.
 */
final class BatchRecords {
  private static final int COUNT_INITIAL = 128;

  private MemorySegment memory = MemorySegment.NULL;
  private long[] offsets = new long[COUNT_INITIAL];
  private long[] hashes = new long[COUNT_INITIAL];
  private int[] keyPositions = new int[COUNT_INITIAL];
  private int[] keySizes = new int[COUNT_INITIAL];
  private boolean[] valued = new boolean[COUNT_INITIAL];
  private int count;

  /**
   * Reads the records of a batch. Their keys lie in the cursor's memory, and are there until it
   * opens the next batch.
   *
   * @param records stands before the first of them, and behind the last one afterwards
   * @throws dev.varve.log.record.InvalidBatchException if they are malformed
   */
  void read(RecordCursor records) {
    count = 0;
    while (records.next()) {
      add(records.record());
    }
  }

  private void add(Record record) {
    int index = count;
    if (index == offsets.length) {
      grow(2 * index);
    }
    memory = record.memory();
    offsets[index] = record.offset();
    keyPositions[index] = (int) record.keyPosition();
    keySizes[index] = record.hasKey() ? record.keyBytes() : -1;
    valued[index] = record.hasValue();
    count = index + 1;
  }

  private void grow(int to) {
    offsets = Arrays.copyOf(offsets, to);
    hashes = Arrays.copyOf(hashes, to);
    keyPositions = Arrays.copyOf(keyPositions, to);
    keySizes = Arrays.copyOf(keySizes, to);
    valued = Arrays.copyOf(valued, to);
  }

  /** How many records the batch has. */
  int count() {
    return count;
  }

  long offset(int index) {
    return offsets[index];
  }

  boolean hasKey(int index) {
    return keySizes[index] >= 0;
  }

  boolean hasValue(int index) {
    return valued[index];
  }

  /** Where all keys are. */
  MemorySegment memory() {
    return memory;
  }

  long keyPosition(int index) {
    return keyPositions[index];
  }

  /** The size of a key in bytes; -1 if there is none. */
  int keyBytes(int index) {
    return keySizes[index];
  }

  /** The hash of a key, if it was {@linkplain #hash(int, long) set}. */
  long hash(int index) {
    return hashes[index];
  }

  /** Keeps the hash of a key. */
  void hash(int index, long hash) {
    hashes[index] = hash;
  }
}
