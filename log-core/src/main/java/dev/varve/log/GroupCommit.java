package dev.varve.log;

import dev.varve.log.error.LogTruncatedException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Has callers that wait at the same time for records to be durable share one force: of those that
 * wait one forces for all, as a force covers what was appended before it began.
 *
 * <p>Thread safety: safe for use by several threads.
 */
final class GroupCommit {
  private final ReentrantLock keeperLock;
  private final LogWriter writer;
  private final LogForce force;
  private final DurableEnd durableEnd;

  GroupCommit(ReentrantLock keeperLock, LogWriter writer, LogForce force, DurableEnd durableEnd) {
    this.keeperLock = keeperLock;
    this.writer = writer;
    this.force = force;
    this.durableEnd = durableEnd;
  }

  /** Returns when everything below an offset is durable. */
  void awaitDurable(long endOffset) {
    writer.checkOpen();
    while (endOffset > durableEnd.get()) {
      if (durableEnd.leadOrAwait(endOffset)) {
        LogTruncatedException cut = lead(endOffset);
        if (cut != null) {
          throw cut;
        }
      }
    }
  }

  private @Nullable LogTruncatedException lead(long endOffset) {
    LogTruncatedException cut = null;
    keeperLock.lock();
    try {
      if (endOffset > durableEnd.get()) {
        writer.checkOpen();
        force.all();
      }
    } finally {
      keeperLock.unlock();
      cut = durableEnd.endLead();
    }
    return cut;
  }
}
