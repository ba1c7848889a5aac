package dev.varve.index;

/**
 * The first thing that makes an index unfit to be trusted.
 *
 * @param slot the entry at fault, counted from 0; for a partial entry at the end the slot that it
 *     would have had
 * @param found what is there, in words that need no knowledge of the slot's neighbours
 * @param expected what a sound index would have there
 */
public record IndexFault(int slot, String found, String expected) {
  /** The fault in one line: slot, found, expected. */
  @Override
  public String toString() {
    return "entry " + slot + ": found " + found + ", expected " + expected;
  }
}
