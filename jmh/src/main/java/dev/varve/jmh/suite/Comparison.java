package dev.varve.jmh.suite;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What belongs side by side: the figures of one workload with one choice of parameters; or, where
 * there are no peers, the figures of one benchmark with all choices.
 *
 * @param caption the parameters in words, or the name of the benchmark; empty if there is none
 */
record Comparison(Workload workload, String caption, List<Measurement> measurements) {

  private static final Map<String, String> UNITS =
      Map.of(
          "valueBytes", "B values",
          "batchRecords", "a batch",
          "recordsPerSecond", "records/s",
          "logMebibytes", "MiB",
          "producers", "producers",
          "segments", "segments",
          "readers", "readers");

  /** Puts together what belongs together, in the order in which it was measured. */
  static List<Comparison> of(List<Measurement> measurements) {
    Map<String, List<Measurement>> groups = new LinkedHashMap<>();
    for (Measurement next : measurements) {
      String key = next.workload() + "|" + captionOf(next);
      groups.computeIfAbsent(key, any -> new ArrayList<>()).add(next);
    }
    return groups.values().stream()
        .map(group ->
            new Comparison(group.getFirst().workload(), captionOf(group.getFirst()), group))
        .toList();
  }

  private static boolean isGrowth(Workload workload) {
    return workload == Workload.PRODUCERS
        || workload == Workload.SEGMENTS
        || workload == Workload.READERS;
  }

  private static String captionOf(Measurement measurement) {
    return isGrowth(measurement.workload()) ? measurement.row() : words(measurement.setting());
  }

  private static String words(Map<String, String> setting) {
    return setting.entrySet().stream()
        .map(Comparison::words)
        .filter(words -> !words.isEmpty())
        .collect(Collectors.joining(", "));
  }

  private static String words(Map.Entry<String, String> parameter) {
    String value = parameter.getValue();
    return switch (parameter.getKey()) {
      case "codec" -> value.equals("none") ? "" : value;
      case "ending" -> value.equals("KILLED") ? "after a kill" : "closed in order";
      case "threads" -> value + (value.equals("1") ? " thread" : " threads");
      default -> value + " " + UNITS.getOrDefault(parameter.getKey(), parameter.getKey());
    };
  }

  /** What a figure is called within this comparison. */
  String label(Measurement measurement) {
    return isGrowth(workload) ? words(measurement.setting()) : measurement.row();
  }

  /** What the others are compared with: Varve, or the first of a growing log. */
  Optional<Measurement> reference() {
    return measurements.stream().filter(next -> isGrowth(workload) || next.isVarve()).findFirst();
  }

  /** The limit, if there is one. */
  Optional<Measurement> limit() {
    return measurements.stream().filter(Measurement::limit).findFirst();
  }

  /** How many times as long one takes as what it is compared with. */
  Optional<Double> ratio(Measurement measurement) {
    return reference().map(own -> measurement.comparedNanos() / own.comparedNanos());
  }

  /** Which part of the limit one reaches. */
  Optional<Double> partOfLimit(Measurement measurement) {
    return limit().map(best -> best.comparedNanos() / measurement.comparedNanos());
  }

  /** The peers that are faster than Varve here. */
  List<Measurement> losses() {
    if (isGrowth(workload)) {
      return List.of();
    }
    return measurements.stream()
        .filter(next -> !next.limit() && ratio(next).orElse(1.0) < 1)
        .toList();
  }

  /** The same, as a table. */
  Table table() {
    return workload.isLatency() ? latencies() : times();
  }

  private Table times() {
    List<List<String>> rows = new ArrayList<>();
    for (Measurement next : measurements) {
      rows.add(
          List.of(
              label(next),
              Figures.time(next.nanos()),
              Figures.time(next.bestNanos()) + " – " + Figures.time(next.worstNanos()),
              Figures.rate(next.perSecond()),
              ratioText(next),
              partOfLimit(next).map(Figures::percent).orElse("")));
    }
    return new Table(
        List.of(
            "",
            "time a " + workload.subject(),
            "best – worst",
            "rate",
            isGrowth(workload) ? "against the first" : "Varve is faster",
            "of the limit"),
        rows);
  }

  private Table latencies() {
    List<List<String>> rows = new ArrayList<>();
    for (Measurement next : measurements) {
      List<String> row = new ArrayList<>(List.of(label(next)));
      for (String percentile : List.of("p50", "p99", "p999", "p9999", "slowest")) {
        row.add(Figures.time(next.percentiles().getOrDefault(percentile, Double.NaN)));
      }
      row.add(ratioText(next));
      row.add(partOfLimit(next).map(Figures::percent).orElse(""));
      rows.add(row);
    }
    return new Table(
        List.of(
            "",
            "p50",
            "p99",
            "p99.9",
            "p99.99",
            "slowest",
            "Varve's p99.9 is better",
            "of the limit"),
        rows);
  }

  private String ratioText(Measurement measurement) {
    if (reference().filter(own -> own.equals(measurement)).isPresent()) {
      return "";
    }
    return ratio(measurement).map(Figures::times).orElse("");
  }
}
