package dev.varve.log;

import dev.varve.log.error.DamagedRange;

/**
 * Told what happens in a log. Loggers and metrics are the embedder's: this is where they attach.
 *
 * <p>Callbacks come on the thread that did it, {@link #segmentRolled} and {@link #truncated} with
 * the write lock held: a callback must not block, must not call the log, and must not throw.
 */
public interface LogListener {
  /** Hears nothing. */
  LogListener NONE = new LogListener() {};

  /**
   * Opening goes on: so many bytes of those that have to be scanned are done. Heard every few MiB,
   * and after each segment.
   */
  default void recoveryProgress(long scannedBytes, long totalBytes) {}

  /** The log is open. */
  default void opened(OpenReport report) {}

  /** Appends go to a new segment with this base offset. */
  default void segmentRolled(long baseOffset) {}

  /** The log begins at this offset now; what lies below is no longer read. */
  default void startOffsetAdvanced(long startOffset) {}

  /** The log was truncated, and ends at this offset now. Heard with the write lock held. */
  default void truncated(long endOffset) {}

  /**
   * A reader that came to an offset which the log does not have goes on elsewhere, as its {@link
   * AutoOffsetReset} says. Heard on the thread that reads.
   *
   * @param offset the next that it wanted
   * @param resetTo where it goes on
   */
  default void readerReset(long offset, long resetTo) {}

  /**
   * Sealed segments were replaced by what compaction has left of them.
   *
   * @param baseOffset of the first of them
   * @param endOffset the offset after the last
   * @param bytesBefore how much they took
   * @param bytesAfter how much is left
   */
  default void segmentsRewritten(
      long baseOffset, long endOffset, long bytesBefore, long bytesAfter) {}

  /** The files of this segment are gone. */
  default void segmentDeleted(long baseOffset) {}

  /**
   * The background, reading a sealed segment again, found a range of its file that is damaged or
   * cannot be read. Heard again in each round, until the segment is deleted.
   *
   * @param range what is damaged, with its file, positions and offsets
   */
  default void damageFound(DamagedRange range) {}

  /**
   * The background has aborted a transaction that was open for longer than {@link
   * LogOptions.Builder#transactionTimeout} allows. Its producer is fenced.
   *
   * @param producerId whose transaction it was
   * @param firstOffset where it begins in the log
   * @param ageMillis how long it was open
   */
  default void transactionTimedOut(long producerId, long firstOffset, long ageMillis) {}

  /**
   * A reader of committed records came to a sealed segment whose log contradicts its transaction
   * index, which was made anew.
   *
   * @param file the name of the index
   * @param found what it held, and how many transactions it should hold
   */
  default void transactionIndexRebuilt(String file, String found) {}

  /** A step of the background work failed; it will be tried again. */
  default void maintenanceFailed(String task, Throwable cause) {}

  /** The log refuses all further calls; heard once. */
  default void failed(Throwable cause) {}
}
