/** The commit log: open, append, read, close. */
@NullMarked
package dev.varve.log;

import org.jspecify.annotations.NullMarked;
