package dev.varve.realfaults;

import java.util.ArrayList;
import java.util.List;

/** What happened at each fault, for those who want to see it. */
final class FaultTable {
  private final List<Row> rows = new ArrayList<>();

  private record Row(String fault, String state, String happened) {}

  void add(RealFault fault, LogState state, String happened) {
    rows.add(new Row(fault.title(), state.title(), happened));
  }

  @Override
  public String toString() {
    int faultWidth = rows.stream().mapToInt(row -> row.fault.length()).max().orElse(0);
    int stateWidth = rows.stream().mapToInt(row -> row.state.length()).max().orElse(0);
    StringBuilder table = new StringBuilder("real faults: what met the log, and what happened\n");
    for (Row row : rows) {
      table
          .append(row.fault)
          .repeat(' ', faultWidth - row.fault.length() + 2)
          .append(row.state)
          .repeat(' ', stateWidth - row.state.length() + 2)
          .append(row.happened)
          .append('\n');
    }
    return table.toString();
  }
}
