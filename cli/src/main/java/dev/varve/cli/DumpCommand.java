package dev.varve.cli;

import dev.varve.log.inspect.LogDirectory;
import dev.varve.log.inspect.LogDump;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints what is in the files. */
@Command(
    name = "dump",
    header = "Print the files of a log, batch by batch.",
    description = {
      "Prints the files of a log, or one of them, for people: logs batch by batch, indexes",
      "entry by entry, snapshots, checkpoints. Changes nothing. Status 1 if damage was met."
    },
    footer = {
      "  varve dump orders-0 --records | less",
      "  varve dump orders-0/00000000000000000000.timeindex"
    })
final class DumpCommand extends LogCommand {
  @Parameters(paramLabel = "DIR|FILE", description = "A log, or a file of one.")
  private Path path = Path.of("");

  @Option(names = "--records", description = "Print the records of each batch too.")
  private boolean records;

  DumpCommand() {}

  @Override
  public Integer call() throws IOException {
    try (BufferedWriter out =
        new BufferedWriter(new OutputStreamWriter(streams().sink(), StandardCharsets.UTF_8))) {
      LogDump dump = new LogDump(out, records);
      boolean sound =
          Files.isDirectory(path) ? dump.directory(LogDirectory.of(path)) : dump.file(path);
      return sound ? ExitCode.FINE : ExitCode.FAILED;
    }
  }
}
