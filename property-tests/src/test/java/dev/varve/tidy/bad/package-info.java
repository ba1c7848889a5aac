/** Code as it must not be, so that the tests of the rules have something to find. */
@NullMarked
package dev.varve.tidy.bad;

import org.jspecify.annotations.NullMarked;
