/**
 * The three indexes of a segment, each a sorted array of fixed-width entries in a memory segment.
 */
@NullMarked
package dev.varve.index;

import org.jspecify.annotations.NullMarked;
