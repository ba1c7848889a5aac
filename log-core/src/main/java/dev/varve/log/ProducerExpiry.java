package dev.varve.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.concurrent.EpochClock;

/**
 * Has the log forget its idle producers: every ten minutes, as Kafka does, all are looked at, a few
 * at a time, so that no append waits for it.
 *
 * <p>Thread safety: safe for use by several threads; one of them at a time does a step.
 */
final class ProducerExpiry {
  /** Kafka's {@code producer.id.expiration.check.interval.ms}. */
  static final long ROUND_MILLIS = 600_000;

  /** So many take the write lock for some microseconds, and a cache miss each. */
  static final int STEP_PRODUCERS_MAX = 100;

  private final ReentrantLock stepLock = new ReentrantLock();
  private final LogWriter writer;
  private final EpochClock clock;

  @GuardedBy("stepLock")
  private boolean inRound;

  @GuardedBy("stepLock")
  private long roundMillis;

  /** Begins the first round some time after the log was opened, which has looked at all. */
  ProducerExpiry(LogWriter writer, LogOptions options) {
    this.writer = writer;
    this.clock = options.clock();
    this.roundMillis = clock.time();
  }

  /** Looks at some producers; returns 1 if there are more, 0 if there is nothing to do now. */
  int doWork() {
    stepLock.lock();
    try {
      long now = clock.time();
      if (!inRound) {
        if (Math.abs(now - roundMillis) < ROUND_MILLIS) {
          return 0;
        }
        writer.checkOpen();
        roundMillis = now;
      }
      long expirationMillis = writer.rules().options().producerExpirationMillis();
      boolean all =
          writer.inTurn(
              state -> state.producers().expireSome(now, expirationMillis, STEP_PRODUCERS_MAX));
      inRound = !all;
      return inRound ? 1 : 0;
    } finally {
      stepLock.unlock();
    }
  }
}
