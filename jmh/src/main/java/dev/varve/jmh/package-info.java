/**
 * Benchmarks. Each class measures one workload, and beside it, in the same run and over the same
 * bytes, the limit that no log of this format with checksums can pass on the machine. Compare
 * ratios: figures of different machines, or of different minutes on a busy one, say nothing.
 */
@NullMarked
package dev.varve.jmh;

import org.jspecify.annotations.NullMarked;
