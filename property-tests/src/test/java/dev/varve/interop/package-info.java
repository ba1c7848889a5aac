/**
 * Apache Kafka's own log and DumpLogSegments as oracles, and generators of what to ask them.
 *
 * <p>The oracles know nothing of Varve: they take and give plain values, so that a test can hold
 * either side against them.
 */
@NullMarked
package dev.varve.interop;

import org.jspecify.annotations.NullMarked;
