package dev.varve.jmh.suite;

import java.util.Locale;

/** Numbers as people read them: three digits that count, and a unit. */
final class Figures {
  private static final double THOUSAND = 1000;
  private static final double MILLION = 1_000_000;
  private static final double BILLION = 1_000_000_000;

  private Figures() {}

  /** A time, for example {@code 63.1 ns} or {@code 1.20 ms}. */
  static String time(double nanos) {
    if (nanos >= BILLION) {
      return digits(nanos / BILLION) + " s";
    }
    if (nanos >= MILLION) {
      return digits(nanos / MILLION) + " ms";
    }
    return nanos >= THOUSAND ? digits(nanos / THOUSAND) + " µs" : digits(nanos) + " ns";
  }

  /** A rate, for example {@code 15.8 M/s}. */
  static String rate(double perSecond) {
    if (perSecond >= MILLION) {
      return digits(perSecond / MILLION) + " M/s";
    }
    return perSecond >= THOUSAND
        ? digits(perSecond / THOUSAND) + " k/s"
        : digits(perSecond) + " /s";
  }

  /** How many times as much, for example {@code 2.50×}. */
  static String times(double ratio) {
    return digits(ratio) + "×";
  }

  /** A part, for example {@code 87 %}. */
  static String percent(double part) {
    return String.format(Locale.ROOT, "%.0f %%", 100 * part);
  }

  private static String digits(double value) {
    if (value >= 100) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    return String.format(Locale.ROOT, value >= 10 ? "%.1f" : "%.2f", value);
  }
}
