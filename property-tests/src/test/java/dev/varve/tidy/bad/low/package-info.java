/** One of two packages that use each other. */
@NullMarked
package dev.varve.tidy.bad.low;

import org.jspecify.annotations.NullMarked;
