package dev.varve.log.store;

import dev.varve.log.maintenance.MaintenanceTask;
import java.io.IOException;
import org.agrona.concurrent.EpochClock;

/**
 * Notes the start offsets of logs from time to time, for a broker that opens the directory after
 * the process has died.
 *
 * <p>Thread safety: one thread at a time does a step.
 */
final class CheckpointTask implements MaintenanceTask {
  /** Kafka's {@code log.flush.start.offset.checkpoint.interval.ms}. */
  static final long INTERVAL_MILLIS = 60_000;

  private final EpochClock clock;
  private final String subject;
  private final LogStoreListener listener;
  private final Checkpoint checkpoint;
  private long writtenMillis;

  /** Writes what has changed. */
  @FunctionalInterface
  interface Checkpoint {
    /** Returns whether that could be done now. */
    boolean write() throws IOException;
  }

  CheckpointTask(
      EpochClock clock, String subject, LogStoreListener listener, Checkpoint checkpoint) {
    this.clock = clock;
    this.subject = subject;
    this.listener = listener;
    this.checkpoint = checkpoint;
    this.writtenMillis = clock.time();
  }

  @Override
  public int doWork() throws IOException {
    long now = clock.time();
    if (Math.abs(now - writtenMillis) < INTERVAL_MILLIS) {
      return 0;
    }
    if (!checkpoint.write()) {
      return 0;
    }
    writtenMillis = now;
    return 1;
  }

  @Override
  public String roleName() {
    return "checkpoint";
  }

  @Override
  public String subject() {
    return subject;
  }

  @Override
  public long idleMillisMax() {
    return INTERVAL_MILLIS / 60;
  }

  @Override
  public void onFailure(Throwable failure) {
    listener.maintenanceFailed(roleName(), failure);
  }
}
