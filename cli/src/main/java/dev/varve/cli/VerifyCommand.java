package dev.varve.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.varve.log.inspect.Finding;
import dev.varve.log.inspect.LogVerifier;
import dev.varve.log.inspect.VerifyListener;
import dev.varve.log.inspect.VerifyReport;
import dev.varve.log.store.StoreListing;
import dev.varve.log.store.StoreVerifier;
import dev.varve.log.store.StoreVerifyReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Checks a log. */
@Command(
    name = "verify",
    header = "Check every byte of a log, or of all logs of a store.",
    description = {
      "Checks a log against the format, all of it: every batch and record, every index",
      "entry against the batches, transactions, epochs, snapshots, checkpoints, names.",
      "Prints each finding with file, position, what was found and what was expected.",
      "Takes no lock and changes nothing.",
      "",
      "Of a data directory, what stands beside the logs is checked too: meta.properties,",
      "the files with offsets, the marker of a clean stop, the ids of topics, names.",
      "",
      "A note is lawful but worth knowing, and leaves the status 0; damage makes it 1. A",
      "log that is open has no index files for its newest segments and zeros behind its",
      "last batch: such are notes."
    },
    footer = {
      "  varve verify orders-0",
      "  varve verify data",
      "  varve verify data --json | jq .damages"
    })
final class VerifyCommand extends LogCommand {
  @Parameters(paramLabel = "DIR", description = "The directory of the log, or of many logs.")
  private Path directory = Path.of("");

  @Option(
      names = "--json",
      description =
          "Print one JSON object a line: each finding, and at the end of each log what it comes"
              + " to.")
  private boolean json;

  VerifyCommand() {}

  @Override
  public Integer call() throws IOException {
    ByteSink sink = streams().sink();
    StoreListing store = StoreListing.of(directory).orElse(null);
    boolean sound = store == null ? verify(directory, "", sink).isSound() : verify(store, sink);
    sink.flush();
    return sound ? ExitCode.FINE : ExitCode.FAILED;
  }

  private boolean verify(StoreListing store, ByteSink sink) throws IOException {
    StoreVerifier verifier = StoreVerifier.of(store, finding -> print(sink, text(finding)));
    boolean sound =
        new EachLog(store, streams())
            .run(log -> {
              VerifyReport report = verify(store.directory(log), log + ": ", sink);
              verifier.compare(log, report);
              return report.isSound();
            });
    StoreVerifyReport report = verifier.end();
    print(
        sink,
        json
            ? JsonLine.of(out -> {
              out.writeStringField("store", store.path().toString());
              writeCounts(out, report.damages(), report.notes());
            })
            : "beside the logs: " + summary(report) + "\n");
    return sound && report.isSound();
  }

  private VerifyReport verify(Path log, String name, ByteSink sink) throws IOException {
    VerifyReport report;
    try (ProgressLine progress = ProgressLine.ofBytes(streams(), "verify")) {
      report = LogVerifier.verify(log, new Printer(sink, progress));
    }
    print(sink, json ? jsonOf(log, report) : name + summary(report) + "\n");
    return report;
  }

  private static void print(ByteSink sink, String line) {
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
    sink.write(bytes, 0, bytes.length);
  }

  private final class Printer implements VerifyListener {
    private final ByteSink sink;
    private final ProgressLine progress;

    Printer(ByteSink sink, ProgressLine progress) {
      this.sink = sink;
      this.progress = progress;
    }

    @Override
    public void found(Finding finding) {
      print(sink, text(finding));
    }

    @Override
    public void progress(long doneBytes, long totalBytes) {
      progress.update(doneBytes, totalBytes);
    }
  }

  private String text(Finding finding) {
    try {
      return json ? jsonOf(finding) : finding + "\n";
    } catch (IOException e) {
      throw new UncheckedIOException(e); // text in memory does not fail
    }
  }

  private static String jsonOf(Finding finding) throws IOException {
    return JsonLine.of(out -> {
      out.writeStringField("severity", finding.severity().name().toLowerCase(Locale.ROOT));
      out.writeStringField("file", finding.file().toString());
      out.writeNumberField("position", finding.position());
      out.writeStringField("found", finding.found());
      out.writeStringField("expected", finding.expected());
    });
  }

  private static String jsonOf(Path log, VerifyReport report) throws IOException {
    return JsonLine.of(out -> {
      out.writeStringField("directory", log.toString());
      out.writeNumberField("endOffset", report.endOffset());
      out.writeNumberField("segments", report.segments());
      out.writeNumberField("batches", report.batches());
      out.writeNumberField("records", report.records());
      out.writeNumberField("bytes", report.bytes());
      out.writeNumberField("indexEntries", report.indexEntries());
      writeCounts(out, report.damages(), report.notes());
    });
  }

  private static void writeCounts(JsonGenerator out, long damages, long notes) throws IOException {
    out.writeBooleanField("sound", damages == 0);
    out.writeNumberField("damages", damages);
    out.writeNumberField("notes", notes);
  }

  private static String summary(VerifyReport report) {
    return (report.isSound() ? "sound: " : "damaged: ")
        + Text.count(report.segments(), "segment")
        + ", "
        + Text.count(report.batches(), "batch")
        + ", "
        + Text.count(report.records(), "record")
        + ", "
        + Text.bytes(report.bytes())
        + ", "
        + (report.indexEntries() == 1
            ? "1 index entry"
            : Text.count(report.indexEntries()) + " index entries")
        + "; "
        + counts(report.damages(), report.notes());
  }

  private static String summary(StoreVerifyReport report) {
    return (report.isSound() ? "sound: " : "damaged: ") + counts(report.damages(), report.notes());
  }

  private static String counts(long damages, long notes) {
    return (damages == 0 ? "no damage" : Text.count(damages, "damage"))
        + ", "
        + Text.count(notes, "note");
  }
}
