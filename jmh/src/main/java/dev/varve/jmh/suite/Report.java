package dev.varve.jmh.suite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a run found, as Markdown; {@link HtmlReport} makes a page of it.
 *
 * @param machine where it was made
 * @param comparisons what was measured
 * @param failures what could not be measured, in words
 */
record Report(Machine machine, List<Comparison> comparisons, List<String> failures) {
  /** Between these two lines of a file stands what a run found. */
  static final String BEGIN = "<!-- measured: begin -->";

  static final String END = "<!-- measured: end -->";

  /** The comparisons of each workload. */
  Map<Workload, List<Comparison>> byWorkload() {
    return comparisons.stream()
        .collect(
            Collectors.groupingBy(Comparison::workload, LinkedHashMap::new, Collectors.toList()));
  }

  /** Where a peer is faster than Varve, in words. */
  List<String> losses() {
    List<String> lines = new ArrayList<>();
    for (Comparison comparison : comparisons) {
      for (Measurement next : comparison.losses()) {
        lines.add(
            comparison.workload().title()
                + (comparison.caption().isEmpty() ? "" : " (" + comparison.caption() + ")")
                + ": "
                + next.row()
                + " is "
                + Figures.times(1 / comparison.ratio(next).orElseThrow())
                + " as fast");
      }
    }
    return lines;
  }

  String toMarkdown() {
    StringBuilder text = new StringBuilder();
    text.append(new Table(List.of("", ""), machine.rows()).toMarkdown());
    addList(text, "Where a peer is faster than Varve", losses());
    addList(text, "Not measured", failures);
    byWorkload()
        .forEach((workload, group) -> {
          text.append("\n### ").append(workload.title()).append('\n');
          for (Comparison comparison : group) {
            text.append('\n');
            if (!comparison.caption().isEmpty()) {
              text.append(comparison.caption()).append(":\n\n");
            }
            text.append(comparison.table().toMarkdown());
          }
        });
    return text.toString();
  }

  private static void addList(StringBuilder text, String title, List<String> lines) {
    if (!lines.isEmpty()) {
      text.append("\n### ").append(title).append("\n\n");
      lines.forEach(line -> text.append("- ").append(line).append('\n'));
    }
  }

  /**
   * Puts the report between the two marks of a file.
   *
   * @throws IOException if the file cannot be read or written, or has no marks
   */
  void replaceIn(Path file) throws IOException {
    String old = Files.readString(file);
    int begin = old.indexOf(BEGIN);
    int end = old.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IOException(file + " has no lines " + BEGIN + " and " + END);
    }
    Files.writeString(
        file,
        old.substring(0, begin + BEGIN.length())
            + "\n\n"
            + toMarkdown()
            + "\n"
            + old.substring(end));
  }
}
