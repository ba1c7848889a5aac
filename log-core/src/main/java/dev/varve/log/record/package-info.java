/** Record batches, format version 2: build, read in place, compress, check. */
@NullMarked
package dev.varve.log.record;

import org.jspecify.annotations.NullMarked;
