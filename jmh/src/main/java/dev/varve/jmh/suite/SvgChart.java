package dev.varve.jmh.suite;

import static java.nio.charset.StandardCharsets.UTF_8;

import de.erichseifert.vectorgraphics2d.Processors;
import de.erichseifert.vectorgraphics2d.VectorGraphics2D;
import de.erichseifert.vectorgraphics2d.util.PageSize;
import java.awt.Color;
import java.awt.Font;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.knowm.xchart.HorizontalBarChart;
import org.knowm.xchart.HorizontalBarChartBuilder;
import org.knowm.xchart.style.HorizontalBarStyler;

/**
 * A comparison as horizontal bars, drawn by XChart and written as SVG to be put into a page. What
 * has to look different by day and by night is drawn in colours that stand for the page's
 * variables.
 */
final class SvgChart {
  private static final int ROW_PIXELS = 34;
  private static final int FRAME_PIXELS = 60;
  private static final int TEXT_POINTS = 13;

  private static final Color INK = new Color(1, 2, 3);
  private static final Color FAINT = new Color(1, 2, 4);
  private static final Color BAR = new Color(1, 2, 5);
  private static final Color NONE = new Color(0, 0, 0, 0);

  private SvgChart() {}

  /** An SVG element of a width that the page may shrink. */
  static String draw(Comparison comparison, int widthPixels) throws IOException {
    List<Measurement> rows = comparison.measurements();
    HorizontalBarChart chart =
        new HorizontalBarChartBuilder()
            .width(widthPixels)
            .height(rows.size() * ROW_PIXELS + FRAME_PIXELS)
            .build();
    boolean latency = comparison.workload().isLatency();
    boolean time = latency || comparison.workload() == Workload.OPEN;
    chart.setXAxisTitle(
        time
            ? (latency ? "p99.9, " : "") + "microseconds: shorter is better"
            : "thousands/s: longer is better");
    style(chart.getStyler(), rows.size());
    addBars(chart, rows, comparison, time);
    return inPageColors(written(chart), rows);
  }

  private static String written(HorizontalBarChart chart) throws IOException {
    VectorGraphics2D graphics = new VectorGraphics2D();
    chart.paint(graphics, chart.getWidth(), chart.getHeight());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Processors.get("svg")
        .getDocument(
            graphics.getCommands(), new PageSize(0, 0, chart.getWidth(), chart.getHeight()))
        .writeTo(bytes);
    return bytes.toString(UTF_8);
  }

  private static String inPageColors(String svg, List<Measurement> rows) {
    String element =
        svg.substring(svg.indexOf("<svg"))
            .replace(css(INK), "var(--ink)")
            .replace(css(FAINT), "var(--faint)");
    // The bars come in the order in which they were added.
    for (Measurement next : rows) {
      String color = next.isVarve() ? "--own" : next.limit() ? "--limit" : "--peer";
      element =
          element.replaceFirst(
              Pattern.quote(css(BAR)), Matcher.quoteReplacement("var(" + color + ")"));
    }
    return element;
  }

  private static String css(Color color) {
    return "rgb(" + color.getRed() + "," + color.getGreen() + "," + color.getBlue() + ")";
  }

  private static void addBars(
      HorizontalBarChart chart, List<Measurement> rows, Comparison comparison, boolean time) {
    List<Double> values = new ArrayList<>();
    List<String> labels = new ArrayList<>();
    for (Measurement next : rows) {
      values.add(time ? next.comparedNanos() / 1000 : next.perSecond() / 1000);
      labels.add(comparison.label(next));
    }
    chart.addSeries("bars", values, labels).setFillColor(BAR);
  }

  private static void style(HorizontalBarStyler styler, int rowCount) {
    Font font = new Font(Font.SANS_SERIF, Font.PLAIN, TEXT_POINTS);
    styler.setChartBackgroundColor(NONE);
    styler.setPlotBackgroundColor(NONE);
    styler.setPlotBorderVisible(false);
    styler.setLegendVisible(false);
    styler.setChartTitleVisible(false);
    styler.setAxisTickLabelsFont(font);
    styler.setAxisTitleFont(font);
    styler.setChartFontColor(INK);
    styler.setXAxisTitleColor(INK);
    styler.setAxisTickLabelsColor(INK);
    styler.setPlotGridLinesVisible(false);
    styler.setAxisTickMarksColor(FAINT);
    styler.setLabelsVisible(false);
    styler.setXAxisMaxLabelCount(
        Math.max(2, rowCount)); // XChart counts rows by it too: every one is named
    styler.setXAxisDecimalPattern("#,##0.###");
  }
}
