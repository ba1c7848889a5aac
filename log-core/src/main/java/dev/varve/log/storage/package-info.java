/** The seam between the log and the disk. */
@NullMarked
package dev.varve.log.storage;

import org.jspecify.annotations.NullMarked;
