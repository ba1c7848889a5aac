package dev.varve.jmh.suite;

import java.util.List;
import java.util.Locale;

/** A comparison as bars of characters: the longer, the faster. */
final class TerminalChart {
  private static final String EIGHTHS = " ▏▎▍▌▋▊▉";
  private static final int BAR_COLUMNS = 36;
  private static final String BOLD = "\033[1m";
  private static final String DIM = "\033[2m";
  private static final String PLAIN = "\033[0m";

  private final boolean color;

  TerminalChart(boolean color) {
    this.color = color;
  }

  String draw(Comparison comparison) {
    List<Measurement> measurements = comparison.measurements();
    double fastest =
        measurements.stream().mapToDouble(next -> 1 / next.comparedNanos()).max().orElse(1);
    int labelColumns =
        measurements.stream().mapToInt(next -> comparison.label(next).length()).max().orElse(0);
    StringBuilder text = new StringBuilder();
    text.append(styled(BOLD, comparison.workload().title()));
    if (!comparison.caption().isEmpty()) {
      text.append(styled(DIM, "  " + comparison.caption()));
    }
    text.append('\n');
    for (Measurement next : measurements) {
      String label = comparison.label(next);
      text.append("  ").append(next.isVarve() ? styled(BOLD, label) : label);
      text.append(" ".repeat(labelColumns - label.length() + 1));
      String bar = bar(1 / next.comparedNanos() / fastest);
      text.append(next.limit() ? styled(DIM, bar) : bar);
      text.append(figure(next)).append(note(comparison, next)).append('\n');
    }
    return text.toString();
  }

  private static String figure(Measurement measurement) {
    String figure =
        measurement.workload().isLatency()
            ? "p99.9 " + Figures.time(measurement.comparedNanos())
            : Figures.rate(measurement.perSecond());
    return String.format(Locale.ROOT, " %14s", figure);
  }

  private String note(Comparison comparison, Measurement measurement) {
    if (measurement.isVarve()) {
      return comparison
          .partOfLimit(measurement)
          .map(part -> styled(DIM, "   " + Figures.percent(part) + " of the limit"))
          .orElse("");
    }
    return comparison
        .ratio(measurement)
        .map(ratio ->
            styled(
                DIM,
                ratio >= 1
                    ? "   Varve " + Figures.times(ratio)
                    : "   faster than Varve " + Figures.times(1 / ratio)))
        .orElse("");
  }

  private static String bar(double part) {
    int eighths = Math.max(1, (int) Math.round(part * BAR_COLUMNS * EIGHTHS.length()));
    int full = eighths / EIGHTHS.length();
    String bar = "█".repeat(full);
    if (eighths % EIGHTHS.length() > 0) {
      bar += EIGHTHS.charAt(eighths % EIGHTHS.length());
    }
    return bar + " ".repeat(BAR_COLUMNS - bar.length());
  }

  private String styled(String style, String text) {
    return color ? style + text + PLAIN : text;
  }
}
