package dev.varve.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.varve.compaction.CompactionPlan;
import dev.varve.compaction.SegmentVerdict;
import dev.varve.log.SegmentInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;

/** Plans of compaction and what became of them, in words and as JSON. */
final class CompactionText {
  private CompactionText() {}

  /** Before and after, and what was done in between. */
  static String report(CompactionReport report) {
    if (report.isComplete() && report.passes().isEmpty()) {
      return report.plan().reason() + "\n";
    }
    StringBuilder text = new StringBuilder();
    text.append(row("", "before", "after"));
    text.append(row("segments", report.segmentsBefore(), report.segmentsAfter()));
    text.append(row("bytes", report.bytesBefore(), report.bytesAfter()));
    if (!report.isComplete()) {
      return text.append(stopped(report)).toString();
    }
    text.append(row("records", report.recordsBefore(), report.recordsAfter()));
    text.append(row("tombstones", report.tombstonesBefore(), report.tombstonesAfter()));
    text.append("compacted up to offset ").append(Text.count(report.endOffset())).append(" in ");
    text.append(passes(report.passes().size())).append(" and ");
    text.append(Text.duration(Duration.ofMillis(report.durationMillis()).toNanos())).append("; ");
    text.append(Text.count(report.keysMax(), "key"));
    if (report.passes().size() > 1) {
      text.append(" in the largest");
    }
    text.append(", ")
        .append(Text.count(report.setAside().size(), "segment"))
        .append(" set aside\n");
    return text.append(heldBack(report.plan())).toString();
  }

  private static String stopped(CompactionReport report) {
    return (report.interrupted() ? "interrupted" : "stopped")
        + " after "
        + passes(report.passes().size())
        + "; nothing is lost, and the next run goes on\n";
  }

  private static String passes(int count) {
    return count == 1 ? "1 pass" : Text.count(count) + " passes";
  }

  /** What was not compacted, other than the empty segment that takes appends. */
  private static String heldBack(CompactionPlan plan) {
    boolean any =
        plan.verdicts().stream()
            .anyMatch(verdict ->
                verdict.state() == SegmentVerdict.State.HELD_BACK
                    && verdict.segment().sizeBytes() > 0);
    return any ? "held back " + plan.heldBackBy() + "\n" : "";
  }

  private static String row(String name, long before, long after) {
    return row(name, Text.count(before), Text.count(after));
  }

  private static String row(String name, String before, String after) {
    return String.format(Locale.ROOT, "%-10s %18s %18s%n", name, before, after);
  }

  /** A plan as an object. */
  static String json(Path directory, CompactionPlan plan, boolean dryRun) throws IOException {
    return JsonLine.of(out -> {
      out.writeStringField("directory", directory.toString());
      out.writeBooleanField("dryRun", dryRun);
      out.writeBooleanField("due", plan.isDue());
      out.writeStringField("reason", plan.reason());
      out.writeNumberField("firstDirtyOffset", plan.firstDirtyOffset());
      out.writeNumberField("endOffset", plan.cleanableEndOffset());
      out.writeNumberField("cleanBytes", plan.cleanBytes());
      out.writeNumberField("dirtyBytes", plan.cleanableBytes());
      out.writeNumberField("dirtyRatio", plan.dirtyRatio());
      out.writeStringField("heldBackBy", plan.heldBackBy());
      out.writeArrayFieldStart("verdicts");
      for (SegmentVerdict verdict : plan.verdicts()) {
        write(out, verdict);
      }
      out.writeEndArray();
    });
  }

  private static void write(JsonGenerator out, SegmentVerdict verdict) throws IOException {
    SegmentInfo segment = verdict.segment();
    out.writeStartObject();
    out.writeNumberField("baseOffset", segment.baseOffset());
    out.writeNumberField("endOffset", segment.endOffset());
    out.writeNumberField("bytes", segment.sizeBytes());
    out.writeNumberField("timestampMax", segment.timestampMax());
    out.writeStringField("state", verdict.state().toString());
    out.writeStringField("reason", verdict.reason());
    out.writeEndObject();
  }

  /** What was done, as an object. */
  static String jsonOfDone(Path directory, CompactionReport report) throws IOException {
    return JsonLine.of(out -> {
      out.writeStringField("directory", directory.toString());
      out.writeBooleanField("done", report.isComplete());
      if (report.failure() != null) {
        out.writeStringField("failure", Varve.message(report.failure()));
      }
      out.writeNumberField("passes", report.passes().size());
      out.writeNumberField("endOffset", report.endOffset());
      out.writeNumberField("segmentsBefore", report.segmentsBefore());
      out.writeNumberField("segmentsAfter", report.segmentsAfter());
      out.writeNumberField("bytesBefore", report.bytesBefore());
      out.writeNumberField("bytesAfter", report.bytesAfter());
      if (report.isComplete()) {
        out.writeNumberField("recordsBefore", report.recordsBefore());
        out.writeNumberField("recordsAfter", report.recordsAfter());
        out.writeNumberField("tombstonesBefore", report.tombstonesBefore());
        out.writeNumberField("tombstonesAfter", report.tombstonesAfter());
      }
      out.writeNumberField("keylessRecords", report.keylessRecords());
      out.writeNumberField("keys", report.keysMax());
      out.writeNumberField("millis", report.durationMillis());
      out.writeArrayFieldStart("setAside");
      for (Map.Entry<Long, String> segment : report.setAside().entrySet()) {
        out.writeStartObject();
        out.writeNumberField("baseOffset", segment.getKey());
        out.writeStringField("reason", segment.getValue());
        out.writeEndObject();
      }
      out.writeEndArray();
    });
  }
}
