package dev.varve.jmh.suite;

import java.util.List;

/** A table whose first column holds names and whose other columns hold figures. */
record Table(List<String> header, List<List<String>> rows) {

  String toMarkdown() {
    StringBuilder text = new StringBuilder();
    addMarkdown(text, header);
    text.append("|---").append("|---:".repeat(header.size() - 1)).append("|\n");
    rows.forEach(row -> addMarkdown(text, row));
    return text.toString();
  }

  private static void addMarkdown(StringBuilder text, List<String> row) {
    row.forEach(cell -> text.append("| ").append(cell).append(' '));
    text.append("|\n");
  }

  String toHtml() {
    StringBuilder text = new StringBuilder("<div class=\"wide\"><table>\n<tr>");
    header.forEach(
        cell -> text.append("<th scope=\"col\">").append(Html.escape(cell)).append("</th>"));
    text.append("</tr>\n");
    for (List<String> row : rows) {
      text.append(row.getFirst().equals("Varve") ? "<tr class=\"own\">" : "<tr>");
      text.append("<th scope=\"row\">").append(Html.escape(row.getFirst())).append("</th>");
      row.stream()
          .skip(1)
          .forEach(cell -> text.append("<td>").append(Html.escape(cell)).append("</td>"));
      text.append("</tr>\n");
    }
    return text.append("</table></div>\n").toString();
  }
}
