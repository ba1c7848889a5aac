package dev.varve.compaction;

import dev.varve.log.CommitLog;
import dev.varve.log.LogReader;
import dev.varve.log.record.Record;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Compares keys with those in a log, one look-up each.
 *
 * <p>Thread safety: for one thread.
 */
final class RecordsOfLog implements LoggedKeys, AutoCloseable {
  private final CommitLog log;
  private final boolean mayBeGone;
  private @Nullable LogReader reader;

  private RecordsOfLog(CommitLog log, boolean mayBeGone) {
    this.log = log;
    this.mayBeGone = mayBeGone;
  }

  /** A record that is looked for has to be there: nobody else compacts the log. */
  static RecordsOfLog of(CommitLog log) {
    return new RecordsOfLog(log, false);
  }

  /** A record that is not there any more has another key than any that is asked for. */
  static RecordsOfLog mayBeGone(CommitLog log) {
    return new RecordsOfLog(log, true);
  }

  @Override
  public boolean hasKeyAt(long offset, MemorySegment keyMemory, long keyPosition, int keyBytes) {
    if (mayBeGone && offset < log.offsets().startOffset()) {
      return false;
    }
    LogReader at = readerAt(offset);
    if (!at.next() || at.record().offset() != offset) {
      if (mayBeGone) {
        return false;
      }
      throw new LogChangedException(log.directory() + " has no record at offset " + offset);
    }
    Record record = at.record();
    return record.keyBytes() == keyBytes
        && KeyBytes.equal(record.memory(), record.keyPosition(), keyMemory, keyPosition, keyBytes);
  }

  private LogReader readerAt(long offset) {
    LogReader opened = reader;
    if (opened == null) {
      opened = log.reader(offset);
      reader = opened;
    } else {
      opened.seek(offset);
    }
    return opened;
  }

  /** Lets go of the memory of the last look-up. */
  @Override
  public void close() {
    if (reader != null) {
      reader.close();
      reader = null;
    }
  }
}
