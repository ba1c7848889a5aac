package dev.varve.log.maintenance;

import org.agrona.concurrent.Agent;

/**
 * Work that is done in bounded steps behind the callers: an Agrona {@link Agent} with a few words
 * about itself. A {@link Maintenance} drives it, together with many others on one thread, so a step
 * does a little and returns.
 *
 * {@snippet :
 * record Retention(CommitLog log, LongSupplier newStart) implements MaintenanceTask {
 *   public int doWork() {
 *     long start = newStart.getAsLong();
 *     if (start <= log.offsets().startOffset()) {
 *       return 0;
 *     }
 *     log.advanceStartOffset(start);
 *     return 1;
 *   }
 *
 *   public String roleName() {
 *     return "retention";
 *   }
 * }
 * }
 *
 * <p>{@link Agent#onStart} and {@link Agent#onClose} are not called: whoever adds a task begins and
 * ends what it works with. A task has no timer and no thread of its own; what depends on time looks
 * at a clock that it was given. Thread safety: steps of one task never overlap, but may come from
 * different threads, each of which sees what the last one did.
 */
public interface MaintenanceTask extends Agent {
  /** How long a task without work is left alone at most, unless it says otherwise. */
  long IDLE_MILLIS_MAX_DEFAULT = 100;

  /**
   * Does one step of what can be done now: a few milliseconds of work, or one call of the disk.
   *
   * @return how much was done, more than 0 to be asked again soon; 0 if there is nothing to do now
   * @throws org.agrona.concurrent.AgentTerminationException if there will never be anything to do
   *     again: the task is not asked any more
   * @throws Exception if the step failed, whatever the reason: it is tried again later, and less
   *     and less often
   */
  @Override
  int doWork() throws Exception;

  /** What the task does, in a word or two: {@code retention}. The same at each call. */
  @Override
  String roleName();

  /** What the task works on: the directory of a log, say. Empty if that goes without saying. */
  default String subject() {
    return "";
  }

  /** How much there is to do, in units of the task's own; called from any thread. */
  default long backlog() {
    return 0;
  }

  /**
   * After how many milliseconds a task without work is asked again at the latest. The pauses grow
   * up to this while there is none, so that idle tasks cost little however many there are; {@link
   * ScheduledTask#wake} ends a pause. With 0, it is asked in each round.
   */
  default long idleMillisMax() {
    return IDLE_MILLIS_MAX_DEFAULT;
  }

  /**
   * Told of each step that failed, on the thread that did it; the status keeps the last failure
   * too. Whatever this throws is passed over.
   */
  default void onFailure(Throwable failure) {}
}
