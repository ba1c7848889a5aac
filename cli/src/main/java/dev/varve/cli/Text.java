package dev.varve.cli;

import java.time.Instant;
import java.util.Locale;

/** Figures as people read them. */
final class Text {
  private static final double NANOS_PER_SECOND = 1e9;

  private Text() {}

  /** 1312242 becomes 1,312,242. */
  static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** A number with its noun: 1 record, 2 records. */
  static String count(long number, String noun) {
    String plural = noun.endsWith("ch") ? noun + "es" : noun + "s";
    return count(number) + " " + (number == 1 ? noun : plural);
  }

  /** 20815460 becomes 19.9 MiB. */
  static String bytes(long bytes) {
    if (bytes < 1 << 10) {
      return bytes + " B";
    }
    double value = bytes;
    String unit = "";
    for (String larger : new String[] {"KiB", "MiB", "GiB", "TiB"}) {
      if (value < 1 << 10) {
        break;
      }
      value /= 1 << 10;
      unit = larger;
    }
    return String.format(Locale.ROOT, "%.1f %s", value, unit);
  }

  /** A timestamp in milliseconds as a date in UTC, or {@code -} for none. */
  static String time(long millis) {
    return millis < 0 ? "-" : Instant.ofEpochMilli(millis).toString();
  }

  /** Nanoseconds as 1.23 s or 4.5 ms. */
  static String duration(long nanos) {
    return nanos >= NANOS_PER_SECOND
        ? String.format(Locale.ROOT, "%.2f s", nanos / NANOS_PER_SECOND)
        : String.format(Locale.ROOT, "%.1f ms", nanos / 1e6);
  }

  /** How many a second, with the unit of the number. */
  static long perSecond(long number, long nanos) {
    return Math.round(number / (Math.max(1, nanos) / NANOS_PER_SECOND));
  }
}
