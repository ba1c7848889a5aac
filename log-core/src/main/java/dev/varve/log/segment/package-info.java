/** Segments: the files of a log, their memory, their recovery and their reclaim. */
@NullMarked
package dev.varve.log.segment;

import org.jspecify.annotations.NullMarked;
