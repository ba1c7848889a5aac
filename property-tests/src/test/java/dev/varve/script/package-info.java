/** The {@code varve} script at the root of the checkout, run on folders made for it. */
@NullMarked
package dev.varve.script;

import org.jspecify.annotations.NullMarked;
