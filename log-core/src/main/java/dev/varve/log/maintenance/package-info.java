/** Work behind the callers: tasks in bounded steps, and who drives them. Knows no log. */
@NullMarked
package dev.varve.log.maintenance;

import org.jspecify.annotations.NullMarked;
