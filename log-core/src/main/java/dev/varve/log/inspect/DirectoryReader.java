package dev.varve.log.inspect;

import dev.varve.index.OffsetIndex;
import dev.varve.index.TimeIndex;
import dev.varve.log.error.CorruptLogException;
import dev.varve.log.error.DamagedRange;
import dev.varve.log.error.OffsetOutOfRangeException;
import dev.varve.log.inspect.LogDirectory.State;
import dev.varve.log.record.BatchFault;
import dev.varve.log.record.InvalidBatchException;
import dev.varve.log.record.Record;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordCursor;
import dev.varve.log.segment.SegmentFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the records of a log's directory in order, from any offset or time, control records
 * included, while another process may have the log open. Takes no lock and changes nothing.
 *
 * {@snippet :
 * try (DirectoryReader reader = DirectoryReader.open(path)) {
 *   reader.seek(reader.startOffset());
 *   while (reader.next()) {
 *     use(reader.record()); // valid until the next call
 *   }
 * }
 * }
 *
 * <p>Every batch is checked against its checksum. What follows the last sound batch of a log that
 * was not closed is not part of it: opening the log would cut it off. Makes no garbage for a
 * record. Thread safety: for one thread.
 */
public final class DirectoryReader implements AutoCloseable {
  private final RecordCursor cursor = new RecordCursor();
  private LogDirectory directory;
  private @Nullable BatchReader batches;
  private long nextOffset;
  private @Nullable Consumer<DamagedRange> onDamage;

  /** The last damage that was told, since the end of a log is looked at again and again. */
  private @Nullable DamagedRange told;

  private DirectoryReader(LogDirectory directory) {
    this.directory = directory;
    this.nextOffset = directory.startOffset();
  }

  /**
   * Begins at the start of a log.
   *
   * @throws dev.varve.log.error.LogDirectoryException if there is none
   */
  public static DirectoryReader open(Path path) throws IOException {
    return new DirectoryReader(LogDirectory.of(path));
  }

  /**
   * Passes over damage instead of throwing: each damaged range is told once, and reading goes on
   * behind it. That is at the next sound batch, if the damaged one's length or the index leads to
   * it, or else at the next segment.
   *
   * @param onDamage is told each range before the first record behind it
   * @return this reader
   */
  public DirectoryReader skippingDamage(Consumer<DamagedRange> onDamage) {
    this.onDamage = onDamage;
    return this;
  }

  /** The first offset that can be read. */
  public long startOffset() {
    return directory.startOffset();
  }

  /** The offset after the last record now. Reads the end of the last segment. */
  public long endOffset() throws IOException {
    if (directory.baseOffsets().isEmpty()) {
      return directory.startOffset();
    }
    long base = directory.baseOffsets().getLast();
    try (BatchReader last = segmentAt(base, Long.MAX_VALUE)) {
      while (nextSound(last)) {
        // only the end matters
      }
      return Math.max(last.endOffset(), directory.startOffset());
    }
  }

  /**
   * Goes to an offset.
   *
   * @throws OffsetOutOfRangeException if the log does not have it; its end is lawful
   */
  public void seek(long offset) throws IOException {
    long end = endOffset();
    if (offset < startOffset() || offset > end) {
      throw new OffsetOutOfRangeException(offset, startOffset(), end);
    }
    close();
    told = null;
    nextOffset = offset;
  }

  /**
   * The offset of the first record, in the order of the log, whose timestamp is at least {@code
   * timestamp} milliseconds; empty if there is none.
   */
  public OptionalLong offsetForTimestamp(long timestamp) throws IOException {
    for (long base : directory.baseOffsets()) {
      long from = floorOffset(base, timestamp);
      if (from >= 0) {
        try (BatchReader segment = segmentAt(base, from)) {
          OptionalLong found = search(segment, timestamp);
          if (found.isPresent()) {
            return found;
          }
        }
      }
    }
    return OptionalLong.empty();
  }

  private OptionalLong search(BatchReader segment, long timestamp) throws IOException {
    while (nextSound(segment)) {
      RecordBatch batch = segment.batch();
      if (batch.maxTimestamp() >= timestamp && batch.lastOffset() >= startOffset()) {
        OptionalLong found = searchBatch(segment, timestamp);
        if (found.isPresent()) {
          return found;
        }
      }
    }
    return OptionalLong.empty();
  }

  private OptionalLong searchBatch(BatchReader segment, long timestamp) {
    try {
      cursor.openUnchecked(segment.batch());
      while (cursor.next()) {
        Record record = cursor.record();
        if (record.timestamp() >= timestamp && record.offset() >= startOffset()) {
          return OptionalLong.of(record.offset());
        }
      }
    } catch (InvalidBatchException e) {
      if (onDamage == null) {
        throw new CorruptLogException(segment.damagedRecords(e.fault()), e);
      }
    }
    return OptionalLong.empty();
  }

  /**
   * Moves to the next batch, if asked to then also behind damage, which is told when it is read.
   */
  private boolean nextSound(BatchReader segment) throws IOException {
    if (segment.next()) {
      return true;
    }
    if (onDamage == null || segment.fault() == null) {
      return false;
    }
    segment.skip(directory);
    return segment.next();
  }

  /** Where to begin the search for a time in a segment; -1 if the segment has nothing so late. */
  private long floorOffset(long base, long timestamp) throws IOException {
    Path file = directory.file(base, SegmentFile.Kind.TIME_INDEX);
    if (!isSettled(base) || !Files.isRegularFile(file) || IndexBytes.isTooLarge(file)) {
      return base;
    }
    TimeIndex times = TimeIndex.over(IndexBytes.read(file), base);
    if (times.entryCount() == 0 || times.firstFault(Long.MAX_VALUE).isPresent()) {
      return base;
    }
    return times.lastTimestamp() < timestamp ? -1 : times.floorOffset(timestamp);
  }

  /** Indexes are believed where their log vouches for them. */
  private boolean isSettled(long base) {
    return directory.state() != State.FOREIGN && !directory.isUnsettled(base);
  }

  /** A reader of a segment that stands before the batch with an offset, or earlier. */
  private BatchReader segmentAt(long base, long offset) throws IOException {
    long position = isSettled(base) ? floorPosition(directory.log(base), base, offset) : 0;
    if (position > 0) {
      try (BatchReader probe = BatchReader.open(directory, base, position)) {
        if (!probe.next() || probe.batch().baseOffset() > offset) {
          position = 0; // the index is wrong; the log itself is the truth
        }
      }
    }
    return BatchReader.open(directory, base, position);
  }

  private long floorPosition(Path log, long base, long offset) throws IOException {
    Path file = directory.file(base, SegmentFile.Kind.OFFSET_INDEX);
    if (!Files.isRegularFile(file) || IndexBytes.isTooLarge(file)) {
      return 0;
    }
    OffsetIndex offsets = OffsetIndex.over(IndexBytes.read(file), base);
    return offsets.firstFault(Long.MAX_VALUE, Files.size(log)).isPresent()
        ? 0
        : offsets.floorPosition(offset);
  }

  /**
   * Moves to the next record.
   *
   * @return false at the end of the log as it was when the segment was opened; see {@link #poll}
   * @throws CorruptLogException if the next batch is damaged, also when asked again; {@link #seek}
   *     past it to go on, or ask for {@link #skippingDamage}
   */
  public boolean next() throws IOException {
    while (true) {
      try {
        return nextRecord();
      } catch (InvalidBatchException e) {
        BatchReader current = batches;
        if (current == null) {
          throw new IllegalStateException("no batch is open", e);
        }
        cursor.clear();
        tell(current.damagedRecords(e.fault()), e);
      }
    }
  }

  private boolean nextRecord() throws IOException {
    do {
      while (cursor.next()) {
        long offset = cursor.record().offset();
        if (offset >= nextOffset) {
          nextOffset = offset + 1;
          return true;
        }
      }
    } while (nextBatch());
    return false;
  }

  private boolean nextBatch() throws IOException {
    BatchReader current = batches;
    if (current == null) {
      if (directory.baseOffsets().isEmpty()) {
        return false;
      }
      current = segmentAt(floorBase(nextOffset), nextOffset);
      batches = current;
    }
    while (true) {
      while (current.next()) {
        if (current.batch().lastOffset() >= nextOffset) {
          cursor.openUnchecked(current.batch());
          return true;
        }
      }
      if (endsInDamage(current) && passOver(current)) {
        continue;
      }
      if (directory.isLast(current.baseOffset())) {
        return false;
      }
      long base = directory.baseAfter(current.baseOffset());
      current.close();
      current = BatchReader.open(directory, base, 0);
      batches = current;
    }
  }

  /** Whether what ended the segment is damage, not space or a batch that was not finished. */
  private boolean endsInDamage(BatchReader reader) throws IOException {
    return reader.fault() != null
        && !reader.endsInReservedSpace()
        && (!directory.isLast(reader.baseOffset())
            || directory.state() != State.OPEN
            || reader.endOffset() < directory.durableEnd());
  }

  /** Returns whether a sound batch follows in the same segment. */
  private boolean passOver(BatchReader reader) throws IOException {
    DamagedRange damage = reader.skip(directory);
    boolean found = reader.fault() == null;
    if (!found || damage.endOffset() > nextOffset) {
      tell(damage, null);
    }
    return found;
  }

  private void tell(DamagedRange damage, @Nullable Exception cause) throws IOException {
    Consumer<DamagedRange> listener = onDamage;
    if (listener == null) {
      close(); // so that the next call comes to the same batch, and says the same
      throw new CorruptLogException(damage, cause);
    }
    nextOffset = Math.max(nextOffset, damage.endOffset());
    if (!damage.equals(told)) {
      told = damage;
      listener.accept(damage);
    }
  }

  private long floorBase(long offset) {
    List<Long> bases = directory.baseOffsets();
    int found = Collections.binarySearch(bases, offset);
    return bases.get(Math.max(0, found >= 0 ? found : -found - 2));
  }

  /**
   * After {@link #next} returned false: looks whether a writer has added anything since.
   *
   * @return whether another call of {@link #next} may find a record
   */
  public boolean poll() throws IOException {
    BatchReader current = batches;
    if (current != null && current.refresh()) {
      return true;
    }
    LogDirectory now = LogDirectory.of(directory.path());
    boolean more =
        !now.baseOffsets().isEmpty()
            && (current == null || now.baseOffsets().getLast() > current.baseOffset());
    if (more) {
      directory = now;
      if (current != null) {
        current.refresh(); // appended between the two looks, before the roll
      }
    }
    return more;
  }

  /**
   * Why the log ended before the end of its file, if not at space that was reserved: a batch that
   * its writer did not finish. Null if it did not. Of meaning after {@link #next} returned false.
   */
  public @Nullable Finding tornTail() throws IOException {
    BatchReader current = batches;
    BatchFault fault = current == null ? null : current.fault();
    if (current == null
        || fault == null
        || current.endsInReservedSpace()
        || endsInDamage(current)) {
      return null;
    }
    return new Finding(
        Finding.Severity.NOTE, current.path(), fault.position(), fault.found(), fault.expected());
  }

  /** The record that {@link #next} moved to: one view, always the same, moved along. */
  public Record record() {
    return cursor.record();
  }

  /** The header of the batch that the record is in, valid until the next call. */
  public RecordBatch batch() {
    return cursor.batch();
  }

  /** The lowest offset that the next record may have. */
  public long nextOffset() {
    return nextOffset;
  }

  @Override
  public void close() throws IOException {
    cursor.clear();
    if (batches != null) {
      batches.close();
      batches = null;
    }
  }
}
