/**
 * Faults of the real disk and the real system: full and read-only file systems, files that are cut
 * under their mapping, no descriptors, killed processes. Each is met in a process of its own, whose
 * survival is part of what is checked.
 */
@NullMarked
package dev.varve.realfaults;

import org.jspecify.annotations.NullMarked;
