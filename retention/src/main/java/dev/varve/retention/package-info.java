/**
 * Decides how far the start of a log may advance, and advances it: by age, by size, by what readers
 * have passed, by a budget of several logs.
 */
@NullMarked
package dev.varve.retention;

import org.jspecify.annotations.NullMarked;
