package dev.varve.log;

import dev.varve.log.producer.OpenTransaction;
import org.agrona.concurrent.EpochClock;

/**
 * Ends the transactions that have been open for too long, so that one whose owner has died holds
 * readers for a limited time only. A follower leaves that to its leader.
 *
 * <p>Thread safety: for one thread at a time.
 */
final class TransactionTimeouts {
  /** So many are ended in one step of the background. */
  private static final int ENDED_MAX = 64;

  private final LogWriter writer;
  private final Transactions transactions;
  private final LogListener listener;
  private final EpochClock clock;
  private final long timeoutMillis;

  /** No open transaction can be older than the time-out before. */
  private long nextLookMillis = Long.MIN_VALUE;

  TransactionTimeouts(LogWriter writer, Transactions transactions, LogOptions options) {
    this.writer = writer;
    this.transactions = transactions;
    this.listener = options.listener();
    this.clock = options.clock();
    this.timeoutMillis = options.transactionTimeoutMillis();
  }

  /** Ends what is due now; returns how many transactions that were. */
  int doWork() {
    if (timeoutMillis == 0 || !writer.leads() || !writer.mayHaveOpenTransaction()) {
      nextLookMillis = Long.MIN_VALUE;
      return 0;
    }
    long now = clock.time();
    if (now < nextLookMillis) {
      return 0;
    }
    int ended = 0;
    while (ended < ENDED_MAX && writer.leads()) {
      OpenTransaction oldest = transactions.oldest();
      if (oldest == null) {
        break;
      }
      if (now - oldest.sinceMillis() < timeoutMillis) {
        nextLookMillis = oldest.sinceMillis() + timeoutMillis;
        break;
      }
      if (transactions.abort(oldest)) {
        listener.transactionTimedOut(
            oldest.producerId(), oldest.firstOffset(), now - oldest.sinceMillis());
        ended++;
      }
    }
    return ended;
  }
}
