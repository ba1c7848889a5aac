/** The house rules as tests. Each checker is itself tested on the examples in {@code bad}. */
@NullMarked
package dev.varve.tidy;

import org.jspecify.annotations.NullMarked;
