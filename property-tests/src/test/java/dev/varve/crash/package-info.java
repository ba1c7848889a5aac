/** Power cut at every operation of every small workload, and what must be true afterwards. */
@NullMarked
package dev.varve.crash;

import org.jspecify.annotations.NullMarked;
