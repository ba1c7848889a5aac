/**
 * The three indexes of a segment, each a sorted array of fixed-width entries in a memory segment.
 *
 * <p>The bytes are those of Apache Kafka 4.4's {@code .index}, {@code .timeindex} and {@code
 * .txnindex}: big-endian, unaligned, without a header. All three are caches of the {@code .log}:
 * whoever doubts one asks it for its {@linkplain dev.varve.index.IndexFault first fault} and builds
 * it anew from the log. Nothing here repairs an index.
 *
 * <p>An index either lies over memory that is complete (a sealed segment's file, mapped) or grows
 * in memory of its own (the active segment's). Files, mappings and their lifetime are the caller's.
 */
@NullMarked
package dev.varve.index;

import org.jspecify.annotations.NullMarked;
