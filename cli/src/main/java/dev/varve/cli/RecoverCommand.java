package dev.varve.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.varve.log.LogListener;
import dev.varve.log.LogOptions;
import dev.varve.log.OfflineRecovery;
import dev.varve.log.OpenReport;
import dev.varve.log.RecoveryDecision;
import dev.varve.log.error.DamagedRange;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Recovers a log and says what that means, before it does it. */
@Command(
    name = "recover",
    header = "Put a log in order, explaining every step before it is taken.",
    description = {
      "Prints what opening the log would find and do, then does it, and closes the log in",
      "order. What is removed or cut off is copied to a subdirectory set-aside-1 (or -2 ...)",
      "of the log before, where neither Varve nor Kafka looks. Killed in the midst of it,",
      "it loses nothing and can be run again. Nobody else may have the log open.",
      "",
      "Status 1 if records are damaged or gone, or may be; 0 if none are."
    },
    footer = {"  varve recover orders-0 --dry-run", "  varve recover orders-0"})
final class RecoverCommand extends LogCommand {
  @Parameters(paramLabel = "DIR", description = "The directory of the log.")
  private Path directory = Path.of("");

  @Option(names = "--dry-run", description = "Only explain; change nothing.")
  private boolean dryRun;

  @Option(
      names = "--json",
      description = "Print the plan as one JSON object on a line, and what was done as another.")
  private boolean json;

  RecoverCommand() {}

  @Override
  public Integer call() throws IOException {
    OpenReport plan;
    try (ProgressLine progress = ProgressLine.ofBytes(streams(), "recover");
        OfflineRecovery recovery = OfflineRecovery.of(directory, options(progress))) {
      plan = recovery.plan();
      print(json ? jsonOf(plan) : wordsOf(plan));
      if (recovery.hasNothingToDo() || dryRun) {
        print(json ? "" : "nothing was changed\n");
      } else {
        OfflineRecovery.Outcome outcome = recovery.run();
        print(json ? jsonOf(outcome) : wordsOf(outcome));
      }
    }
    return plan.losses().isEmpty() ? ExitCode.FINE : ExitCode.FAILED;
  }

  private static LogOptions options(ProgressLine progress) {
    LogListener listener =
        new LogListener() {
          @Override
          public void recoveryProgress(long scannedBytes, long totalBytes) {
            progress.update(scannedBytes, totalBytes);
          }
        };
    return LogOptions.builder().ownMaintenanceThreads(false).listener(listener).build();
  }

  private String wordsOf(OpenReport plan) {
    StringBuilder text = new StringBuilder();
    text.append(directory).append(": ");
    if (plan.closedInOrder()) {
      text.append("closed in order");
    } else {
      text.append(plan.reason());
    }
    text.append("; ").append(Text.count(plan.segments(), "segment"));
    text.append(", ").append(Text.count(plan.scannedSegments())).append(" scanned (");
    text.append(Text.bytes(plan.scannedBytes())).append(")\n");
    group(text, "records are damaged or gone, or may be:", plan.losses());
    List<RecoveryDecision> harmless =
        plan.decisions().stream().filter(decision -> !decision.kind().isLoss()).toList();
    group(text, "no record is concerned by:", harmless);
    if (plan.decisions().isEmpty()) {
      text.append("nothing to recover\n");
    }
    return text.toString();
  }

  private static void group(StringBuilder text, String title, List<RecoveryDecision> decisions) {
    if (!decisions.isEmpty()) {
      text.append('\n').append(title).append('\n');
      decisions.forEach(decision -> text.append("  ").append(decision).append('\n'));
      text.append('\n');
    }
  }

  private static String wordsOf(OfflineRecovery.Outcome outcome) {
    String aside =
        outcome.setAside() == null
            ? "nothing had to be set aside"
            : "what was taken away is in "
                + outcome.setAside()
                + ": "
                + String.join(", ", outcome.setAsideNames());
    return "done, and the log is closed in order\n" + aside + "\n";
  }

  private String jsonOf(OpenReport plan) throws IOException {
    return JsonLine.of(out -> {
      out.writeStringField("directory", directory.toString());
      out.writeBooleanField("dryRun", dryRun);
      out.writeBooleanField("closedInOrder", plan.closedInOrder());
      out.writeStringField("reason", plan.reason());
      out.writeNumberField("segments", plan.segments());
      out.writeNumberField("scannedSegments", plan.scannedSegments());
      out.writeNumberField("scannedBytes", plan.scannedBytes());
      out.writeNumberField("losses", plan.losses().size());
      out.writeArrayFieldStart("decisions");
      for (RecoveryDecision decision : plan.decisions()) {
        write(out, decision);
      }
      out.writeEndArray();
      out.writeArrayFieldStart("damagedRanges");
      for (DamagedRange range : plan.damagedRanges()) {
        write(out, range);
      }
      out.writeEndArray();
    });
  }

  private static void write(JsonGenerator out, RecoveryDecision decision) throws IOException {
    out.writeStartObject();
    out.writeStringField("kind", decision.kind().name().toLowerCase(Locale.ROOT));
    out.writeBooleanField("loss", decision.kind().isLoss());
    out.writeStringField("file", decision.file().toString());
    out.writeNumberField("position", decision.position());
    out.writeNumberField("bytes", decision.bytes());
    out.writeNumberField("firstOffset", decision.firstOffset());
    out.writeNumberField("endOffset", decision.endOffset());
    out.writeStringField("found", decision.found());
    out.writeStringField("expected", decision.expected());
    out.writeStringField("action", decision.action());
    out.writeEndObject();
  }

  private static void write(JsonGenerator out, DamagedRange range) throws IOException {
    out.writeStartObject();
    out.writeStringField("file", range.file());
    out.writeNumberField("position", range.position());
    out.writeNumberField("endPosition", range.endPosition());
    out.writeNumberField("firstOffset", range.firstOffset());
    out.writeNumberField("endOffset", range.endOffset());
    out.writeEndObject();
  }

  private static String jsonOf(OfflineRecovery.Outcome outcome) throws IOException {
    Path setAside = outcome.setAside();
    return JsonLine.of(out -> {
      out.writeBooleanField("done", true);
      if (setAside == null) {
        out.writeNullField("setAside");
      } else {
        out.writeStringField("setAside", setAside.toString());
      }
      out.writeArrayFieldStart("setAsideFiles");
      for (String name : outcome.setAsideNames()) {
        out.writeString(name);
      }
      out.writeEndArray();
    });
  }
}
