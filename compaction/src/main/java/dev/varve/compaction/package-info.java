/** Compaction by key: for every key the last value, at its own offset. */
@NullMarked
package dev.varve.compaction;

import org.jspecify.annotations.NullMarked;
