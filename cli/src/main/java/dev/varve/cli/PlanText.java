package dev.varve.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.varve.log.SegmentInfo;
import dev.varve.retention.RetentionPlan;
import dev.varve.retention.SegmentVerdict;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/** Plans of retention, in words and as JSON. */
final class PlanText {
  private PlanText() {}

  /** What becomes of each segment, and why. */
  static String table(RetentionPlan plan) {
    StringBuilder text = new StringBuilder();
    text.append(row("base offset", "end offset", "bytes", "largest timestamp", "", "why"));
    for (SegmentVerdict verdict : plan.verdicts()) {
      SegmentInfo segment = verdict.segment();
      text.append(
          row(
              Long.toString(segment.baseOffset()),
              Long.toString(segment.endOffset()),
              Long.toString(segment.sizeBytes()),
              Text.time(segment.timestampMax()),
              verdict.goes() ? "goes" : "stays",
              why(verdict)));
    }
    return text.toString();
  }

  /** Of several rules that keep a segment, the reason names each. */
  private static String why(SegmentVerdict verdict) {
    return verdict.reason().startsWith(verdict.rule().split(",", -1)[0])
        ? verdict.reason()
        : verdict.rule() + ": " + verdict.reason();
  }

  private static String row(
      String base, String end, String bytes, String timestamp, String verdict, String why) {
    return String.format(
        Locale.ROOT,
        "%20s %20s %12s  %-24s  %-5s  %s%n",
        base,
        end,
        bytes,
        timestamp,
        verdict,
        why);
  }

  /** What a plan comes to if it is carried out. */
  static String intention(RetentionPlan plan) {
    return summary(plan, "would give up", "would begin");
  }

  /** What was done, which on a full disk is not all that was said to be. */
  static String report(RetentionPlan plan, RetentionPlan done) {
    String summary = summary(done, "gave up", "begins");
    return done.going().size() == plan.going().size()
        ? summary
        : summary + "the last segment stays: " + done.verdicts().getLast().reason() + "\n";
  }

  private static String summary(RetentionPlan plan, String givesUp, String begins) {
    if (plan.isEmpty()) {
      return "nothing has to go\n";
    }
    return String.format(
        Locale.ROOT,
        "%s %s (%s); the log %s at offset %s%n",
        givesUp,
        Text.count(plan.going().size(), "segment"),
        Text.bytes(plan.bytes()),
        begins,
        Text.count(plan.startOffset()));
  }

  /** A plan as an object. */
  static String json(Path directory, RetentionPlan plan, boolean dryRun) throws IOException {
    return JsonLine.of(out -> {
      out.writeStringField("directory", directory.toString());
      out.writeBooleanField("dryRun", dryRun);
      amount(out, plan);
      out.writeArrayFieldStart("verdicts");
      for (SegmentVerdict verdict : plan.verdicts()) {
        write(out, verdict);
      }
      out.writeEndArray();
    });
  }

  /** What was done, as an object. */
  static String jsonOfDone(Path directory, RetentionPlan done) throws IOException {
    return JsonLine.of(out -> {
      out.writeStringField("directory", directory.toString());
      out.writeBooleanField("done", true);
      amount(out, done);
    });
  }

  private static void amount(JsonGenerator out, RetentionPlan plan) throws IOException {
    out.writeNumberField("startOffset", plan.startOffset());
    out.writeNumberField("segments", plan.going().size());
    out.writeNumberField("bytes", plan.bytes());
  }

  private static void write(JsonGenerator out, SegmentVerdict verdict) throws IOException {
    SegmentInfo segment = verdict.segment();
    out.writeStartObject();
    out.writeNumberField("baseOffset", segment.baseOffset());
    out.writeNumberField("endOffset", segment.endOffset());
    out.writeNumberField("bytes", segment.sizeBytes());
    out.writeNumberField("timestampMax", segment.timestampMax());
    out.writeBooleanField("goes", verdict.goes());
    out.writeStringField("rule", verdict.rule());
    out.writeStringField("reason", verdict.reason());
    out.writeEndObject();
  }
}
