/** One of two packages that use each other. */
@NullMarked
package dev.varve.tidy.bad.high;

import org.jspecify.annotations.NullMarked;
