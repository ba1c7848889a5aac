package dev.varve.tidy.bad.high;

import dev.varve.tidy.bad.low.Ground;
import java.util.List;

/** Points down, which it may. */
public record Roof(List<Ground> below, Ground ground) {}
