/**
 * Holds the documents against the project: snippets run, links lead somewhere, named tests exist.
 */
@NullMarked
package dev.varve.docs;

import org.jspecify.annotations.NullMarked;
