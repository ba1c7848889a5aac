/** Policies that decide how far the start offset of a log may advance. */
@NullMarked
package dev.varve.retention;

import org.jspecify.annotations.NullMarked;
