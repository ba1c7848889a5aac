package dev.varve.log.maintenance;

import org.jspecify.annotations.Nullable;

/**
 * How a task fares.
 *
 * @param name what it does: its {@link MaintenanceTask#roleName}
 * @param subject what it works on; may be empty
 * @param steps how many steps were done, those without work and those that failed included
 * @param lastRunMillis when the last step began, in milliseconds since the epoch; -1 if none has
 * @param backlog how much there is to do, in units of the task's own; -1 if it could not say
 * @param longestStepNanos how long the longest step took, in nanoseconds
 * @param failuresInARow how many steps have failed since the last that did not
 * @param lastFailure what the last step that failed threw, even if others have succeeded since;
 *     null if none has failed
 * @param ended whether it said that there will never be anything to do again
 */
public record TaskStatus(
    String name,
    String subject,
    long steps,
    long lastRunMillis,
    long backlog,
    long longestStepNanos,
    int failuresInARow,
    @Nullable Throwable lastFailure,
    boolean ended) {}
