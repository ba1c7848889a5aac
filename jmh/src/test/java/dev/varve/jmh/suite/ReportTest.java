package dev.varve.jmh.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
  private final Report report =
      new Report(
          new Machine(Map.of("Processor", "one with <brackets>")),
          Comparison.of(
              List.of(
                  measured("Varve", false, 60),
                  measured("limit", true, 48),
                  measured("slow peer", false, 600),
                  measured("fast peer", false, 30))),
          List.of("open, some peer: failed"));

  @TempDir Path directory;

  private static Measurement measured(String row, boolean limit, double nanos) {
    return new Measurement(
        Workload.APPEND_RECORD,
        row,
        limit,
        new TreeMap<>(Map.of("threads", "1", "valueBytes", "100")),
        nanos,
        nanos * 0.9,
        nanos * 1.5,
        new TreeMap<>());
  }

  @Test
  void everyFigureStandsBesideVarveAndTheLimit() {
    assertThat(report.toMarkdown())
        .contains("1 thread, 100 B values")
        .contains("| Varve | 60.0 ns | 54.0 ns – 90.0 ns | 16.7 M/s |  | 80 % |")
        .contains("| slow peer | 600 ns | 540 ns – 900 ns | 1.67 M/s | 10.0× | 8 % |");
  }

  @Test
  void lossesAreNotHidden() {
    assertThat(report.losses())
        .containsExactly(
            "Append, one record a batch (1 thread, 100 B values): fast peer is 2.00× as fast");
  }

  @Test
  void whatCouldNotBeMeasuredIsSaid() throws IOException {
    assertThat(report.toMarkdown()).contains("- open, some peer: failed");
    assertThat(new HtmlReport(report).write()).contains("<li>open, some peer: failed</li>");
  }

  @Test
  void thePageNeedsNothingElse() throws IOException {
    String page = new HtmlReport(report).write();

    assertThat(page)
        .contains("<svg", "prefers-color-scheme: dark", "one with &lt;brackets&gt;")
        .doesNotContain("<script", "src=", "url(http", "@import", "<link");
  }

  @Test
  void barsHaveTheColoursOfThePage() throws IOException {
    String svg = SvgChart.draw(report.comparisons().getFirst(), 400);

    assertThat(svg).containsOnlyOnce("var(--own)").containsOnlyOnce("var(--limit)");
    assertThat(svg.split("var\\(--peer\\)", -1)).hasSize(3);
    assertThat(svg).doesNotContain("rgb(1,2,");
  }

  @Test
  void aMarkdownFileKeepsWhatStandsAroundTheMarks() throws IOException {
    Path file = directory.resolve("BENCHMARKS.md");
    Files.writeString(file, "before\n" + Report.BEGIN + "\nold\n" + Report.END + "\nafter\n");

    report.replaceIn(file);
    report.replaceIn(file);

    assertThat(Files.readString(file))
        .startsWith("before\n" + Report.BEGIN)
        .endsWith(Report.END + "\nafter\n")
        .doesNotContain("old")
        .containsOnlyOnce("### Append, one record a batch");
  }

  @Test
  void aMarkdownFileWithoutMarksIsRefused() throws IOException {
    Path file = Files.writeString(directory.resolve("other.md"), "text\n");

    assertThatThrownBy(() -> report.replaceIn(file)).hasMessageContaining("other.md has no lines");
    assertThat(file).hasContent("text\n");
  }

  @Test
  void theChartInTheTerminalShowsWhoIsFaster() {
    String chart = new TerminalChart(false).draw(report.comparisons().getFirst());

    assertThat(chart)
        .contains("80 % of the limit")
        .contains("Varve 10.0×")
        .contains("faster than Varve 2.00×");
  }
}
