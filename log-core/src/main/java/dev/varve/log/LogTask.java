package dev.varve.log;

import dev.varve.log.error.LogClosedException;
import dev.varve.log.error.LogFailedException;
import dev.varve.log.maintenance.MaintenanceTask;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.agrona.concurrent.AgentTerminationException;

/**
 * A part of the background work of one log. It ends with the log, and what fails in it is told to
 * the log's listener.
 *
 * @param roleName what it does, for status and listener
 * @param subject the directory of the log
 * @param listener hears of failures
 * @param idleMillisMaxNow how long it may be left alone
 * @param backlogNow how much there is to do
 * @param work does a step, and returns how much that was
 */
record LogTask(
    String roleName,
    String subject,
    LogListener listener,
    LongSupplier idleMillisMaxNow,
    LongSupplier backlogNow,
    IntSupplier work)
    implements MaintenanceTask {

  @Override
  public int doWork() {
    try {
      return work.getAsInt();
    } catch (LogFailedException | LogClosedException e) {
      throw new AgentTerminationException(e); // the listener knows
    }
  }

  @Override
  public long idleMillisMax() {
    return idleMillisMaxNow.getAsLong();
  }

  @Override
  public long backlog() {
    return backlogNow.getAsLong();
  }

  @Override
  public void onFailure(Throwable failure) {
    listener.maintenanceFailed(roleName, failure);
  }
}
