package dev.varve.log;

import dev.varve.log.error.InvalidRecordException;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.RecordCursor;

/**
 * What an append does about keys: a log that is compacted keeps the last value of each key, so it
 * takes no record without one. In any other log nothing is looked at.
 *
 * <p>Thread safety: safe for use by several threads.
 */
final class AppendKeys {
  private final String log;
  private final boolean required;
  private final ThreadLocal<RecordCursor> cursors;

  AppendKeys(String log, LogOptions options) {
    this.log = log;
    this.required = options.compacted();
    int decompressedBytesMax = options.decompressedBytesMax();
    this.cursors = ThreadLocal.withInitial(() -> new RecordCursor(decompressedBytesMax));
  }

  /** Looks at a batch of records that is about to be appended. */
  void onRecords(EncodedBatch batch) {
    if (required) {
      check(batch);
    }
  }

  private void check(EncodedBatch batch) {
    RecordCursor cursor = cursors.get().openUnchecked(batch.batch());
    try {
      for (int i = 0; cursor.next(); i++) {
        if (!cursor.record().hasKey() && !batch.batch().isControl()) {
          throw new InvalidRecordException(
              log
                  + ": found no key in record "
                  + i
                  + " of a batch of "
                  + batch.recordCount()
                  + ", expected one, as the log is compacted (cleanup.policy)");
        }
      }
    } finally {
      cursor.clear();
    }
  }
}
