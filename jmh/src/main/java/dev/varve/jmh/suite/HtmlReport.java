package dev.varve.jmh.suite;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A report as one page that needs nothing else: no script, no font, no request. */
final class HtmlReport {
  private static final int WIDE_PIXELS = 820;
  private static final int NARROW_PIXELS = 350;

  private final Report report;
  private final StringBuilder page = new StringBuilder();

  HtmlReport(Report report) {
    this.report = report;
  }

  String write() throws IOException {
    page.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        .append("<title>Varve: benchmarks</title>\n<style>\n")
        .append(style())
        .append("</style>\n</head>\n<body>\n<main>\n<h1>Varve: benchmarks</h1>\n")
        .append("<p>Every figure stands beside peers and beside the limit of the same run. ")
        .append("Compare those: times of other machines, or of other minutes on a busy one, say ")
        .append("nothing.</p>\n");
    addMachine();
    addList("Where a peer is faster than Varve", report.losses());
    addList("Not measured", report.failures());
    for (Map.Entry<Workload, List<Comparison>> part : report.byWorkload().entrySet()) {
      addWorkload(part.getKey(), part.getValue());
    }
    return page.append("</main>\n</body>\n</html>\n").toString();
  }

  private static String style() throws IOException {
    try (InputStream file =
        Objects.requireNonNull(HtmlReport.class.getResourceAsStream("report.css"))) {
      return new String(file.readAllBytes(), UTF_8);
    }
  }

  private void addMachine() {
    page.append("<dl>\n");
    for (List<String> fact : report.machine().rows()) {
      page.append("<dt>")
          .append(Html.escape(fact.get(0)))
          .append("</dt><dd>")
          .append(Html.escape(fact.get(1)))
          .append("</dd>\n");
    }
    page.append("</dl>\n");
  }

  private void addList(String title, List<String> lines) {
    if (lines.isEmpty()) {
      return;
    }
    page.append("<h2>").append(Html.escape(title)).append("</h2>\n<ul>\n");
    lines.forEach(line -> page.append("<li>").append(Html.escape(line)).append("</li>\n"));
    page.append("</ul>\n");
  }

  private void addWorkload(Workload workload, List<Comparison> comparisons) throws IOException {
    page.append("<section>\n<h2>").append(Html.escape(workload.title())).append("</h2>\n");
    for (Comparison comparison : comparisons) {
      if (!comparison.caption().isEmpty()) {
        page.append("<h3>").append(Html.escape(comparison.caption())).append("</h3>\n");
      }
      if (comparison.equals(comparisons.getFirst())) {
        addChart(comparison);
      }
      page.append(comparison.table().toHtml());
    }
    page.append("</section>\n");
  }

  private void addChart(Comparison comparison) throws IOException {
    page.append("<figure role=\"img\" aria-label=\"The table below as bars\">")
        .append("<div class=\"on-desk\">")
        .append(SvgChart.draw(comparison, WIDE_PIXELS))
        .append("</div><div class=\"on-phone\">")
        .append(SvgChart.draw(comparison, NARROW_PIXELS))
        .append("</div></figure>\n");
  }
}
