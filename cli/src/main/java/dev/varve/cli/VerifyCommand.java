package dev.varve.cli;

import dev.varve.log.inspect.Finding;
import dev.varve.log.inspect.LogVerifier;
import dev.varve.log.inspect.VerifyListener;
import dev.varve.log.inspect.VerifyReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Checks a log. */
@Command(
    name = "verify",
    header = "Check every byte of a log.",
    description = {
      "Checks a log against the format, all of it: every batch and record, every index",
      "entry against the batches, transactions, epochs, snapshots, checkpoints, names.",
      "Prints each finding with file, position, what was found and what was expected.",
      "Takes no lock and changes nothing.",
      "",
      "A note is lawful but worth knowing, and leaves the status 0; damage makes it 1. A",
      "log that is open has no index files for its newest segments and zeros behind its",
      "last batch: such are notes."
    },
    footer = "  varve verify orders-0")
final class VerifyCommand extends LogCommand {
  @Parameters(paramLabel = "DIR", description = "The directory of the log.")
  private Path directory = Path.of("");

  VerifyCommand() {}

  @Override
  public Integer call() throws IOException {
    ByteSink sink = streams().sink();
    VerifyReport report;
    try (ProgressLine progress = ProgressLine.ofBytes(streams(), "verify")) {
      report = LogVerifier.verify(directory, new Printer(sink, progress));
    }
    sink.write((summary(report) + "\n").getBytes(StandardCharsets.UTF_8));
    sink.flush();
    return report.isSound() ? ExitCode.FINE : ExitCode.FAILED;
  }

  private record Printer(ByteSink sink, ProgressLine progress) implements VerifyListener {
    @Override
    public void found(Finding finding) {
      byte[] line = (finding + "\n").getBytes(StandardCharsets.UTF_8);
      sink.write(line, 0, line.length);
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
        + (report.damages() == 0 ? "no damage" : Text.count(report.damages(), "damage"))
        + ", "
        + Text.count(report.notes(), "note");
  }
}
