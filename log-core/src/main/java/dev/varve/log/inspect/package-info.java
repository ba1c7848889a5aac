/**
 * Looks at the directory of a log without opening it as one: takes no lock, changes nothing, and
 * works on directories that another process has open, that were never closed, or that are damaged.
 */
@NullMarked
package dev.varve.log.inspect;

import org.jspecify.annotations.NullMarked;
