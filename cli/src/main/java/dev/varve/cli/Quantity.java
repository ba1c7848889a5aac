package dev.varve.cli;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes and durations as people write them: a number and a unit. */
final class Quantity {
  private static final Pattern NUMBER_AND_UNIT =
      Pattern.compile("(\\d{1,15}(?:\\.\\d{1,9})?) ?(\\w*)");

  private static final Map<String, Long> BYTES = new LinkedHashMap<>();
  private static final Map<String, Long> MILLIS = new LinkedHashMap<>();

  /** How sizes are written, for messages. */
  static final String SIZES = "a size such as 500MiB or 10GiB (B, KiB, MiB, GiB, TiB)";

  /** How durations are written, for messages. */
  static final String DURATIONS = "a duration such as 7d or 36h (ms, s, m, h, d)";

  static {
    BYTES.put("B", 1L);
    BYTES.put("KiB", 1L << 10);
    BYTES.put("MiB", 1L << 20);
    BYTES.put("GiB", 1L << 30);
    BYTES.put("TiB", 1L << 40);
    MILLIS.put("ms", 1L);
    MILLIS.put("s", 1000L);
    MILLIS.put("m", 60_000L);
    MILLIS.put("h", 3_600_000L);
    MILLIS.put("d", 86_400_000L);
  }

  private Quantity() {}

  /** The bytes of a size; empty if it is none. A number without a unit counts bytes. */
  static Optional<Long> bytes(String text) {
    return parse(text, BYTES, "B");
  }

  /** A duration; empty if it is none. There is no number without a unit. */
  static Optional<Duration> duration(String text) {
    return parse(text, MILLIS, "").map(Duration::ofMillis);
  }

  /** Rounded down to whole bytes or milliseconds. */
  private static Optional<Long> parse(String text, Map<String, Long> units, String unitIfNone) {
    Matcher matcher = NUMBER_AND_UNIT.matcher(text.strip());
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String unit = matcher.group(2).isEmpty() ? unitIfNone : matcher.group(2);
    Long factor = units.get(unit);
    if (factor == null) {
      return Optional.empty();
    }
    BigDecimal amount = new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(factor));
    return amount.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0
        ? Optional.empty()
        : Optional.of(amount.longValue());
  }
}
