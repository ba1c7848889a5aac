/**
 * What is measured: Varve, other logs and stores of the JVM, and the limits of the machine, behind
 * one small interface. To add a peer, write one class and give it a constant in {@link PeerKind}.
 */
@NullMarked
package dev.varve.jmh.peer;

import org.jspecify.annotations.NullMarked;
