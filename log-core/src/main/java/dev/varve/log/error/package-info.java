/** What can go wrong, by type. */
@NullMarked
package dev.varve.log.error;

import org.jspecify.annotations.NullMarked;
