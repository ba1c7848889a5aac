package dev.varve.retention;

/**
 * How far a named reader has come.
 *
 * @param name who it is
 * @param offset the next one that it wants to read
 * @param holds whether what it has not read stays, whatever a policy says
 */
public record ReaderPosition(String name, long offset, boolean holds) {}
