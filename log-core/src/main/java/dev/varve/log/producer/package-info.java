/** What a log remembers of its producers and leaders: snapshots, transactions, epochs. */
@NullMarked
package dev.varve.log.producer;

import org.jspecify.annotations.NullMarked;
