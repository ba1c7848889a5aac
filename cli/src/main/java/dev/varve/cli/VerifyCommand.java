package dev.varve.cli;

import dev.varve.log.inspect.Finding;
import dev.varve.log.inspect.LogVerifier;
import dev.varve.log.inspect.VerifyListener;
import dev.varve.log.inspect.VerifyReport;
import dev.varve.log.store.StoreListing;
import dev.varve.log.store.StoreVerifier;
import dev.varve.log.store.StoreVerifyReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import picocli.CommandLine.Command;
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
    footer = {"  varve verify orders-0", "  varve verify data"})
final class VerifyCommand extends LogCommand {
  @Parameters(paramLabel = "DIR", description = "The directory of the log, or of many logs.")
  private Path directory = Path.of("");

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
    StoreVerifier verifier = StoreVerifier.of(store, finding -> print(sink, finding.toString()));
    boolean sound =
        new EachLog(store, streams())
            .run(log -> {
              VerifyReport report = verify(store.directory(log), log + ": ", sink);
              verifier.compare(log, report);
              return report.isSound();
            });
    StoreVerifyReport report = verifier.end();
    print(sink, "beside the logs: " + summary(report));
    return sound && report.isSound();
  }

  private VerifyReport verify(Path log, String name, ByteSink sink) throws IOException {
    VerifyReport report;
    try (ProgressLine progress = ProgressLine.ofBytes(streams(), "verify")) {
      report = LogVerifier.verify(log, new Printer(sink, progress));
    }
    print(sink, name + summary(report));
    return report;
  }

  private static void print(ByteSink sink, String line) {
    byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
    sink.write(bytes, 0, bytes.length);
  }

  private record Printer(ByteSink sink, ProgressLine progress) implements VerifyListener {
    @Override
    public void found(Finding finding) {
      print(sink, finding.toString());
    }

    @Override
    public void progress(long doneBytes, long totalBytes) {
      progress.update(doneBytes, totalBytes);
    }
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
