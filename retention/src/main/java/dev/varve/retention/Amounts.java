package dev.varve.retention;

import java.util.Locale;

/** Figures as people read them, exact enough to see why one was larger than the other. */
final class Amounts {
  private static final long SECOND = 1000;
  private static final long MINUTE = 60 * SECOND;
  private static final long HOUR = 60 * MINUTE;
  private static final long DAY = 24 * HOUR;

  private Amounts() {}

  /** 694,800,000 becomes {@code 8d 1h}; the two largest units. */
  static String age(long millis) {
    if (millis < 0) {
      return millis == Long.MIN_VALUE ? "ever" : "-" + age(-millis);
    }
    if (millis >= DAY) {
      return parts(millis / DAY, "d", millis % DAY / HOUR, "h");
    }
    if (millis >= HOUR) {
      return parts(millis / HOUR, "h", millis % HOUR / MINUTE, "m");
    }
    if (millis >= MINUTE) {
      return parts(millis / MINUTE, "m", millis % MINUTE / SECOND, "s");
    }
    return millis >= SECOND
        ? parts(millis / SECOND, "s", millis % SECOND, "ms")
        : parts(millis, "ms", 0, "");
  }

  private static String parts(long large, String largeUnit, long small, String smallUnit) {
    return large + largeUnit + (small == 0 ? "" : " " + small + smallUnit);
  }

  /** 1312242 becomes {@code 1,312,242 bytes}. */
  static String bytes(long bytes) {
    return String.format(Locale.ROOT, "%,d bytes", bytes);
  }
}
