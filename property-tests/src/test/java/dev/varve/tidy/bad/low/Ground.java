package dev.varve.tidy.bad.low;

import dev.varve.tidy.bad.high.Roof;

/** Points up, which it must not, and only by an array. */
public interface Ground {
  Roof[] above();
}
